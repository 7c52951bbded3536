"""Figures that cannot exist and are therefore not gaps: not_applicable.csv."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.breakdowns import Breakdown
from indicator_defs.codelists import AREA_GROUP, Codelists
from indicator_defs.definition_files import Files
from indicator_defs.model import Placed, Text
from indicator_defs.reference_rows import ReferenceRows, rows_of


class NotApplicable(Placed):
    """One line of not_applicable.csv: figures that cannot exist and are therefore not gaps."""

    indicator: str = Field(description="Code of an indicator, or * for all.")
    ref_area: str = Field(description="Code of a Member State, or * for all.")
    breakdown: Literal[Breakdown, "headline", "*"] = Field(description="headline, a breakdown, or * for all.")
    why: Text = Field(description="Reason why the figures cannot exist.")
    evidence: Text = Field(description="Evidence; an opinion is not sufficient.")


def read_not_applicable(files: Files, definitions: Collection[str], codelists: Codelists) -> list[NotApplicable]:
    """The figures that cannot exist, checked."""
    entries = files.lines("not_applicable.csv", NotApplicable, ("indicator", "ref_area", "breakdown"))
    problems = files.problems
    members = {row["member"] for row in codelists[AREA_GROUP] if not row["valid_to"]}
    for e in entries:
        if e.indicator != "*":
            problems.check_code(e.place, "indicator", e.indicator, definitions)
        if e.ref_area != "*":
            problems.check_code(e.place, "Member State", e.ref_area, members, names=codelists.areas)
        if e.indicator == e.ref_area == "*":
            problems.add(e.place, "found * for both indicator and ref_area; give at least one of them")
    return entries


def not_applicable_rows(entries: Iterable[NotApplicable]) -> ReferenceRows:
    """reference.not_applicable."""
    return rows_of(
        entries,
        indicator=lambda e: e.indicator,
        ref_area=lambda e: e.ref_area,
        breakdown=lambda e: e.breakdown,
        why=lambda e: e.why,
        evidence=lambda e: e.evidence,
        list_file=lambda e: e.file,
        list_line=lambda e: e.line,
    )
