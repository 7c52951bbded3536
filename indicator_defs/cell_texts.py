"""Whether the text of a cell is a day, a number, a whole number or a year."""

from __future__ import annotations

import re
from datetime import date
from math import isfinite

# Python's own tests of digits also hold for other scripts, for superscripts and for 1_000.
_DIGITS = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_day(text: str) -> bool:
    """Whether a cell holds a day of the calendar, as 1967-08-08."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None  # Python reads weeks and other forms too, the engine does not


def is_number(text: str) -> bool:
    """Whether a cell holds a number in ASCII digits that a double can hold; nan and inf are none."""
    return _NUMBER.fullmatch(text) is not None and isfinite(float(text))


def is_whole(text: str, most: int) -> bool:
    """Whether a cell holds a whole number from 0 to `most`, in ASCII digits."""
    return _DIGITS.fullmatch(text) is not None and int(text) <= most


def is_year(text: str) -> bool:
    """Whether a cell holds a year of four ASCII digits."""
    return _DIGITS.fullmatch(text) is not None and len(text) == 4
