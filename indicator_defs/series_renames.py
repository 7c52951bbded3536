"""Series whose code was changed by the provider: series_renames.csv."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field, field_validator

from indicator_defs.breakdowns import Breakdown, pairs
from indicator_defs.claims import Claim
from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files
from indicator_defs.model import Day, Placed, Text
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, rows_of


class SeriesRename(Placed):
    """One line of series_renames.csv: a series code that the provider replaced, and the new code."""

    provider: str = Field(description="Provider that replaced the code.")
    dataset: str = Field(description="Dataset with both codes.")
    old_series: str = Field(description="Code that is no longer used.")
    new_series: str = Field(description="Code under which the series continues; a definition must claim it.")
    old_set: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="Breakdown codes (ours) that the old code implied and the new code has as a dimension.",
    )
    valid_from: Day = Field(
        description="First vintage with the new code; the old code is used in earlier vintages only."
    )
    note: Text = Field(description="Description of the change.")
    evidence: Text = Field(description="Evidence that both codes have the same figures.")

    @field_validator("old_set", mode="before")
    @classmethod
    def _codes_of_the_cell(cls, cell: str) -> dict[str, str]:
        return {breakdown: code for _, breakdown, code in pairs(cell)}


def read_renames(files: Files, claims: Iterable[Claim], codelists: Codelists) -> list[SeriesRename]:
    """The renames, checked: the new code must be claimed and not itself renamed, and the old code not claimed."""
    renames = files.lines("series_renames.csv", SeriesRename, ("provider", "dataset", "old_series"))
    problems = files.problems
    claimed = {(c.provider, c.dataset, c.series.code) for c in claims}
    by_old_series = {_old_series(r): r for r in renames}
    for r in renames:
        new_series = (r.provider, r.dataset, r.new_series)
        for breakdown, code in r.old_set.items():
            problems.check_code(r.place, f"{breakdown} code", code, codelists.codes(breakdown))
        if new_series not in claimed:
            problems.add(
                r.place,
                f"no definition claims the new series {r.new_series} of {r.provider}/{r.dataset}; add the claim or remove "
                "this line",
            )
        if _old_series(r) in claimed:
            problems.add(
                r.place,
                f"a definition also claims the old series {r.old_series}, so its values would be duplicated; remove that "
                "claim or this line",
            )
        if new_series in by_old_series:
            place = by_old_series[new_series].place
            problems.add(
                r.place, f"the new series {r.new_series} is itself renamed in {place}; write the final code here"
            )
    return renames


def _old_series(r: SeriesRename) -> tuple[str, str, str]:
    return r.provider, r.dataset, r.old_series


def series_rename_rows(renames: Iterable[SeriesRename]) -> ReferenceRows:
    """reference.series_rename."""
    return rows_of(
        renames,
        provider=lambda r: r.provider,
        dataset=lambda r: r.dataset,
        old_series=lambda r: r.old_series,
        new_series=lambda r: r.new_series,
        **by_breakdown("set_", lambda r: r.old_set),
        valid_from=lambda r: r.valid_from,
        note=lambda r: r.note,
        evidence=lambda r: r.evidence,
        rename_file=lambda r: r.file,
        rename_line=lambda r: r.line,
    )
