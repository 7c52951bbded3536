"""The clock: the current time and date in UTC. All product code uses it; tests set it.

Durations are measured with time.monotonic, which is not affected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from indicator_defs.system import settings

# The time set by a test; for child processes a test sets PAYUNG_NOW.
_set: date | datetime | None = None


def now() -> datetime:
    """The current time, UTC.

    If the clock is set to a date, this is that date with the machine's time of day; if it is set to a time, the clock
    does not move.
    """
    moment = _set if _set is not None else settings.read("now").now
    if isinstance(moment, datetime):
        return moment
    machine = datetime.now(UTC)  # noqa: TID251 - the only place that reads the machine's clock
    return machine if moment is None else datetime.combine(moment, machine.timetz())


def today() -> date:
    """The current date, UTC."""
    return now().date()


def stamp() -> str:
    """The current time in the format of files: UTC, to the second, ISO 8601."""
    return now().isoformat(timespec="seconds")


def came_later(moment: datetime, than: datetime) -> bool:
    """Whether a recorded time is, or may be, later than another one.

    If the other time is in the future, the clock was wrong when it was recorded, so the order is unknown: the result is
    true.
    """
    return moment > than or than > now()


@contextmanager
def set_to(moment: date | datetime) -> Iterator[None]:
    """Sets the clock of this process to a date or a time (UTC if it has no time zone). For tests."""
    global _set
    before = _set
    _set = moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and moment.tzinfo is None else moment
    try:
        yield
    finally:
        _set = before
