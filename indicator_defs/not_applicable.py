"""Figures that cannot exist, so that their absence is no gap: not_applicable.csv."""

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
    """One line of not_applicable.csv: figures that cannot exist, so that their absence is no gap."""

    indicator: str = Field(description="An indicator, or * for all.")
    ref_area: str = Field(description="A Member State, or * for all of them.")
    breakdown: Breakdown | Literal["headline", "*"] = Field(description="headline, a breakdown, or * for all.")
    why: Text = Field(description="Why the figures cannot exist.")
    evidence: Text = Field(description="What shows it; an opinion is not enough to take a gap off the list.")


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
            problems.add(e.place, "indicator and ref_area are both *; name at least one of them")
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
