"""Where a run failed, and the file of failed runs. Does not import dagster: the command line reads it too."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from indicator_defs.errors import PayungError
from indicator_defs.system import clock

FILE = "failures.log"
NOTHING_PUBLISHED = "Nothing was published; earlier releases are unchanged."
# The end of a line that reports a successful refresh; files written by older versions have it too.
RECOVERED = "nothing had changed since the current release."

# The kind of error as Dagster stores it. By name, because importing the class would load the engine.
TABLE_ERROR = "warehouse.build.parallel.TableError: "


class _Error(Protocol):
    """An error as Dagster stores it."""

    @property
    def message(self) -> str: ...

    @property
    def cause(self) -> _Error | None: ...


def failed_table(error: _Error | None) -> str | None:
    """The table, as SCHEMA.TABLE, that an error of the step that makes all tables names; None if it names none."""
    while error is not None:
        text = error.message.strip()
        if text.startswith(TABLE_ERROR):
            return text.removeprefix(TABLE_ERROR).partition(": ")[0]
        error = error.cause
    return None


class RefreshError(PayungError):
    """A refresh failed; the message names the asset and the reason."""


def failed_at(asset: str, reason: str) -> RefreshError:
    """The error of an asset that failed, as the command line shows it."""
    return RefreshError(f"{asset}: {reason}\n{NOTHING_PUBLISHED}")


def write_failure(folder: Path, job: str, asset: str, reason: str, run_id: str) -> Path:
    """Adds one message to `folder`/failures.log: time, job and asset, reason, and that nothing was published."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    when = clock.stamp()
    with path.open("a", encoding="utf-8") as handle:
        handle.write(
            f"{when}  {job} failed at {asset} (run {run_id}).\n  " + reason.replace("\n", "\n  ") + "\n"
            f"  {NOTHING_PUBLISHED}\n"
        )
    return path


def write_recovery(folder: Path) -> None:
    """Adds to failures.log that a later refresh succeeded, if the newest message is a failure."""
    if last_failure(folder) is not None:
        # If the log cannot be written, `payung status` continues to show the failure.
        with suppress(OSError), (folder / FILE).open("a", encoding="utf-8") as handle:
            handle.write(f"{clock.stamp()}  refresh succeeded; {RECOVERED}\n")


def last_failure(folder: Path) -> str | None:
    """The newest message of failures.log; None if there is none, or if a later refresh succeeded."""
    path = folder / FILE
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if line and not line.startswith(" ")]
    return "\n".join(lines[starts[-1] :]) if starts and not lines[starts[-1]].endswith(RECOVERED) else None
