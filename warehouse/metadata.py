"""The descriptions of all tables: columns, types, keys and comments, read from warehouse/tables/*.yaml.

Belongs here: the metadata that DDL, comments, casts and the dictionary are made from.
Does not belong here: SQL that computes (warehouse/sql/) and the structure of provider datasets (sources/providers/*.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.errors import PayungError
from indicator_defs.roles import ROLE_COLUMNS

if TYPE_CHECKING:
    from indicator_defs.datasets import ColumnType, DatasetStructure, Shape

FOLDER = Path(__file__).parent / "tables"
NOT_IN_STRUCTURE = "Not described by the structure of the dataset"
SCHEMAS = ("reference", "staged", "harmonised", "indicator_set", "baseline", "lineage", "quality")


class DescriptionError(PayungError):
    """A column or table that the code makes has no description in warehouse/tables."""


@dataclass(frozen=True)
class ColumnDescription:
    """One column: name, DuckDB type, comment, and the table that lists its codes (foreign key)."""

    name: str
    type: str
    comment: str
    refers_to: str | None = None

    @property
    def whole_comment(self) -> str:
        """The comment as it is in the database, with the foreign key."""
        return self.comment if self.refers_to is None else f"{self.comment} [{self.refers_to}]"


@dataclass(frozen=True)
class TableDescription:
    """One table of the warehouse. `is_work`: not published; `shape`: of a provider's staged table.

    `order`: the columns, as in ORDER BY, that sort the rows in a release; empty where the rows have the order of the
    definitions or of the provider.
    """

    schema: str
    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[ColumnDescription, ...]
    is_work: bool = False
    shape: Shape | None = None
    order: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        """The names of its columns, in order."""
        return [c.name for c in self.columns]


def _expand(name: str, shared: dict[str, list[str]]) -> list[ColumnDescription]:
    if name == "@breakdowns":
        undescribed = ", ".join(b for b in BREAKDOWNS if b not in shared)
        if undescribed:
            raise DescriptionError(
                f"warehouse/tables/shared.yaml: no column {undescribed} under breakdowns:, which has {', '.join(shared)}. "
                "Describe each breakdown of indicator_defs/breakdowns.py there, as NAME: [VARCHAR, what it is]"
            )
        return [ColumnDescription(c, *shared[c]) for c in BREAKDOWNS]
    if name == "@headline":
        codes = [ColumnDescription(f"headline_{c}", "VARCHAR", f"Headline cell: code of {c}") for c in BREAKDOWNS]
        return [*codes, ColumnDescription("headline_cell", "VARCHAR", "Headline cell: all breakdown codes joined by |")]
    if name == "@set":
        codes = [
            ColumnDescription(f"set_{c}", "VARCHAR", f"Code of {c} that the series code implies") for c in BREAKDOWNS
        ]
        joined = "These codes joined by |, empty where no code is set"
        return [*codes, ColumnDescription("set_cell", "VARCHAR", joined)]
    raise ValueError(f"unknown group of columns {name}")


def _foreign_key(target: str | None, table: str) -> str | None:
    """The target of a foreign key, unless it is the table itself."""
    return target if target and target.split()[0] != table else None


@lru_cache(maxsize=16)
def _load(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)


def schema_titles() -> dict[str, str]:
    """The title of each schema, in the order of the schemas."""
    return {schema: str(_load(schema)["title"]) for schema in SCHEMAS}


@lru_cache(maxsize=1)
def tables() -> dict[str, TableDescription]:
    """All tables except the staged ones, by full name (`schema.table`), in the order of the schemas."""
    return {t.full_name: t for t in _read("tables")}


@lru_cache(maxsize=1)
def views() -> dict[str, TableDescription]:
    """The views that a schema has in addition to its tables, by full name; their SQL is in sql/views/."""
    return {t.full_name: t for t in _read("views")}


def _read(section: str) -> Iterator[TableDescription]:
    shared = _load("shared")["breakdowns"]
    refers_to: dict[str, str] = {b: f"reference.code {b}" for b in BREAKDOWNS} | _load("shared")["refers_to"]
    for schema in SCHEMAS:
        for name, spec in _load(schema).get(section, {}).items():
            columns: list[ColumnDescription] = []
            for column, value in spec["columns"].items():
                columns.extend(
                    _expand(column, shared) if column.startswith("@") else [ColumnDescription(column, *value)]
                )
            own = f"{schema}.{name}"
            columns = [replace(c, refers_to=_foreign_key(refers_to.get(c.name), own)) for c in columns]
            key = tuple(c for k in spec["key"] for c in (BREAKDOWNS if k == "@breakdowns" else (k,)))
            unknown = set(key) - {c.name for c in columns}
            order = tuple(spec.get("order", ()))
            unknown |= {o.split()[0] for o in order} - {c.name for c in columns}
            if unknown:
                raise ValueError(
                    f"{schema}.yaml: key or order of {name} names columns that it does not have: {sorted(unknown)}"
                )
            yield TableDescription(
                schema, name, spec["description"], key, tuple(columns), bool(spec.get("work")), order=order
            )


def table(full_name: str) -> TableDescription:
    """The description of one table by its full name."""
    return tables()[full_name]


# The tables whose columns the labelled views have; the first table with a column gives its comment.
VIEW_BASES = (
    "harmonised.observation",
    "indicator_set.value",
    "indicator_set.aggregate",
    "baseline.value",
    "reference.indicator",
    "indicator_set.aggregate_member",
    "lineage.snapshot",
)


def view_column_comment(column: str) -> str:
    """The comment of a column of a labelled view: its own, or that of the table that the column is from."""
    labels: dict[str, str] = _load("shared")["labels"]
    if column in labels:
        return labels[column]
    for base in VIEW_BASES:
        for c in table(base).columns:
            if c.name == column:
                return c.comment
    raise ValueError(f"column {column} of a view has no comment; describe it in tables/shared.yaml under labels")


STANDARD_STAGED = (
    ColumnDescription("snapshot_id", "VARCHAR", "Snapshot that contains the row (lineage.snapshot)"),
    ColumnDescription("snapshot_row", "VARCHAR", "File and row in the snapshot"),
    ColumnDescription("provider", "VARCHAR", "Provider"),
    ColumnDescription("dataset", "VARCHAR", "Dataset"),
    ColumnDescription("series", "VARCHAR", "Series code of the provider"),
    ColumnDescription("series_key", "VARCHAR", "Codes of the series' dimensions, as the provider writes them"),
    ColumnDescription(
        "unexpected",
        "VARCHAR",
        "Attributes whose code changes the meaning of the number (NAME=CODE); NULL where there are none",
    ),
)
# The other columns that all datasets share; the series is among those above.
ROLES = tuple(r for r in ROLE_COLUMNS if r not in {c.name for c in STANDARD_STAGED})


# Columns of every staged table.
STAGED_ADDRESS = STANDARD_STAGED[:2]
RECORD_TYPES: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
}


def staged_table(structure: DatasetStructure, extra: tuple[str, ...] = ()) -> TableDescription:
    """The staged table of a provider's dataset; `extra`: columns of the answer that the structure does not list.

    Observations are all text; records have the types of their structure.
    """
    if structure.shape == "records":
        return _record_table(structure, extra)
    described = {c.name if c.role in ("dimension", "attribute") else c.role: c.description for c in structure.columns}
    columns = list(STANDARD_STAGED)
    columns += [ColumnDescription(r, "VARCHAR", described.get(r, "Not published by this provider")) for r in ROLES]
    columns += [
        ColumnDescription(c.name, "VARCHAR", f"{c.description} (published as {c.published_as})")
        for c in structure.columns
        if c.role in ("dimension", "attribute")
    ]
    described_names = {c.name for c in columns}
    columns += [ColumnDescription(c, "VARCHAR", NOT_IN_STRUCTURE) for c in extra if c not in described_names]
    return TableDescription(
        "staged",
        structure.key,
        f"{structure.title}: rows as published, in the provider's own codes",
        ("snapshot_id", "snapshot_row", "series"),
        tuple(columns),
        shape="observations",
    )


def _record_table(structure: DatasetStructure, extra: tuple[str, ...]) -> TableDescription:
    columns = [
        *STAGED_ADDRESS,
        *(
            ColumnDescription(
                c.name,
                RECORD_TYPES[c.type],
                f"{c.description} (published as {c.published_as})",
                f"reference.code {c.codelist}" if c.codelist else None,
            )
            for c in structure.columns
        ),
    ]
    described = {c.name for c in columns}
    columns += [ColumnDescription(c, "VARCHAR", NOT_IN_STRUCTURE) for c in extra if c not in described]
    return TableDescription(
        "staged",
        structure.key,
        f"{structure.title}: records as published, one row each",
        ("snapshot_id", *structure.record_key),
        tuple(columns),
        shape="records",
    )


def staged_observation() -> TableDescription:
    """The description of the view over all staged tables of observations: their common columns."""
    comments: dict[str, str] = _load("shared")["published"]
    columns = (*STANDARD_STAGED, *(ColumnDescription(r, "VARCHAR", comments[r]) for r in ROLES))
    comment = "The rows of all staged tables of observations, by their common columns (a view)"
    return TableDescription("staged", "observation", comment, ("snapshot_id", "snapshot_row", "series"), columns)


def staged_record() -> TableDescription:
    """The description of the table with the addresses of all records, used to count them; it is not published."""
    comment = "File and row of every row of the staged tables of records"
    return TableDescription("staged", "record", comment, ("snapshot_id", "snapshot_row"), STAGED_ADDRESS, is_work=True)
