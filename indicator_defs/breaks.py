"""Breaks in series that were decided on: breaks/*.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, repeated
from indicator_defs.model import Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, rows_of


class Break(Placed):
    """A break in a series that somebody has looked at, or must look at."""

    indicator: str = Field(description="Code of the indicator.")
    area: str = Field(description="The Member State.")
    year: Whole = Field(ge=1950, le=2100, description="First year after the break.")
    why: Text = Field(description="What changed in how the figure comes about, or why the step is believed.")
    evidence: Text = Field(description="What shows it: a note of the producer, other series, the size of the step.")
    decided: Literal["break", "genuine"] = Field(
        description="break: not comparable across it. genuine: looked at, the step is real, comparable."
    )


def read_breaks(files: Files, definitions: Collection[str], codelists: Codelists) -> list[Break]:
    """The breaks of all files of breaks/, each of an indicator and an area that exist."""
    breaks = [b for name in files.names("breaks/*.yaml") for b in files.items(name, "breaks", Break)]
    for b in breaks:
        files.problems.check_code(b.place, "indicator", b.indicator, definitions)
        codelists.check_area(b.place, b.area, files.problems)
    for first, *others in repeated(breaks, lambda b: (b.indicator, b.area, b.year)):
        for b in others:
            files.problems.add(b.place, f"{b.indicator}, {b.area}, {b.year} stands in {first.place} too")
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
