"""The history of the releases of a home: one line for each event in releases/history.jsonl; lines are never altered.

An incomplete line that a killed process left is skipped; the next event starts on a new line. The history does not
decide which release is current: only the link `current` does.
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
    """One event. `before`: the release that was current until then; `reason`: as written by the user.

    `manifest_sha256`: of the manifest as published, so that verifying finds out whether it was altered.
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
        description = {
            "published": f"{self.release} published",
            "accepted": f"{self.release} accepted although tolerances were exceeded",
            "rolled_back": f"{self.release} restored by rollback" + (f" from {self.before}" if self.before else ""),
            "pruned": f"{self.release} removed",
        }[self.what]
        by = f" by {self.by}" if self.by else ""
        return f"{self.at[:19]}  {description}{by}" + (f": {self.reason}" if self.reason else "")


def now() -> str:
    """The present time in UTC, to the second."""
    return clock.stamp()


def record(folder: Path, event: Event) -> None:
    """Adds one event to the history in `folder` (releases/) and syncs it to the disk."""
    text = json.dumps(asdict(event), ensure_ascii=False) + "\n"
    path = folder / FILE
    with path.open("ab+") as handle:
        size = handle.seek(0, os.SEEK_END)
        if size:
            handle.seek(size - 1)
            if handle.read(1) != b"\n":  # a killed process left an incomplete line
                text = "\n" + text
        handle.write(text.encode())
        handle.flush()
        os.fsync(handle.fileno())


def events(folder: Path) -> list[Event]:
    """The events of the history, oldest first."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):  # there was no event yet
        return []
    out = []
    for line in lines:
        try:
            fields = json.loads(line)
            event = Event(**{k: v for k, v in fields.items() if k in Event.__dataclass_fields__})
        except (ValueError, TypeError, AttributeError):  # an incomplete line of a killed process
            continue
        if event.what in get_args(What):
            out.append(event)
    return out


def rolled_back_from(folder: Path, current: str) -> list[str]:
    """The releases that were current before the rollback to the current one, newest first; none if there was none.

    Consecutive rollbacks are counted together.
    """
    out: list[str] = []
    for event in reversed(events(folder)):
        if event.what == "published" or (not out and event.what == "rolled_back" and event.release != current):
            break
        if event.what == "rolled_back" and event.before:
            out.append(event.before)
    return [i for i in out if i != current]
