"""The formatter of numbers: how each kind of number reads in a line or a table. Imports nothing heavy.

Belongs here: digits, rounding and units of the numbers that commands show. Does not belong here: the rounding itself
(indicator_defs/rounding.py), and whole numbers, which a sentence writes with Python's own `{n:,}`.
"""

from __future__ import annotations

from indicator_defs.rounding import digits, half_up, percent, shown


def all_digits(value: float) -> str:
    """A number as it is stored: what is printed can be read back; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def up_to_six_decimals(value: float | None) -> str:
    """All digits that say something, of a mean no more than six decimals; nothing for a missing number."""
    if value is None:
        return ""
    text = shown(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text


def ten_digits(value: float) -> str:
    """A number without the noise of its last bits."""
    return digits(value, 10)


def six_digits(value: float) -> str:
    """A number with its first six digits."""
    return digits(value, 6)


def one_decimal(value: float) -> str:
    """A number with one decimal, without commas between its thousands."""
    return str(half_up(value, 1))


def in_percent(share: float, decimals: int = 0) -> str:
    """A share of 1 in per cent, without the sign."""
    return percent(share, decimals)


def seconds(duration: float) -> str:
    """A duration, as 12.3 s."""
    return f"{duration:.1f} s"


def megabytes(n_bytes: int) -> str:
    """A size, as 1,234.5 MB."""
    return f"{n_bytes / 1e6:,.1f} MB"


def gigabytes(n_bytes: int) -> str:
    """A size, as 1,234.5 GB."""
    return f"{n_bytes / 1e9:,.1f} GB"
