"""National floors and targets from the law or plan of a Member State: national_targets.csv.

Values are compared with them in warehouse/sql/baseline/benchmark.sql.
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

    area: str = Field(description="Code of the Member State.")
    indicator: str = Field(description="Code of the indicator; the line is about its headline figure, in its unit.")
    floor: float | None = Field(default=None, description="Value that the law guarantees today.")
    target: float | None = Field(default=None, description="Value to be reached.")
    year: int = Field(ge=1990, le=2100, description="Year of the target; without a target, first year of the floor.")
    legal_basis: str = Field(min_length=3, description="Law, decree or plan, with its article.")

    @model_validator(mode="before")
    @classmethod
    def _empty_cells(cls, cells: dict[str, Any]) -> dict[str, Any]:
        """An empty cell means that the value is not given, not zero."""
        return {column: cell or None for column, cell in cells.items()}


def read_national_targets(
    files: Files, definitions: Mapping[str, IndicatorDefinition], codelists: Codelists
) -> list[NationalTarget]:
    """The national targets, checked."""
    members = codelists.members(REGION)
    targets, problems = files.lines("national_targets.csv", NationalTarget, ("area", "indicator")), files.problems
    for t in targets:
        problems.check_code(t.place, "Member State", t.area, members, names=codelists.areas)
        if t.floor is None and t.target is None:
            problems.add(t.place, "found neither floor nor target; give one of them or remove the line")
        if problems.check_code(t.place, "indicator", t.indicator, definitions):
            _check_values(t, definitions[t.indicator], problems)
    return targets


def _check_values(t: NationalTarget, definition: IndicatorDefinition, problems: Problems) -> None:
    """Adds values outside the range of the indicator, and a target on the wrong side of the floor."""
    for name, value in (("floor", t.floor), ("target", t.target)):
        if value is None:
            continue
        below = definition.minimum is not None and value < definition.minimum
        above = definition.maximum is not None and value > definition.maximum
        if below or above:
            bounds = " to ".join("any" if b is None else digits(b) for b in (definition.minimum, definition.maximum))
            problems.add(t.place, f"{name}: found {digits(value)}, expected {bounds} in unit {definition.unit}")
    if t.floor is not None and t.target is not None:
        step = t.target - t.floor
        if (definition.direction == "higher_is_better" and step < 0) or (
            definition.direction == "lower_is_better" and step > 0
        ):
            problems.add(
                t.place,
                f"target: found {digits(t.target)}, expected a value not worse than the floor {digits(t.floor)} "
                f"({t.indicator}: {definition.direction.replace('_', ' ')})",
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
