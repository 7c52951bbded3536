"""National floors and targets: what a Member State's own law or plan asks for, one line for each area and indicator.

Belongs here: the shape of national_targets.csv, its checks by file and line, and its rows as `reference.national_target`.
Does not belong here: comparing a value with its floor (warehouse/sql/baseline/benchmark.sql).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from indicator_defs.model import IndicatorDefinition

FILE = "national_targets.csv"
COLUMNS = ("area", "indicator", "floor", "target", "year", "legal_basis")


class NationalTarget(BaseModel):
    """One line of national_targets.csv."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str = Field(description="The Member State.")
    indicator: str = Field(description="The indicator; the line is about its headline cell, in its unit.")
    floor: float | None = Field(default=None, allow_inf_nan=False, description="What the law guarantees today.")
    target: float | None = Field(default=None, allow_inf_nan=False, description="What is to be reached.")
    year: int = Field(ge=1990, le=2100, description="Year of the target; without one, the year the floor holds from.")
    legal_basis: str = Field(min_length=3, description="Law, decree or plan, with its article.")
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def problems_of(
    targets: Iterable[NationalTarget], definitions: Mapping[str, IndicatorDefinition], members: Iterable[str]
) -> list[str]:
    """What is wrong with the lines, each as `file:line: what`."""
    problems: list[str] = []
    known, seen = set(members), dict[tuple[str, str], int]()
    for one in targets:
        if one.area not in known:
            problems.append(f"{one.place}: area {one.area!r} is no Member State; expected {', '.join(sorted(known))}")
        if one.floor is None and one.target is None:
            problems.append(f"{one.place}: neither floor nor target; give one of them or take out the line")
        if (one.area, one.indicator) in seen:
            problems.append(
                f"{one.place}: {one.indicator} of {one.area} stands in line {seen[one.area, one.indicator]} too; keep "
                "the line that is in force"
            )
        seen.setdefault((one.area, one.indicator), one.line)
        definition = definitions.get(one.indicator)
        if definition is None:
            problems.append(f"{one.place}: unknown indicator {one.indicator!r}")
            continue
        problems += _out_of_range(one, definition)
    return problems


def _out_of_range(one: NationalTarget, definition: IndicatorDefinition) -> list[str]:
    """Values that the indicator cannot take, and a target that lies on the wrong side of the floor."""
    problems = []
    for name, value in (("floor", one.floor), ("target", one.target)):
        if value is None:
            continue
        below = definition.minimum is not None and value < definition.minimum
        above = definition.maximum is not None and value > definition.maximum
        if below or above:
            bounds = f"{definition.minimum} to {definition.maximum}"
            problems.append(f"{one.place}: {name} is {value:g}, expected {bounds} in unit {definition.unit}")
    if one.floor is not None and one.target is not None:
        step = one.target - one.floor
        if (definition.direction == "higher_is_better" and step < 0) or (
            definition.direction == "lower_is_better" and step > 0
        ):
            problems.append(
                f"{one.place}: the target {one.target:g} lies behind the floor {one.floor:g}, and for "
                f"{one.indicator} {definition.direction.replace('_', ' ')}"
            )
    return problems


def rows_of(targets: Iterable[NationalTarget]) -> list[dict[str, Any]]:
    """The rows of `reference.national_target`, sorted by area and indicator."""
    return [
        {
            "ref_area": one.area,
            "indicator": one.indicator,
            "floor": one.floor,
            "target": one.target,
            "target_year": one.year,
            "legal_basis": one.legal_basis,
            "target_file": one.place,
        }
        for one in sorted(targets, key=lambda t: (t.area, t.indicator))
    ]
