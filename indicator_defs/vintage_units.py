"""Units of vintages that are published without a title: vintage_units.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pydantic import Field

from indicator_defs.claims import Claim
from indicator_defs.definition_files import Files
from indicator_defs.model import Day, Placed, Text
from indicator_defs.reference_rows import ReferenceRows, rows_of


class VintageUnit(Placed):
    """One line of vintage_units.csv: the unit of a series in a vintage without a title that states it."""

    provider: str = Field(description="Provider that publishes the series.")
    dataset: str = Field(description="Dataset of the series.")
    series: str = Field(description="Series code; a definition claims it with series_name_contains.")
    vintage_date: Day = Field(description="Date of the vintage without a title.")
    unit: str = Field(description="Unit, written as in series_name_contains.", examples=["$1.90 a day (2011 PPP)"])
    evidence: Text = Field(description="Evidence that the vintage has this unit.")


def read_vintage_units(files: Files, claims: Iterable[Claim]) -> list[VintageUnit]:
    """The units of vintages without a title, checked: the claim of the series must require that unit."""
    key = ("provider", "dataset", "series", "vintage_date")
    units, problems = files.lines("vintage_units.csv", VintageUnit, key), files.problems
    claimed_units: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for c in claims:
        if c.source.series_name_contains is not None:
            claimed_units[c.provider, c.dataset, c.series.code].add(c.source.series_name_contains)
    for u in units:
        of_series = claimed_units.get((u.provider, u.dataset, u.series), set())
        if not of_series:
            problems.add(
                u.place,
                f"no claim of {u.series} of {u.provider}/{u.dataset} has series_name_contains; add it or remove this line",
            )
        else:
            problems.check_code(u.place, "unit (series_name_contains)", u.unit, of_series, "unit")
    return units


def vintage_unit_rows(units: Iterable[VintageUnit]) -> ReferenceRows:
    """reference.vintage_unit."""
    return rows_of(
        units,
        provider=lambda u: u.provider,
        dataset=lambda u: u.dataset,
        series=lambda u: u.series,
        vintage_date=lambda u: u.vintage_date,
        unit=lambda u: u.unit,
        evidence=lambda u: u.evidence,
        vintage_unit_file=lambda u: u.place,
    )
