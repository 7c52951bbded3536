"""What was done with the releases of a home, one line each in releases/history.jsonl, never altered.

Belongs here: adding and reading lines. Does not belong here: what the lines are about (publish.py, upkeep.py).

A line that a killed process left half is passed over; the next one starts on a line of its own. The history says what
happened; what is current is decided by the link alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from indicator_defs.system import clock

FILE = "history.jsonl"
What = Literal["published", "accepted", "rolled_back", "pruned"]


@dataclass(frozen=True)
class Event:
    """One thing done. `before`: the release that was current until then; `reason`: in the words of who did it.

    `manifest_sha256`: of the manifest as published, so that verifying notices when it was altered.
    """

    at: str
    what: What
    release: str
    by: str = ""
    reason: str = ""
    before: str | None = None
    manifest_sha256: str | None = None

    def line(self) -> str:
        """The event as text."""
        what_happened = {
            "published": f"{self.release} published",
            "accepted": f"{self.release} accepted in spite of its tolerances",
            "rolled_back": f"current pointed back to {self.release}" + (f" from {self.before}" if self.before else ""),
            "pruned": f"{self.release} removed",
        }[self.what]
        by = f" by {self.by}" if self.by else ""
        return f"{self.at[:19]}  {what_happened}{by}" + (f": {self.reason}" if self.reason else "")


def now() -> str:
    """This moment, UTC, to the second."""
    return clock.stamp()


def record(folder: Path, event: Event) -> None:
    """Adds one event to the history below `folder` (releases/) and brings it to the disk."""
    text = json.dumps(asdict(event), ensure_ascii=False) + "\n"
    path = folder / FILE
    with path.open("ab+") as handle:
        size = handle.seek(0, os.SEEK_END)
        if size:
            handle.seek(size - 1)
            if handle.read(1) != b"\n":  # what a killed process left
                text = "\n" + text
        handle.write(text.encode())
        handle.flush()
        os.fsync(handle.fileno())


def events(folder: Path) -> list[Event]:
    """The events of the history, oldest first; none where nothing was done yet."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):  # nothing was done yet
        return []
    out = []
    for line in lines:
        try:
            fields = json.loads(line)
            event = Event(**{k: v for k, v in fields.items() if k in Event.__dataclass_fields__})
        except (ValueError, TypeError, AttributeError):  # half a line of a killed process: see above
            continue
        if event.what in get_args(What):
            out.append(event)
    return out


def rolled_back_from(folder: Path, current: str) -> list[str]:
    """The releases that were left by rollbacks for the one that is current, newest first; none where it was published.

    Several rollbacks one after another count together.
    """
    out: list[str] = []
    for event in reversed(events(folder)):
        if event.what == "published" or (not out and event.what == "rolled_back" and event.release != current):
            break
        if event.what == "rolled_back" and event.before:
            out.append(event.before)
    return [i for i in out if i != current]
