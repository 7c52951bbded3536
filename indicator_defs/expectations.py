"""What the figures are expected to be: must-exist figures, tolerances of checks, and aggregates to stand beside ours.

Belongs here: the shape of three CSV files (must_exist.csv, check_tolerances.csv, published_aggregates.csv), their
checks with file and line, and the `reference.*` tables made from them.
Does not belong here: whether the figures hold, which the checks of warehouse/checks/ say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any

from indicator_defs.model import BREAKDOWNS, IndicatorDefinition

if TYPE_CHECKING:
    import pandas as pd

    from indicator_defs.catalog import Row

MUST_EXIST = "must_exist.csv"
TOLERANCES = "check_tolerances.csv"
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
    TOLERANCES: ("check", "quantity", "value", "why"),
    AGGREGATES: ("provider", "ref_area", "area_group", "members", "imputes", "note"),
}
# Where a must-exist figure was read: a vintage that is kept, or a publication outside the archive.
DOCUMENT = "document"
_VINTAGE = re.compile(r"([a-z_]+)/([A-Za-z0-9_]+)/(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class MustExist:
    """One published figure that every release must show, and where it was read: never the vintage that is checked."""

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
class Tolerance:
    """One limit of a check, and why it is where it is."""

    check: str
    quantity: str
    value: float
    why: str
    file: str
    line: int


@dataclass(frozen=True)
class PublishedAggregate:
    """One area that a provider aggregates itself, the group of ours beside which it is shown, and its members."""

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
    """The three files, checked."""

    must_exist: list[MustExist]
    tolerances: list[Tolerance]
    aggregates: list[PublishedAggregate]

    def tables(self) -> dict[str, pd.DataFrame]:
        """reference.must_exist, .check_tolerance and .published_aggregate, by name without the schema."""
        return {
            "must_exist": _frame(
                {
                    "indicator": m.indicator,
                    "ref_area": m.ref_area,
                    "time_period": m.time_period,
                    **m.codes,
                    "cell": m.cell,
                    "obs_value": m.obs_value,
                    "tolerance": m.tolerance,
                    "taken_from": m.taken_from,
                    "source_citation": m.source_citation,
                    "must_exist_file": m.file,
                    "must_exist_line": m.line,
                }
                for m in self.must_exist
            ),
            "check_tolerance": _frame(
                {
                    "check_name": t.check,
                    "quantity": t.quantity,
                    "value": t.value,
                    "why": t.why,
                    "tolerance_file": t.file,
                    "tolerance_line": t.line,
                }
                for t in self.tolerances
            ),
            "published_aggregate": _frame(
                {
                    "provider": a.provider,
                    "ref_area": a.ref_area,
                    "area_group": a.area_group,
                    "members": ", ".join(a.members),
                    "imputes": a.imputes,
                    "note": a.note,
                    "aggregate_file": a.file,
                    "aggregate_line": a.line,
                }
                for a in self.aggregates
            ),
        }


def _frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))


class ExpectationReader:
    """Turns the rows of the three files into expectations; faults go to `problems` as `file:line: what`."""

    def __init__(
        self,
        problems: list[str],
        definitions: Mapping[str, IndicatorDefinition],
        codes: Mapping[str, set[str]],
        groups: set[str],
        providers: set[str],
    ) -> None:
        """`codes`: known codes by code list; `groups`: area groups; `providers`: those that definitions use."""
        self.problems = problems
        self.definitions = definitions
        self.codes = codes
        self.groups = groups
        self.providers = providers

    def read(self, rows_of: Callable[[str, tuple[str, ...]], list[Row]]) -> Expectations:
        """`rows_of`: gives the rows of a file by its name and the columns that it must have."""
        rows = {name: rows_of(name, columns) for name, columns in COLUMNS.items()}
        self._single(rows[MUST_EXIST], ("indicator", "ref_area", "time_period", "breakdown"))
        self._single(rows[TOLERANCES], ("check", "quantity"))
        self._single(rows[AGGREGATES], ("provider", "ref_area"))
        return Expectations(
            [m for m in map(self._must_exist, rows[MUST_EXIST]) if m is not None],
            [t for t in map(self._tolerance, rows[TOLERANCES]) if t is not None],
            [a for a in map(self._aggregate, rows[AGGREGATES]) if a is not None],
        )

    def _single(self, rows: list[Row], key: tuple[str, ...]) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for row in rows:
            values = tuple(row[c] for c in key)
            if values in seen:
                self._say(row, f"{', '.join(v for v in values if v)} stands in line {seen[values]} too")
            seen.setdefault(values, row.line)

    def _say(self, row: Row, what: str) -> None:
        self.problems.append(f"{row.file}:{row.line}: {what}")

    def _number(self, row: Row, column: str, least: float | None = None) -> float | None:
        try:
            value = float(row[column])
        except ValueError:
            value = float("nan")
        if not isfinite(value) or (least is not None and value < least):
            kind = "a number" if least is None else f"a number not below {least:g}"
            self._say(row, f"{column} is {row[column]!r}, expected {kind}")
            return None
        return value

    def _among(self, row: Row, what: str, code: str, known: Iterable[str]) -> bool:
        if code not in known:
            self._say(row, f"unknown {what} {code!r}")
            return False
        return True

    def _text(self, row: Row, column: str, why: str) -> bool:
        if len(row[column]) < 10:
            self._say(row, f"{column} is {row[column]!r}, expected {why}")
            return False
        return True

    def _must_exist(self, row: Row) -> MustExist | None:
        good = self._among(row, "area", row["ref_area"], self.codes["area"])
        good &= self._text(row, "source_citation", "producer, publication and year, so that a reader finds the figure")
        good &= self._taken_from(row)
        if not row["time_period"].isdigit() or len(row["time_period"]) != 4:
            self._say(row, f"time_period is {row['time_period']!r}, expected a year such as 2016")
            good = False
        value, tolerance = self._number(row, "obs_value"), self._number(row, "tolerance", 0)
        if not self._among(row, "indicator", row["indicator"], self.definitions):
            return None
        codes = self._codes(row)
        if not good or codes is None or value is None or tolerance is None:
            return None
        return MustExist(
            row["indicator"],
            row["ref_area"],
            int(row["time_period"]),
            codes,
            value,
            tolerance,
            row["taken_from"],
            row["source_citation"],
            row.file,
            row.line,
        )

    def _codes(self, row: Row) -> dict[str, str] | None:
        """The breakdown codes of a figure: those of the indicator's headline, and what the line names instead."""
        headline = self.definitions[row["indicator"]].headline
        codes: dict[str, str] = {b: headline.get(b, "_T") for b in BREAKDOWNS}
        for part in filter(None, (p.strip() for p in row["breakdown"].split(";"))):
            concept, _, code = (x.strip() for x in part.partition("="))
            if concept not in codes:
                self._say(row, f"breakdown {part!r}, expected such as sex=F;urbanisation=R")
                return None
            if not self._among(row, f"{concept} code", code, self.codes[concept]):
                return None
            codes[concept] = code
        return codes

    def _taken_from(self, row: Row) -> bool:
        if row["taken_from"] == DOCUMENT:
            return True
        found = _VINTAGE.fullmatch(row["taken_from"])
        if found is None:
            self._say(
                row,
                f"taken_from is {row['taken_from']!r}, expected {DOCUMENT} or provider/dataset/vintage such as "
                "unsd_sdg/sdg/2020-12-27",
            )
            return False
        try:
            date.fromisoformat(found[3])
        except ValueError:
            self._say(row, f"taken_from is {row['taken_from']!r}: {found[3]} is no day")
            return False
        return self._among(row, "provider", found[1], self.providers)

    def _tolerance(self, row: Row) -> Tolerance | None:
        value = self._number(row, "value", 0)
        good = self._text(row, "why", "the reason for this limit")
        for column in ("check", "quantity"):
            if not re.fullmatch(r"[a-z_]+", row[column]):
                self._say(row, f"{column} is {row[column]!r}, expected a name in lower case")
                good = False
        if value is None or not good:
            return None
        return Tolerance(row["check"], row["quantity"], value, row["why"], row.file, row.line)

    def _aggregate(self, row: Row) -> PublishedAggregate | None:
        members = tuple(sorted(row["members"].split()))
        good = self._among(row, "provider", row["provider"], self.providers)
        good &= self._among(row, "area", row["ref_area"], self.codes["area"])
        good &= self._among(row, "area group (codelists/area_group.csv)", row["area_group"], self.groups)
        for member in members or ("",):
            good &= self._among(row, "area", member, self.codes["area"])
        if row["imputes"] not in ("yes", "no"):
            self._say(row, f"imputes is {row['imputes']!r}, expected yes or no")
            good = False
        if not good:
            return None
        return PublishedAggregate(
            row["provider"],
            row["ref_area"],
            row["area_group"],
            members,
            row["imputes"] == "yes",
            row["note"],
            row.file,
            row.line,
        )
