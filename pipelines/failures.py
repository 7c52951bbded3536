"""The file of failed runs, without dagster: written by the hook, read by `payung status`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from indicator_defs.errors import PayungError

FILE = "failures.log"


class RefreshError(PayungError):
    """A refresh failed; the message names the asset and the reason."""


def failed_at(asset: str, reason: str) -> RefreshError:
    """The error of an asset that failed, as the command line shows it."""
    return RefreshError(f"{asset}: {reason}\nNothing was published; the last release is still in place.")


def write_failure(folder: Path, job: str, asset: str, reason: str, run_id: str) -> Path:
    """Adds one message to `folder`/failures.log: when, which job and asset, why, and the last release's state."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    when = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as handle:
        handle.write(
            f"{when}  {job} failed at {asset} (run {run_id}).\n  " + reason.replace("\n", "\n  ") + "\n"
            "  Nothing was published; the last release is still in place.\n"
        )
    return path


def last_failure(folder: Path) -> str | None:
    """The newest message of failures.log, or None."""
    path = folder / FILE
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if line and not line.startswith(" ")]
    return "\n".join(lines[starts[-1] :]) if starts else None
