"""The chart of an indicator: one small panel for each Member State, drawn by templates/chart.svg.

Belongs here: the scales, the positions of the marks, and the rule for joining them by lines.
Does not belong here: the appearance (templates/chart.svg, static/style.css) and the values (content.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from indicator_defs.rounding import digits

COLUMNS = 4
WIDTH, HEIGHT = 220, 150
LEFT, RIGHT, TOP, BOTTOM = 38, 12, 42, 20
# Widths of characters in the labels of ticks; all other characters count as digits.
DIGIT_WIDTH = 6.1
NARROW_WIDTHS = {",": 3.2, ".": 3.2, "-": 3.6}
# A line suggests values between two points; over more years that would be misleading.
MOST_YEARS_APART = 5


@dataclass(frozen=True)
class Mark:
    """One value: its position, kind of mark, and tooltip."""

    x: float
    y: float
    kind: str  # included, excluded (from comparisons), bound (published only as a bound)
    text: str


@dataclass(frozen=True)
class Panel:
    """One Member State: its marks, the lines that join comparable values, and the breaks."""

    x: float
    y: float
    name: str
    latest: str
    marks: list[Mark]
    lines: list[str]
    breaks: list[float]


@dataclass(frozen=True)
class Chart:
    """All panels on one scale, with a title and a description in words."""

    width: float
    height: float
    title: str
    description: str
    first_year: int
    last_year: int
    left: int  # start of the scale; the labels of the ticks are left of it
    ticks: list[tuple[float, str]]  # height within a panel, label
    panels: list[Panel]
    has_breaks: bool
    has_excluded: bool
    has_bounds: bool


def joined(before: Any, after: Any) -> bool:
    """Whether a line joins two values: same feed, no break between, both usable numbers, at most MOST_YEARS_APART."""
    return (
        before.obs_value is not None
        and after.obs_value is not None
        and before.feed == after.feed
        and before.provider_series == after.provider_series
        and before.role == after.role
        and after.break_before is None
        and before.in_aggregates
        and after.in_aggregates
        and after.time_period - before.time_period <= MOST_YEARS_APART
    )


def draw(
    title: str, unit: str, areas: Sequence[tuple[str, Sequence[Any]]], shown: Callable[[float], str]
) -> Chart | None:
    """The chart of the areas (name, values by year); None if no area has a number. `shown` formats a value."""
    drawn = [[v for v in values if _height(v) is not None] for _, values in areas]
    all_values = [v for values in drawn for v in values]
    if not any(v.obs_value is not None for v in all_values):
        return None
    heights = [h for v in all_values if (h := _height(v)) is not None]
    ticks = nice_ticks(min(0.0, *heights), max(0.0, *heights))
    low, high = ticks[0], ticks[-1]
    labels = [digits(t, 10, thousands=True) for t in ticks]
    left = max(LEFT, 10 + max(math.ceil(sum(NARROW_WIDTHS.get(c, DIGIT_WIDTH) for c in label)) for label in labels))
    first, last = min(v.time_period for v in all_values), max(v.time_period for v in all_values)
    if first == last:
        first, last = first - 1, last + 1

    def at_x(year: int) -> float:
        return float(round(left + (year - first) / (last - first) * (WIDTH - left - RIGHT), 1))

    def at_y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    panels = []
    for number, ((name, _), values) in enumerate(zip(areas, drawn, strict=True)):
        marks = [
            Mark(at_x(v.time_period), at_y(_height(v) or 0.0), _kind(v), f"{v.time_period}: {value_text(v, shown)}")
            for v in values
        ]
        breaks = [
            round((at_x(a.time_period) + at_x(b.time_period)) / 2, 1)
            for a, b in pairwise(values)
            if b.break_before is not None or a.feed != b.feed or a.role != b.role
        ]
        newest = values[-1] if values else None
        panels.append(
            Panel(
                x=number % COLUMNS * WIDTH,
                y=number // COLUMNS * HEIGHT,
                name=name,
                latest=f"{value_text(newest, shown)} ({newest.time_period})" if newest else "no value",
                marks=marks,
                lines=_lines(values, marks),
                breaks=breaks,
            )
        )
    with_values = [f"{p.name} {p.latest}" for p in panels if p.marks]
    without = [p.name for p in panels if not p.marks]
    description = (
        f"One panel for each Member State, years {first} to {last}, {unit}. Last value of each: "
        + "; ".join(with_values)
        + (f". No value: {', '.join(without)}" if without else "")
        + ". The table below lists all values."
    )
    return Chart(
        width=COLUMNS * WIDTH,
        height=math.ceil(len(panels) / COLUMNS) * HEIGHT,
        title=title,
        description=description,
        first_year=first,
        last_year=last,
        left=left,
        ticks=[(at_y(t), label) for t, label in zip(ticks, labels, strict=True)],
        panels=panels,
        has_breaks=any(p.breaks for p in panels),
        has_excluded=any(m.kind == "excluded" for p in panels for m in p.marks),
        has_bounds=any(m.kind == "bound" for p in panels for m in p.marks),
    )


def value_text(value: Any, shown: Callable[[float], str]) -> str:
    """The value as it is printed: rounded, or the text of a bound."""
    return shown(value.obs_value) if value.obs_value is not None else str(value.value_text)


def _height(value: Any) -> float | None:
    """The number at which a value is drawn: the value, or its published bound."""
    for number in (value.obs_value, value.upper_bound, value.lower_bound):
        if number is not None:
            return float(number)
    return None


def _kind(value: Any) -> str:
    if value.obs_value is None:
        return "bound"
    return "included" if value.in_aggregates else "excluded"


def _lines(values: Sequence[Any], marks: Sequence[Mark]) -> list[str]:
    """Runs of values that are joined, each as the points of a polyline."""
    runs: list[list[Mark]] = []
    for number, mark in enumerate(marks):
        if number and joined(values[number - 1], values[number]):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return [" ".join(f"{m.x:g},{m.y:g}" for m in run) for run in runs if len(run) > 1]


def nice_ticks(low: float, high: float) -> list[float]:
    """Two to five round values from at most `low` to at least `high`."""
    if high <= low:
        return [low, low + 1.0]
    rough = (high - low) / 3
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 12) for n in range(first, max(last, first + 1) + 1)]
