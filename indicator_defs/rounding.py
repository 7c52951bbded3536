"""Rounding of every number that is shown: half up, on its decimal digits as published.

Pages, workbooks, figures, commands and documents all use this module. A spreadsheet rounds a stored number in the same
way; formatting the binary number instead would show 2.05 as 2.0.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

Numeric = float | int | Decimal

# A double has up to 324 digits before or after the decimal point.
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)


def half_up(value: Numeric, decimals: int) -> Decimal:
    """The number rounded to `decimals`, half away from zero. A number that is not finite is returned unchanged."""
    exact = _decimal(value)
    if not exact.is_finite():
        return exact
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return rounded if rounded else abs(rounded)  # zero has no sign


def fixed(value: Numeric, decimals: int) -> str:
    """The number with `decimals` as text, with thousands separators: "12,345.7"."""
    return f"{half_up(value, decimals):,f}"


def decimals_shown(value: Numeric, decimals: int) -> int:
    """The number of decimals shown: `decimals`, or two significant digits if another number than 0 would read 0."""
    exact = _decimal(value)
    if not exact.is_finite() or not exact or half_up(exact, decimals):
        return decimals
    exponent = significant(exact, 2).as_tuple().exponent
    return max(decimals, -exponent) if isinstance(exponent, int) else decimals


def shown(value: Numeric, decimals: int) -> str:
    """The number as readers see it: with `decimals`, or more if another number than 0 would read 0."""
    return fixed(value, decimals_shown(value, decimals))


def significant(value: Numeric, digits: int) -> Decimal:
    """The number rounded to at most `digits` significant digits, without zeros at its end."""
    exact = _decimal(value)
    if not exact.is_finite():
        return exact
    if not exact:
        return Decimal(0)
    return half_up(exact, digits - 1 - exact.adjusted()).normalize(_EXACT)


def digits(value: Numeric, most: int = 15, thousands: bool = False) -> str:
    """The number with at most `most` significant digits as text: "2.5", "1234567"."""
    return f"{significant(value, most):{',f' if thousands else 'f'}}"


def percent(share: Numeric, decimals: int = 0) -> str:
    """A share of 1 in per cent, without the sign: 0.285 as "29"."""
    return shown(in_percent(share), decimals)


def in_percent(share: Numeric) -> Decimal:
    """A share of 1 in per cent, exact in decimal digits: 0.285 is 28.5."""
    return _decimal(share) * 100


def _decimal(value: Numeric) -> Decimal:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return Decimal(repr(float(value)))
