"""The chart of an indicator: joined values, the scale, and the positions of the marks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from warehouse.export.site import indicator_chart


def value(year: int, number: float | None, **fields: Any) -> Any:
    defaults = {
        "feed": "a", "provider_series": "s", "role": "chosen", "break_before": None, "in_aggregates": True,
        "value_text": None, "upper_bound": None, "lower_bound": None,
    }  # fmt: skip
    return SimpleNamespace(**{**defaults, "time_period": year, "obs_value": number, **fields})


@pytest.mark.parametrize(
    "after",
    [
        value(2016, 5.0, feed="b"),
        value(2016, 5.0, provider_series="t"),
        value(2016, 5.0, role="extended backwards"),
        value(2016, 5.0, break_before="step"),
        value(2016, 5.0, in_aggregates=False),
        value(2016, None, value_text="<0.5", upper_bound=0.5),
        value(2021, 5.0),
    ],
)
def test_values_that_are_not_comparable_or_far_apart_are_not_joined(after: Any) -> None:
    assert indicator_chart.joined(value(2015, 4.0), value(2016, 5.0))
    assert not indicator_chart.joined(value(2015, 4.0), after)


def test_panels_have_one_scale_and_a_bound_is_drawn_at_its_number() -> None:
    bound = value(2012, None, value_text="<0.5", upper_bound=0.5)
    drawn = indicator_chart.draw(
        "T", "Per cent", [("A", [value(2010, 10.0), value(2011, 20.0)]), ("B", [bound]), ("C", [])], str
    )
    assert drawn is not None
    a, b, c = drawn.panels
    low, high = a.marks
    assert low.x < high.x, "the later year is further right"
    assert low.y > high.y, "the larger value is higher"
    assert (b.marks[0].kind, b.latest, b.marks[0].x > high.x) == ("bound", "<0.5 (2012)", True)
    assert (c.marks, c.latest) == ([], "no value")
    assert "No value: C" in drawn.description
    assert indicator_chart.draw("T", "Per cent", [("A", [])], str) is None


def test_scale_starts_right_of_its_longest_label() -> None:
    def left(height: float) -> int:
        drawn = indicator_chart.draw("T", "Number", [("A", [value(2010, height), value(2011, height / 2)])], str)
        assert drawn is not None
        assert all(m.x >= drawn.left for p in drawn.panels for m in p.marks)
        return drawn.left

    assert left(100.0) == indicator_chart.LEFT
    assert left(144548.0) >= 6 * 6 + 3 + 4, "six digits and a comma"
    assert left(20e6) > left(144548.0)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (0, 0.037), (-12.5, 30), (0, 8_312_456), (0, 0)])
def test_ticks_are_two_to_six_and_cover_all_values(low: float, high: float) -> None:
    ticks = indicator_chart.nice_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert ticks[0] <= low
    assert ticks[-1] >= high
