"""The clock: the moment and the day, UTC. All product code asks here; a test sets it.

Durations are measured with time.monotonic, which this does not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from indicator_defs.system import settings

# A test's moment; for child processes there is PAYUNG_NOW.
_set: date | datetime | None = None


def now() -> datetime:
    """This moment, UTC.

    Where the clock is set to a day, that day at the machine's time of day; set to a moment, it does not move.
    """
    moment = _set if _set is not None else settings.read("now").now
    if isinstance(moment, datetime):
        return moment
    machine = datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock
    return machine if moment is None else datetime.combine(moment, machine.timetz())


def today() -> date:
    """This day, UTC."""
    return now().date()


def stamp() -> str:
    """This moment as it is written into files: UTC, to the second, ISO 8601."""
    return now().isoformat(timespec="seconds")


def came_later(moment: datetime, than: datetime) -> bool:
    """Whether a recorded moment came after another one, or may have.

    One that is still to come was recorded while the clock ran ahead: it does not show that nothing came after it.
    """
    return moment > than or than > now()


@contextmanager
def set_to(moment: date | datetime) -> Iterator[None]:
    """Sets the clock of this process to a day or a moment (UTC where it has no zone). For tests."""
    global _set
    before = _set
    _set = moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and moment.tzinfo is None else moment
    try:
        yield
    finally:
        _set = before
