"""Tests of the text of a cell: whether it is a date, a number, a whole number or a year."""

from __future__ import annotations

import re
from datetime import date
from math import isfinite

# Python's own tests also accept digits of other scripts, superscripts and 1_000.
_DIGITS = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_day(text: str) -> bool:
    """Whether the text is a calendar date such as 1967-08-08."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None  # Python also reads week dates, DuckDB does not


def is_number(text: str) -> bool:
    """Whether the text is a finite number in ASCII digits that fits a double."""
    return _NUMBER.fullmatch(text) is not None and isfinite(float(text))


def is_whole(text: str, most: int) -> bool:
    """Whether the text is a whole number from 0 to `most`, in ASCII digits."""
    return _DIGITS.fullmatch(text) is not None and int(text) <= most


def is_year(text: str) -> bool:
    """Whether the text is a year of four ASCII digits."""
    return _DIGITS.fullmatch(text) is not None and len(text) == 4
