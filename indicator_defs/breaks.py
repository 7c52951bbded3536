"""Reviewed breaks in series: breaks/*.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, repeated
from indicator_defs.model import Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, rows_of


class Break(Placed):
    """A large step in a series, with the decision whether it is a break."""

    indicator: str = Field(description="Code of the indicator.")
    area: str = Field(description="Code of the Member State.")
    year: Whole = Field(ge=1950, le=2100, description="First year after the break.")
    why: Text = Field(description="Change in the production of the figure, or the reason why the step is genuine.")
    evidence: Text = Field(description="Evidence: a note of the producer, other series, the size of the step.")
    decided: Literal["break", "genuine"] = Field(
        description="break: values before and after are not comparable. genuine: the step is real; they are comparable."
    )


def read_breaks(files: Files, definitions: Collection[str], codelists: Codelists) -> list[Break]:
    """The breaks of all files in breaks/, checked."""
    breaks = [b for name in files.names("breaks/*.yaml") for b in files.items(name, "breaks", Break)]
    for b in breaks:
        files.problems.check_code(b.place, "indicator", b.indicator, definitions)
        codelists.check_area(b.place, b.area, files.problems)
    for first, *others in repeated(breaks, lambda b: (b.indicator, b.area, b.year)):
        for b in others:
            files.problems.add_duplicate(b.place, f"{b.indicator}, {b.area}, {b.year}", first.place)
    return breaks


def series_break_rows(breaks: Iterable[Break]) -> ReferenceRows:
    """reference.series_break."""
    return rows_of(
        breaks,
        indicator=lambda b: b.indicator,
        ref_area=lambda b: b.area,
        break_year=lambda b: b.year,
        why=lambda b: b.why,
        evidence=lambda b: b.evidence,
        decided=lambda b: b.decided,
        break_file=lambda b: b.place,
    )
