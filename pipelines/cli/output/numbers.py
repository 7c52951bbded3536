"""The formatter of numbers in the output of commands: digits, decimals and units. Imports no large library.

The rounding itself is in indicator_defs/rounding.py. Integers in sentences are written with Python's `{n:,}`.
"""

from __future__ import annotations

from indicator_defs.rounding import digits, half_up, percent, shown


def all_digits(value: float) -> str:
    """A number with all stored digits, so that it can be read back; integers without a decimal point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def up_to_six_decimals(value: float | None) -> str:
    """A number with at most six decimals, without trailing zeros; empty for a missing number."""
    if value is None:
        return ""
    text = shown(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text


def ten_digits(value: float) -> str:
    """A number with ten significant digits, which hides errors of binary fractions."""
    return digits(value, 10)


def six_digits(value: float) -> str:
    """A number with six significant digits."""
    return digits(value, 6)


def one_decimal(value: float) -> str:
    """A number with one decimal, without thousands separators."""
    return str(half_up(value, 1))


def in_percent(share: float, decimals: int = 0) -> str:
    """A share of 1 in per cent, without the per cent sign."""
    return percent(share, decimals)


def seconds(duration: float) -> str:
    """A duration, such as 12.3 s."""
    return f"{duration:.1f} s"


def megabytes(n_bytes: int) -> str:
    """A size, such as 1,234.5 MB."""
    return f"{n_bytes / 1e6:,.1f} MB"


def gigabytes(n_bytes: int) -> str:
    """A size, such as 1,234.5 GB."""
    return f"{n_bytes / 1e9:,.1f} GB"
