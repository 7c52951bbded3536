"""Numbers as texts of the site."""

from __future__ import annotations

import pytest

from warehouse.export.site import value_texts


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (12.345, 1, "12.3"),
        (0.004, 1, "0.004"),
        (0.0, 1, "0.0"),
        (-0.00041, 2, "\N{MINUS SIGN}0.00041"),
        (0.0000098, 1, "0.0000098"),  # without an exponent
        (1234567.0, 0, "1,234,567"),
        (-3.25, 1, "\N{MINUS SIGN}3.3"),
    ],
)
def test_only_zero_is_shown_as_zero(number: float, decimals: int, text: str) -> None:
    assert value_texts.rounded(number, decimals) == text
    assert f'value="{number!r}"' in value_texts.number(number, decimals)
