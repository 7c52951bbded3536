"""Corrections of published values, each with a condition: corrections/*.yaml."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.breakdowns import Breakdown
from indicator_defs.claims import Claim
from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, repeated
from indicator_defs.general_claims import GeneralClaim
from indicator_defs.model import Day, Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, position, rows_of
from indicator_defs.series_renames import SeriesRename


class Correction(Placed):
    """A correction of one published value. It applies only as long as the provider publishes the expected value."""

    indicator: str = Field(description="Code of the indicator.")
    area: str = Field(description="Code of the Member State.")
    year: Whole = Field(ge=1950, le=2100, description="Year of the value.")
    provider: str = Field(description="Provider that publishes the value.")
    series: str = Field(description="Series code of the provider.")
    breakdown: dict[Breakdown, str] = Field(
        default_factory=dict, description="Breakdown codes (ours) of the cell, for breakdowns other than the total."
    )
    expected: str = Field(description="Value as published; the correction applies only to this value.")
    action: Literal["exclude_from_use", "mark_unreliable"] = Field(
        description="exclude_from_use: not used; mark_unreliable: status U. The published value itself is not changed."
    )
    why: Text = Field(description="Error in the value; shown wherever the value is shown.")
    evidence: Text = Field(description="Evidence: other vintages, the producer's own notes.")
    reported: Day | None = Field(default=None, description="Date on which the producer was informed; null if not yet.")


def read_corrections(
    files: Files,
    definitions: Collection[str],
    codelists: Codelists,
    claims: Iterable[Claim],
    general_claims: Iterable[GeneralClaim],
    renames: Iterable[SeriesRename],
) -> list[Correction]:
    """The corrections of all files in corrections/, checked: each corrects a series that its indicator claims."""
    names = files.names("corrections/*.yaml")
    corrections = [c for name in names for c in files.items(name, "corrections", Correction)]
    problems = files.problems
    series = _series_of(definitions, claims, general_claims, renames)
    for c in corrections:
        is_indicator = problems.check_code(c.place, "indicator", c.indicator, definitions)
        if codelists.check_area(c.place, c.area, problems) and is_indicator:
            providers = series[c.indicator]
            what = f"provider of {c.indicator}"
            if problems.check_code(c.place, what, c.provider, providers, "provider"):
                what = f"series of {c.indicator} at {c.provider}"
                problems.check_code(c.place, what, c.series, providers[c.provider], "series")
        for concept, code in c.breakdown.items():
            problems.check_code(c.place, f"{concept} code", code, codelists.codes(concept))
    for first, *others in repeated(
        corrections,
        lambda c: (c.indicator, c.area, c.year, c.provider, c.series, frozenset(c.breakdown.items()), c.expected),
    ):
        for c in others:
            what = f"{c.indicator}, {c.area}, {c.year}, {c.series} {c.expected}"
            problems.add_duplicate(c.place, f"the correction of {what}", first.place)
    return corrections


def _series_of(
    definitions: Collection[str],
    claims: Iterable[Claim],
    general_claims: Iterable[GeneralClaim],
    renames: Iterable[SeriesRename],
) -> dict[str, dict[str, set[str]]]:
    """The series of each indicator by provider: claimed codes, their former codes, and for national data its own code."""
    before: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for r in renames:
        before[r.provider, r.dataset, r.new_series].add(r.old_series)
    general_providers = {g.provider for g in general_claims}
    out: dict[str, dict[str, set[str]]] = {code: {p: {code} for p in general_providers} for code in definitions}
    for c in claims:
        series = out[c.indicator].setdefault(c.provider, set())
        series |= {c.series.code, *before[c.provider, c.dataset, c.series.code]}
    return out


def correction_rows(corrections: Iterable[Correction]) -> ReferenceRows:
    """reference.correction."""
    return rows_of(
        corrections,
        correction_id=position,
        indicator=lambda c: c.indicator,
        ref_area=lambda c: c.area,
        time_period=lambda c: c.year,
        source=lambda c: c.provider,
        provider_series=lambda c: c.series,
        **by_breakdown("", lambda c: c.breakdown, "_T"),
        expected_text=lambda c: c.expected,
        action=lambda c: c.action,
        why=lambda c: c.why,
        evidence=lambda c: c.evidence,
        reported=lambda c: c.reported,
        correction_file=lambda c: c.place,
    )
