"""Comparing the definitions of an edition with those of a release: the `reference.*` tables, field by field."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.metadata import table

# Tables that define what is measured and how; claims are compared as texts (sql/claim.sql).
COMPARED = (
    "reference.indicator",
    "reference.indicator_breakdown",
    "reference.indicator_set",
    "reference.set_member",
    "reference.set_group",
    "reference.baseline_table",
    "reference.baseline_table_indicator",
    "reference.area",
    "reference.area_group",
    "reference.age",
    "reference.code",
    "reference.method",
    "reference.publication_rule",
    "reference.class_criterion",
    "reference.weight",
    "reference.weight_series",
    "reference.crosswalk",
    "reference.dataset_scope",
    "reference.series_break",
    "reference.series_rename",
    "reference.correction",
    "reference.target_group_rule",
)
CLAIM = "reference.claim"
# Not definitions: running numbers, codes that repeat others, and sentences for explanations. Places in files
# (columns ending in _PLACES) are not compared either.
NOT_COMPARED = {"correction_id", "rule_id", "sort_order", "headline_cell", "set_cell", "reason", "needs"}
_PLACES = ("_file", "_line")
# Code lists whose labels are sentences of Payung: another wording changes no definition.
SENTENCE_LISTS = ("sentence", "aggregate_flag", "gap_reason")
# Keys of tables whose own key is a running number.
KEYS = {
    "reference.correction": ("indicator", "ref_area", "time_period", "source", "provider_series", *BREAKDOWNS),
    "reference.target_group_rule": ("indicator", "target_group", "age_within_from", "age_within_to", *BREAKDOWNS),
}
# Fields of reference.indicator that describe the indicator and do not affect its figures.
WORDS = {
    "name", "indicator_group", "tier", "definition", "numerator", "denominator", "decimals", "direction", "owner",
    "sector", "aggregate_title", "sdg", "articles", "body", "comparability", "producer_note", "gap_reason",
    "gap_obtain_from", "gap_body",
}  # fmt: skip


@dataclass(frozen=True)
class DefinitionChange:
    """One field of one definition that differs; without a field, the whole row is new or removed."""

    table: str
    key: tuple[str, ...]
    indicator: str | None
    ref_area: str | None
    field: str | None
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """The change in one line."""
        name = self.table.removeprefix("reference.")
        row = f"{name} {'/'.join(k for k in self.key if k != '_T')}"
        if self.field is None:
            return f"{row}: {'new' if self.before is None else 'removed'} ({self.after or self.before})"
        return f"{row}: {self.field} {_shown(self.before)} -> {_shown(self.after)}"

    def as_dict(self) -> dict[str, Any]:
        """The change as plain values for JSON."""
        return asdict(self)


def _shown(text: str | None) -> str:
    return "none" if text is None else text


def definition_changes(con: duckdb.DuckDBPyConnection) -> list[DefinitionChange]:
    """All differences, table by table, in the columns that both sides have, because an older version has fewer columns.

    `con` has the databases edition and release, and the tables claim_then and claim_now.
    """
    out: list[DefinitionChange] = []
    for name in COMPARED:
        common = columns_of(con, f"edition.{name}") & columns_of(con, f"release.{name}")
        columns = [
            c for c in table(name).column_names if c in common and c not in NOT_COMPARED and not c.endswith(_PLACES)
        ]
        if not columns:
            continue
        key = tuple(c for c in KEYS.get(name, table(name).key) if c in columns)
        then, now = (_rows(con, f"{state}.{name}", columns, key) for state in ("edition", "release"))
        out += _differences(name, key, then, now)
    then, now = (
        _rows(con, f"claim_{w}", ["indicator", "claim", "terms"], ("indicator", "claim")) for w in ("then", "now")
    )
    return out + _differences(CLAIM, ("indicator", "claim"), then, now)


RowsByKey = dict[tuple[str, ...], dict[str, str | None]]


def columns_of(con: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """The columns of DATABASE.SCHEMA.TABLE; none where the database of another version has no such table."""
    query = "SELECT column_name FROM duckdb_columns() WHERE (database_name, schema_name, table_name) = (?, ?, ?)"
    return {name for (name,) in con.execute(query, source.split(".")).fetchall()}


def _rows(con: duckdb.DuckDBPyConnection, source: str, columns: list[str], key: tuple[str, ...]) -> RowsByKey:
    listed = ", ".join(f'CAST("{c}" AS VARCHAR)' for c in columns)
    out: RowsByKey = {}
    query = f"SELECT {listed} FROM {source}"
    if source.endswith(".reference.code"):
        query += f" WHERE codelist NOT IN {SENTENCE_LISTS}"
    for row in con.execute(query).fetchall():
        record = dict(zip(columns, row, strict=True))
        out[tuple(record[k] or "" for k in key)] = record
    return out


def _differences(name: str, key: tuple[str, ...], then: RowsByKey, now: RowsByKey) -> list[DefinitionChange]:
    out = []
    for k in sorted(then.keys() | now.keys()):
        before, after = then.get(k), now.get(k)
        record = after or before or {}
        place = (name, k, record.get("indicator"), record.get("ref_area"))
        if before is None or after is None:
            fields = "; ".join(f"{c} {v}" for c, v in record.items() if v is not None and v != "_T" and c not in key)
            fields = fields or "no fields other than its key"
            out.append(DefinitionChange(*place, None, fields if before else None, fields if after else None))
        else:
            out += [DefinitionChange(*place, c, before[c], after[c]) for c in before if before[c] != after[c]]
    return out
