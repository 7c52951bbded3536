"""The differences between two releases: values, indicators, codes and definitions, each value with its reason.

Belongs here: comparing the tables of two releases, or of a release and a build that is not published yet.
Does not belong here: tolerances (exceeded_tolerances.py), showing differences (pipelines/cli/output/diff_text.py), and
the revisions of providers between their vintages (lineage.revision).

Values are compared by warehouse/compare/sql/*.sql. A reason is derived from the tables of both sides; NO_CAUSE or
CODE_CHANGED is given where the tables do not explain a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.errors import PayungError
from warehouse.build.engine import Build
from warehouse.connection import open_engine, parquet
from warehouse.metadata import TableDescription, tables
from warehouse.sql_files import read_sql

SQL = Path(__file__).parent / "sql"
_TABLE_READ = re.compile(r"\b(?:before|after)\.([a-z_]+\.[a-z_]+)\b")
# In the order in which they are shown: withdrawn values matter most.
KINDS = ("withdrawn", "changed", "new", "restated")
LEVELS = ("country", "regional", "baseline")
NO_CAUSE = "no cause found in the tables of the two releases"
CODE_CHANGED = "only the code of Payung differs: see its list of changes"

# Keys for comparing reference tables whose own key is a running number.
NATURAL_KEYS: dict[str, tuple[str, ...]] = {
    "reference.claim": ("indicator", "feed", "provider_series", "filters"),
    "reference.target_group_rule": ("indicator", "target_group", "match", "priority"),
    "reference.correction": ("indicator", "ref_area", "time_period", "provider_series", *BREAKDOWNS),
}
# Not compared: numbers that change when a row before them is added, places in files (columns ending in _PLACES), and
# codes that repeat others.
RUNNING = {"claim_id", "rule_id", "correction_id", "set_cell", "headline_cell"}
_PLACES = ("_file", "_line")
CODES = ("reference.code", "reference.area", "reference.age")
# Derived from tables that are compared, or keyed by running numbers: filters are compared as part of their claim.
NOT_COMPARED = ("reference.cell_group", "reference.claim_filter", "reference.settings", "reference.class_limit")
# Fields of a definition that affect its values, and those that affect its figures; the other fields are descriptions.
FOR_VALUES = {"unit_measure", "minimum", "maximum", "maximum_is_hard", "change_tolerance", "sources"}
FOR_FIGURES = FOR_VALUES | {
    "method", "weight", "weight_is_proxy", "proxy_accepted", "lookback_years", "is_survey", "sex_total_age",
    "aggregate_title", "publication_rule", "tier", *(f"headline_{b}" for b in BREAKDOWNS),
}  # fmt: skip
# The table has the number of filters of a claim; here they are replaced by the filters themselves.
CLAIMS = """(
    SELECT c.* REPLACE ((
        SELECT string_agg(f.dimension || '=' || f.code, ', ' ORDER BY f.dimension, f.code)
        FROM {side}.reference.claim_filter AS f
        WHERE f.claim_id = c.claim_id
    ) AS filters)
    FROM {side}.reference.claim AS c
)"""
RULES = (
    "reference.method", "reference.publication_rule", "reference.class_criterion", "reference.weight",
    "reference.weight_series", "reference.indicator_set",
)  # fmt: skip


class DiffError(PayungError):
    """The two releases cannot be compared."""


@dataclass(frozen=True)
class ComparedState:
    """One side of a comparison: its name, its tables, and the fingerprints of its inputs."""

    name: str
    build: Build
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Diff:
    """The differences between two sides.

    `values`: kind, level (country, regional, baseline), quantity, indicator, ref_area, time_period, breakdown, cell,
    is_headline, value_before, value_after, text_before, text_after, fields, source_before, source_after,
    series_before, series_after, vintage_before, vintage_after, reason; withdrawn first. `restated` is the same number
    with another status, unit, footnote, class or source. The texts are the classes for regional figures, and the years
    for the baseline. `sources`: provider, dataset, vintages_before, vintages_after, what. `indicators`,
    `codes`, `definitions`: kind, table, key, field, before, after. `totals`: indicator, n_before (country values).
    """

    before: str
    after: str
    sources: pd.DataFrame
    indicators: pd.DataFrame
    codes: pd.DataFrame
    definitions: pd.DataFrame
    values: pd.DataFrame
    totals: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether there is no difference."""
        return all(f.empty for f in (self.sources, self.indicators, self.codes, self.definitions, self.values))

    def counts(self) -> dict[str, dict[str, int]]:
        """The number of values by level and kind."""
        sizes = self.values.groupby(["level", "kind"]).size().to_dict() if len(self.values) else {}
        return {level: {kind: int(sizes.get((level, kind), 0)) for kind in KINDS} for level in LEVELS}

    def of_kind(self, kind: str) -> pd.DataFrame:
        """The values of one kind: headline figures first, then by level, indicator, area and year."""
        return self.values[self.values["kind"] == kind]


def compare(before: ComparedState, after: ComparedState) -> Diff:
    """Compares two sides. Raises DiffError where a table of values is missing.

    The sides may be of different versions of Payung: a column of values that one side does not have is NULL there;
    tables and columns of definitions that only one side has are not compared.
    """
    con = open_engine()
    try:
        columns_before, columns_after = (
            _attach(con, side, state) for side, state in (("before", before), ("after", after))
        )
        changed = {
            name: _rows(con, name, columns_before & columns_after) for name in _reference() if name not in NOT_COMPARED
        }
        con.register("redefined", _redefined(changed))
        con.register("recoded", _providers(changed["reference.crosswalk"]))
        con.register("regrouped", _key_parts(changed["reference.area_group"], "area_group", 0))
        con.register("reruled", _rules(changed))
        values = _values(con, before.inputs.get("code") != after.inputs.get("code"))
        sources = con.execute(_text("sources")).df()
        totals = con.execute(
            "SELECT indicator, count(*)::BIGINT AS n_before FROM before.indicator_set.value "
            "WHERE obs_value IS NOT NULL OR lower_bound IS NOT NULL OR upper_bound IS NOT NULL "
            "GROUP BY indicator ORDER BY indicator"
        ).df()
    except duckdb.Error as error:
        raise DiffError(f"{before.name} and {after.name} cannot be compared: {error}") from error
    finally:
        con.close()
    indicators = changed["reference.indicator"]
    codes = [changed[name] for name in CODES]
    others = [f for name, f in changed.items() if name not in CODES and name != "reference.indicator"]
    whole_rows = indicators["field"] == ""  # new or withdrawn indicators; a changed field is a changed definition
    return Diff(
        before.name,
        after.name,
        sources,
        _sorted([indicators[whole_rows], indicators[indicators["field"] == "status"]]),
        _sorted(codes),
        _sorted([indicators[~whole_rows & (indicators["field"] != "status")], *others]),
        values,
        totals,
    )


@lru_cache(maxsize=1)
def _compared() -> frozenset[str]:
    """The tables that a comparison reads: the reference tables, and those that its SQL names."""
    text = " ".join(read_sql(path) for path in SQL.glob("*.sql"))
    return frozenset(_reference()) | frozenset(_TABLE_READ.findall(text))


def _reference() -> list[str]:
    return [name for name in tables() if name.startswith("reference.")]


def _attach(con: duckdb.DuckDBPyConnection, side: str, state: ComparedState) -> set[tuple[str, str]]:
    """Makes views SIDE.SCHEMA.TABLE with the columns of this version; returns the columns that the tables really have."""
    con.execute(f"ATTACH ':memory:' AS {side}")
    present: set[tuple[str, str]] = set()
    for description in (t for name, t in tables().items() if name in _compared()):
        path = state.build.path(description.full_name)
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {side}.{description.schema}")
        if path.exists():
            source = parquet(path)
            column_exists = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        elif description.full_name.startswith(("reference.", "quality.")):
            source, column_exists = "(SELECT 1) WHERE false", set()  # an older version has no such table
        else:
            raise DiffError(
                f"{state.name} has no {description.full_name} ({path} is missing), so it cannot be compared. List "
                "missing files: payung releases verify"
            )
        columns = ", ".join(_column(description, c.name, c.name in column_exists) for c in description.columns)
        con.execute(f"CREATE VIEW {side}.{description.full_name} AS SELECT {columns} FROM {source}")
        present |= {(description.full_name, name) for name in column_exists}
    return present


def _column(description: TableDescription, name: str, column_exists: bool) -> str:
    type_ = next(c.type for c in description.columns if c.name == name)
    return f'CAST({name if column_exists else "NULL"} AS {type_}) AS "{name}"' if not column_exists else f'"{name}"'


def _text(name: str) -> str:
    return read_sql(SQL / f"{name}.sql").rstrip().rstrip(";")


def _values(con: duckdb.DuckDBPyConnection, code_differs: bool) -> pd.DataFrame:
    con.execute(f"CREATE TEMP TABLE found AS {_text('country')}")
    con.execute(f"INSERT INTO found {_text('regional')}")
    con.execute(f"INSERT INTO found {_text('baseline')}")
    frame = con.execute(
        """
        SELECT * FROM found
        ORDER BY
            list_position(['withdrawn', 'changed', 'new', 'restated'], kind), is_headline DESC,
            list_position(['regional', 'country', 'baseline'], level), indicator, ref_area, time_period, cell, quantity
        """
    ).df()
    for name in ("vintage_before", "vintage_after"):
        frame[name] = frame[name].dt.date.astype(object).where(frame[name].notna(), None)
    frame["time_period"] = frame["time_period"].astype("Int64")
    default_reason = CODE_CHANGED if code_differs else NO_CAUSE
    frame["reason"] = frame["reason"].where(frame["reason"].notna() & (frame["reason"] != ""), default_reason)
    frame.insert(list(frame.columns).index("cell"), "breakdown", [_breakdown(c) for c in frame["cell"]])
    return frame


def _breakdown(cell: str) -> str:
    """The breakdowns of a cell that are not the total, such as sex=F, age=Y_GE65."""
    codes = zip(BREAKDOWNS, cell.split("|"), strict=False)
    return ", ".join(f"{name}={code}" for name, code in codes if code != "_T")


COLUMNS = ("kind", "table", "key", "field", "before", "after")


def _rows(con: duckdb.DuckDBPyConnection, full_name: str, in_both: Set[tuple[str, str]]) -> pd.DataFrame:
    """The new, withdrawn and changed rows of a reference table: kind, table, key, field, before, after.

    `key`: the key's values joined by a space; `field`: empty where the whole row is new or withdrawn. `in_both`: the
    columns (table, column) of both sides; the table is compared only where its key is among them.
    """
    description = tables()[full_name]
    key = NATURAL_KEYS.get(full_name, description.key)
    compared = [c for c in description.column_names if (full_name, c) in in_both]
    if not set(key) <= set(compared):
        return pd.DataFrame([], columns=list(COLUMNS))
    rest = [c for c in compared if c not in key and c not in RUNNING and not c.endswith(_PLACES)]
    sides = {}
    for side in ("before", "after"):
        source = CLAIMS.format(side=side) if full_name == "reference.claim" else f"{side}.{full_name}"
        frame = con.execute(f"SELECT {', '.join(_quoted(key + tuple(rest)))} FROM {source}").df()
        frame = frame.astype(object).where(frame.notna(), None)
        sides[side] = {
            tuple(_text_of(v) for v in row[: len(key)]): tuple(_text_of(v) for v in row[len(key) :])
            for row in frame.itertuples(index=False, name=None)
        }
    old, new = sides["before"], sides["after"]
    out: list[tuple[str, str, str, str, str, str]] = []
    for k in sorted(old.keys() | new.keys()):
        label = " ".join(part for part in k if part and part != "_T")
        if k not in new:
            out.append(("withdrawn", full_name, label, "", _summary(rest, old[k]), ""))
        elif k not in old:
            out.append(("new", full_name, label, "", "", _summary(rest, new[k])))
        else:
            changed = [(c, b, a) for c, b, a in zip(rest, old[k], new[k], strict=True) if b != a]
            out += [("changed", full_name, label, c, b, a) for c, b, a in changed]
    return pd.DataFrame(out, columns=list(COLUMNS))


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{n}"' for n in names]


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _summary(names: list[str], values: tuple[str, ...]) -> str:
    fields = [f"{n}={v}" for n, v in zip(names, values, strict=True) if v not in ("", "_T")]
    return ", ".join(fields[:6])


def _sorted(frames: list[pd.DataFrame]) -> pd.DataFrame:
    rows = [row for f in frames for row in f.itertuples(index=False, name=None)]
    rows.sort(key=lambda r: (KINDS.index(r[0]), *r[1:4]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _redefined(changed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The indicators with changed definitions that affect figures: indicator, fields, for_values."""
    fields: dict[str, set[str]] = {}
    for row in changed["reference.indicator"].itertuples(index=False):
        if row.kind == "changed" and row.field in FOR_FIGURES:
            fields.setdefault(str(row.key), set()).add(str(row.field))
    for row in changed["reference.claim"].itertuples(index=False):
        fields.setdefault(str(row.key).split(" ", 1)[0], set()).add("sources")
    rows = [(i, ", ".join(sorted(f)), bool(f & FOR_VALUES)) for i, f in sorted(fields.items())]
    frame = pd.DataFrame(rows, columns=["indicator", "fields", "for_values"])
    return frame.astype({"indicator": "str", "fields": "str", "for_values": "bool"})


def _providers(crosswalk: pd.DataFrame) -> pd.DataFrame:
    return _key_parts(crosswalk, "provider", 0)


def _key_parts(rows: pd.DataFrame, name: str, part: int) -> pd.DataFrame:
    """The distinct values of one part of the keys of changed rows, as a table of one column."""
    return pd.DataFrame({name: sorted({str(k).split(" ")[part] for k in rows["key"]})}, dtype="str")


def _rules(changed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    descriptions = {"title", "formula", "reference", "edition", "reason", "needs"}
    rules = {
        f"{name.removeprefix('reference.')} {row['key']!s}" + (f" ({row['field']!s})" if row["field"] else "")
        for name in RULES
        for row in changed[name].to_dict("records")
        if row["field"] not in descriptions
    }
    return pd.DataFrame({"rule": sorted(rules)}, dtype="str")
