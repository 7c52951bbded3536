"""Expectations for published figures: must-exist figures, limits of checks, and published aggregates for comparison.

This module reads and checks three CSV files (must_exist.csv, check_tolerances.csv, published_aggregates.csv). Each cell is
checked on its own, so that all faults of a line are reported together. The checks of warehouse/checks/ compare the figures
with these expectations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TypeVar

from indicator_defs.breakdowns import BREAKDOWNS, pairs
from indicator_defs.cell_texts import is_number, is_year
from indicator_defs.claims import Claim
from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, Problems, Row
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, rows_of
from indicator_defs.rounding import digits

MUST_EXIST = "must_exist.csv"
CHECK_TOLERANCES = "check_tolerances.csv"
# The limits that the checks and tables of warehouse/ need, by check.
QUANTITIES = {
    "published_aggregate": ("agrees_points", "agrees_share", "imputation_factor", "large_points", "large_share"),
    "parts_around_total": ("outside_points", "outside_share"),
    "magnitude_kept": ("factor", "least"),
}
AGGREGATES = "published_aggregates.csv"
COLUMNS = {
    MUST_EXIST: (
        "indicator",
        "ref_area",
        "time_period",
        "breakdown",
        "obs_value",
        "tolerance",
        "taken_from",
        "source_citation",
    ),
    CHECK_TOLERANCES: ("check", "quantity", "value", "why"),
    AGGREGATES: ("provider", "ref_area", "area_group", "members", "imputes", "note"),
}
# The value of taken_from for a figure from a publication outside the archive.
DOCUMENT = "document"
_VINTAGE = re.compile(r"([a-z_]+)/([A-Za-z0-9_]+)/(\d{4}-\d{2}-\d{2})")
E = TypeVar("E")


@dataclass(frozen=True)
class MustExist:
    """One published figure that every release must contain, and its source, which is never the vintage being checked."""

    indicator: str
    ref_area: str
    time_period: int
    codes: Mapping[str, str]
    obs_value: float
    tolerance: float
    taken_from: str
    source_citation: str
    file: str
    line: int

    @property
    def cell(self) -> str:
        """All breakdown codes, as in indicator_set.value."""
        return "|".join(self.codes[b] for b in BREAKDOWNS)


@dataclass(frozen=True)
class CheckTolerance:
    """One limit of a check, and the reason for it."""

    check: str
    quantity: str
    value: float
    why: str
    file: str
    line: int


@dataclass(frozen=True)
class PublishedAggregate:
    """One area for which a provider publishes an aggregate, with its members and our group that it is compared with."""

    provider: str
    ref_area: str
    area_group: str
    members: tuple[str, ...]
    imputes: bool
    note: str
    file: str
    line: int


@dataclass(frozen=True)
class Expectations:
    """The content of the three files."""

    must_exist: list[MustExist]
    tolerances: list[CheckTolerance]
    aggregates: list[PublishedAggregate]


def read_expectations(
    files: Files, definitions: Mapping[str, IndicatorDefinition], codelists: Codelists, claims: Iterable[Claim]
) -> Expectations:
    """The three files, checked."""
    reader = _ExpectationReader(files, definitions, codelists, {c.provider for c in claims})
    before = len(files.problems)
    tolerances = reader.read(CHECK_TOLERANCES, ("check", "quantity"), reader.tolerance)
    if len(files.problems) == before:
        given = {(t.check, t.quantity) for t in tolerances}
        for check, quantity in ((c, q) for c, quantities in QUANTITIES.items() for q in quantities):
            if (check, quantity) not in given:
                files.missing(CHECK_TOLERANCES, f"the line of {check}, {quantity}")
    return Expectations(
        reader.read(MUST_EXIST, ("indicator", "ref_area", "time_period", "breakdown"), reader.must_exist),
        tolerances,
        reader.read(AGGREGATES, ("provider", "ref_area"), reader.aggregate),
    )


@dataclass(frozen=True)
class _ExpectationReader:
    """Makes expectations from the rows of the three files."""

    files: Files
    definitions: Mapping[str, IndicatorDefinition]
    codelists: Codelists
    providers: set[str]

    @property
    def problems(self) -> Problems:
        """The problems of the files."""
        return self.files.problems

    def read(self, name: str, key: tuple[str, ...], make: Callable[[Row], E | None]) -> list[E]:
        """The objects that `make` returns for the lines of a file; `key`: the columns that are unique together."""
        rows = self.files.rows(name, COLUMNS[name], key)
        return [made for made in map(make, rows) if made is not None]

    def must_exist(self, row: Row) -> MustExist | None:
        """One line of must_exist.csv."""
        year = row["time_period"]
        is_valid = self._area(row, row["ref_area"])
        is_valid &= self._text(
            row, "source_citation", "producer, publication and year, so that a reader finds the figure"
        )
        is_valid &= self._taken_from(row)
        is_valid &= self.problems.check_cell(row, "time_period", is_year(year), "a year such as 2016")
        value, tolerance = self._number(row, "obs_value"), self._number(row, "tolerance", 0)
        if not self.problems.check_code(row.place, "indicator", row["indicator"], self.definitions):
            return None
        codes = self._codes(row)
        if not is_valid or codes is None or value is None or tolerance is None:
            return None
        return MustExist(
            row["indicator"],
            row["ref_area"],
            int(year),
            codes,
            value,
            tolerance,
            row["taken_from"],
            row["source_citation"],
            row.file,
            row.line,
        )

    def tolerance(self, row: Row) -> CheckTolerance | None:
        """One line of check_tolerances.csv."""
        value = self._number(row, "value", 0)
        is_valid = self._text(row, "why", "the reason for this limit")
        if self.problems.check_code(row.place, "check with limits", row["check"], QUANTITIES, "check"):
            allowed = QUANTITIES[row["check"]]
            is_valid &= self.problems.check_code(
                row.place, f"quantity of {row['check']}", row["quantity"], allowed, "quantity"
            )
        else:
            is_valid = False
        if value is None or not is_valid:
            return None
        return CheckTolerance(row["check"], row["quantity"], value, row["why"], row.file, row.line)

    def aggregate(self, row: Row) -> PublishedAggregate | None:
        """One line of published_aggregates.csv."""
        members, group = tuple(sorted(row["members"].split())), row["area_group"]
        is_valid = self._provider(row, row["provider"])
        is_valid &= self._area(row, row["ref_area"])
        is_valid &= self.problems.check_code(
            row.place, "area group (codelists/area_group.csv)", group, self.codelists.groups
        )
        for member in members or ("",):
            is_valid &= self._area(row, member)
        is_valid &= self.problems.check_cell(row, "imputes", row["imputes"] in ("yes", "no"), "yes or no")
        if not is_valid:
            return None
        return PublishedAggregate(
            row["provider"],
            row["ref_area"],
            group,
            members,
            row["imputes"] == "yes",
            row["note"],
            row.file,
            row.line,
        )

    def _area(self, row: Row, code: str) -> bool:
        return self.codelists.check_area(row.place, code, self.problems)

    def _provider(self, row: Row, name: str) -> bool:
        return self.problems.check_code(row.place, "provider", name, self.providers)

    def _text(self, row: Row, column: str, expected: str) -> bool:
        return self.problems.check_cell(row, column, len(row[column]) >= 10, expected)

    def _number(self, row: Row, column: str, least: float | None = None) -> float | None:
        value = float(row[column]) if is_number(row[column]) else float("nan")
        is_valid = isfinite(value) and (least is None or value >= least)
        expected = "a number" if least is None else f"a number of at least {digits(least)}"
        return value if self.problems.check_cell(row, column, is_valid, expected) else None

    def _codes(self, row: Row) -> dict[str, str] | None:
        """The breakdown codes of a figure: those given in the line, else those of the indicator's headline."""
        headline = self.definitions[row["indicator"]].headline
        codes: dict[str, str] = {b: headline.get(b, "_T") for b in BREAKDOWNS}
        for text, concept, code in pairs(row["breakdown"]):
            if concept not in codes:
                self.problems.add(row.place, f"breakdown: found {text!r}, expected a form such as sex=F;urbanisation=R")
                return None
            if not self.problems.check_code(row.place, f"{concept} code", code, self.codelists.codes(concept)):
                return None
            codes[concept] = code
        return codes

    def _taken_from(self, row: Row) -> bool:
        if row["taken_from"] == DOCUMENT:
            return True
        vintage = _VINTAGE.fullmatch(row["taken_from"])
        expected = f"{DOCUMENT} or provider/dataset/vintage such as unsd_sdg/sdg/2020-12-27"
        if not self.problems.check_cell(row, "taken_from", vintage is not None, expected) or vintage is None:
            return False
        try:
            date.fromisoformat(vintage[3])
        except ValueError:
            return self.problems.check_cell(row, "taken_from", False, f"a calendar date instead of {vintage[3]}")
        return self._provider(row, vintage[1])


def must_exist_rows(expectations: Expectations) -> ReferenceRows:
    """reference.must_exist."""
    return rows_of(
        expectations.must_exist,
        indicator=lambda m: m.indicator,
        ref_area=lambda m: m.ref_area,
        time_period=lambda m: m.time_period,
        **by_breakdown("", lambda m: m.codes),
        obs_value=lambda m: m.obs_value,
        tolerance=lambda m: m.tolerance,
        taken_from=lambda m: m.taken_from,
        source_citation=lambda m: m.source_citation,
        must_exist_file=lambda m: m.file,
        must_exist_line=lambda m: m.line,
    )


def check_tolerance_rows(expectations: Expectations) -> ReferenceRows:
    """reference.check_tolerance."""
    return rows_of(
        expectations.tolerances,
        check_name=lambda t: t.check,
        quantity=lambda t: t.quantity,
        value=lambda t: t.value,
        why=lambda t: t.why,
        tolerance_file=lambda t: t.file,
        tolerance_line=lambda t: t.line,
    )


def published_aggregate_rows(expectations: Expectations) -> ReferenceRows:
    """reference.published_aggregate."""
    return rows_of(
        expectations.aggregates,
        provider=lambda a: a.provider,
        ref_area=lambda a: a.ref_area,
        area_group=lambda a: a.area_group,
        members=lambda a: ", ".join(a.members),
        imputes=lambda a: a.imputes,
        note=lambda a: a.note,
        aggregate_file=lambda a: a.file,
        aggregate_line=lambda a: a.line,
    )
