"""National floors and targets: what a Member State's own law or plan asks for, one line for each area and indicator.

Belongs here: the fields of national_targets.csv, reading and checking it, and the rows of reference.national_target.
Does not belong here: comparing a value with its floor (warehouse/sql/baseline/benchmark.sql).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, model_validator

from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, Problems
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.model import Placed
from indicator_defs.reference_rows import ReferenceRows, rows_of
from indicator_defs.rounding import digits
from indicator_defs.sets import REGION


class NationalTarget(Placed):
    """One line of national_targets.csv."""

    area: str = Field(description="The Member State.")
    indicator: str = Field(description="The indicator; the line is about its headline cell, in its unit.")
    floor: float | None = Field(default=None, description="What the law guarantees today.")
    target: float | None = Field(default=None, description="What is to be reached.")
    year: int = Field(ge=1990, le=2100, description="Year of the target; without one, the year the floor holds from.")
    legal_basis: str = Field(min_length=3, description="Law, decree or plan, with its article.")

    @model_validator(mode="before")
    @classmethod
    def _empty_cells(cls, cells: dict[str, Any]) -> dict[str, Any]:
        """An empty cell is not given; it is no zero."""
        return {column: cell or None for column, cell in cells.items()}


def read_national_targets(
    files: Files, definitions: Mapping[str, IndicatorDefinition], codelists: Codelists
) -> list[NationalTarget]:
    """The national targets, checked."""
    members = codelists.members(REGION)
    targets, problems = files.lines("national_targets.csv", NationalTarget, ("area", "indicator")), files.problems
    for t in targets:
        if t.area not in members:
            meant = codelists.areas.meant(t.area)
            advice = f"write {meant}" if meant in members else f"expected {', '.join(sorted(members))}"
            problems.add(t.place, f"area {t.area!r} is no Member State; {advice}")
        if t.floor is None and t.target is None:
            problems.add(t.place, "neither floor nor target; give one of them or take out the line")
        if problems.check_code(t.place, "indicator", t.indicator, definitions):
            _check_values(t, definitions[t.indicator], problems)
    return targets


def _check_values(t: NationalTarget, definition: IndicatorDefinition, problems: Problems) -> None:
    """Values that the indicator cannot take, and a target that lies on the wrong side of the floor."""
    for name, value in (("floor", t.floor), ("target", t.target)):
        if value is None:
            continue
        below = definition.minimum is not None and value < definition.minimum
        above = definition.maximum is not None and value > definition.maximum
        if below or above:
            bounds = " to ".join("any" if b is None else digits(b) for b in (definition.minimum, definition.maximum))
            problems.add(t.place, f"{name} is {digits(value)}, expected {bounds} in unit {definition.unit}")
    if t.floor is not None and t.target is not None:
        step = t.target - t.floor
        if (definition.direction == "higher_is_better" and step < 0) or (
            definition.direction == "lower_is_better" and step > 0
        ):
            problems.add(
                t.place,
                f"the target {digits(t.target)} lies behind the floor {digits(t.floor)}, and for {t.indicator} "
                f"{definition.direction.replace('_', ' ')}",
            )


def national_target_rows(targets: Iterable[NationalTarget]) -> ReferenceRows:
    """reference.national_target."""
    return rows_of(
        sorted(targets, key=lambda t: (t.area, t.indicator)),
        ref_area=lambda t: t.area,
        indicator=lambda t: t.indicator,
        floor=lambda t: t.floor,
        target=lambda t: t.target,
        target_year=lambda t: t.year,
        legal_basis=lambda t: t.legal_basis,
        target_file=lambda t: t.place,
    )
