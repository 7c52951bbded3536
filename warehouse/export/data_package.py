"""The published tables as CSV or Parquet, each folder with its description (datapackage.json, Frictionless Data Package).

Belongs here: the list of exported tables, and datapackage.json, made from the comments and keys of the warehouse.
Does not belong here: the descriptions of tables and columns (warehouse/tables/*.yaml).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.disk import sha256
from warehouse.export.export_files import written_aside
from warehouse.export.labels import NOT_STATED
from warehouse.export.release_reader import ReleaseReader
from warehouse.metadata import tables, views
from warehouse.release.former_names import former_names

SCHEMAS = ("reference", "indicator_set", "baseline")
# Lineage views with many columns for every value: not exported, available in the database (payung explain).
LARGE_VIEWS = frozenset({"value_lineage", "aggregate_lineage"})
TABLES = ("quality.availability",)
DESCRIPTION = "datapackage.json"

# DuckDB type -> type of the Table Schema.
FIELD_TYPES = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
}
MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True)
class Field:
    """One column of an exported table: name, type of the Table Schema, description."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Resource:
    """One exported table: schema and name in the warehouse, description, key, columns."""

    schema: str
    name: str
    description: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def full_name(self) -> str:
        """Name in the warehouse, `schema.table`; also the name of the file."""
        return f"{self.schema}.{self.name}"


def write_package(reader: ReleaseReader, to: Path, kind: str) -> list[Path]:
    """Writes every published table as SCHEMA.TABLE.csv or .parquet and then datapackage.json; returns the paths.

    CSV is UTF-8 with a header and commas; missing values are empty, numbers have all digits of the warehouse.
    Raises ExportError if the folder cannot be written.
    """
    files: list[Path] = []
    entries: list[dict[str, Any]] = []
    for resource in published(reader):
        path = to / f"{resource.full_name}.{kind}"
        rows = _copy(reader, resource, path, kind)
        files.append(path)
        entries.append(_resource_entry(resource, path, kind, rows))
    package = to / DESCRIPTION
    with written_aside(package) as temporary_path:
        text = json.dumps(_package_entry(reader, kind, entries), indent=1, ensure_ascii=False)
        temporary_path.write_text(text + "\n", encoding="utf-8")
    return [*files, package]


def published(reader: ReleaseReader) -> list[Resource]:
    """The exported tables and views with their columns in the database, in a fixed order."""
    found = reader.query(
        "SELECT c.schema_name, c.table_name, coalesce(t.comment, v.comment), c.column_name, c.data_type, c.comment, "
        "v.view_name IS NOT NULL "
        "FROM duckdb_columns() AS c "
        "LEFT JOIN duckdb_tables() AS t ON t.table_oid = c.table_oid AND t.database_name = c.database_name "
        "LEFT JOIN duckdb_views() AS v ON v.view_oid = c.table_oid AND v.database_name = c.database_name "
        "WHERE c.database_name = current_database() AND NOT c.internal "
        "ORDER BY c.schema_name, c.table_name, c.column_index"
    )
    single_tables = {*TABLES, *_records(reader, found.rows)}
    # a former name is an alias of an exported view
    excluded = LARGE_VIEWS | {f.former_name for f in former_names("view")}
    grouped: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in found.rows:
        schema, name, is_view = row[0], row[1], row[6]
        is_public_view = schema == "main" and is_view and name not in excluded
        if schema in SCHEMAS or f"{schema}.{name}" in single_tables or is_public_view:
            grouped.setdefault((schema, name), []).append(row)
    out = []
    descriptions = {**tables(), **views()}
    for (schema, name), rows in grouped.items():
        fields = tuple(Field(column, _field_type(kind), comment or "") for _, _, _, column, kind, comment, _ in rows)
        metadata = descriptions.get(f"{schema}.{name}")
        out.append(Resource(schema, name, rows[0][2] or "", metadata.key if metadata else (), fields))
    order = ("main", *SCHEMAS)
    return sorted(out, key=lambda r: (order.index(r.schema) if r.schema in order else len(order), r.name))


def _records(reader: ReleaseReader, columns: Sequence[tuple[Any, ...]]) -> list[str]:
    """The staged tables of records; releases of older versions have none."""
    if ("reference", "dataset", "shape") not in {(row[0], row[1], row[3]) for row in columns}:
        return []
    listed = reader.query("SELECT staged_table FROM reference.dataset WHERE shape = 'records'")
    return [f"staged.{name}" for (name,) in listed.rows]


def _field_type(kind: str) -> str:
    if kind not in FIELD_TYPES:
        raise ValueError(f"no type of the Table Schema for {kind}")
    return FIELD_TYPES[kind]


def _copy(reader: ReleaseReader, resource: Resource, path: Path, kind: str) -> int:
    # Views have no key: ordering by all columns makes the files of a release reproducible.
    order = ", ".join(f'"{c}"' for c in resource.key) or "ALL"
    options = "FORMAT csv, HEADER true" if kind == "csv" else "FORMAT parquet, COMPRESSION zstd"
    with written_aside(path) as temporary_path:
        target = str(temporary_path).replace("'", "''")
        query = f'SELECT * FROM "{resource.schema}"."{resource.name}" ORDER BY {order}'
        return int(reader.query(f"COPY ({query}) TO '{target}' ({options})").rows[0][0])


def _resource_entry(resource: Resource, path: Path, kind: str, rows: int) -> dict[str, Any]:
    fields = [{"name": f.name, "type": f.type, "description": f.description} for f in resource.fields]
    schema: dict[str, Any] = {"fields": fields}
    if kind == "csv":
        schema["missingValues"] = [""]
    if resource.key:
        schema["primaryKey"] = list(resource.key)
    entry: dict[str, Any] = {
        "name": resource.full_name,
        "path": path.name,
        "title": resource.full_name,
        "description": resource.description,
        "format": kind,
        "mediatype": MEDIA_TYPES[kind],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        "rowCount": rows,
        "schema": schema,
    }
    if kind == "csv":
        entry["profile"] = "tabular-data-resource"
        entry["encoding"] = "utf-8"
        entry["dialect"] = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True}
    return entry


def _package_entry(reader: ReleaseReader, kind: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package" if kind == "csv" else "data-package",
        "name": f"payung-{reader.release_id}",
        "id": f"payung/{reader.release_id}",
        "title": f"{reader.settings.title}: release {reader.release_id}",
        "description": f"{reader.citation} Every table as {kind}; repeated exports of a release are identical.",
        "version": reader.release_id,
        "created": str(reader.manifest["made_at"]),
        "keywords": ["social protection", "ASEAN", "indicators", "regional baseline"],
        "licenses": _licences(reader),
        "sources": _sources(reader),
        "resources": resources,
    }


def _licences(reader: ReleaseReader) -> list[dict[str, str]]:
    """One entry for each licence of the sources, named by the licence code in its title if there is one."""
    found = reader.query("SELECT licence, min(provider) FROM lineage.snapshot GROUP BY licence ORDER BY licence").rows
    out = []
    for licence, provider in found:
        licence_code = re.search(r"\((CC [A-Z0-9. -]+)\)", licence or "")
        name = licence_code.group(1).replace(" ", "-") if licence_code else f"terms-of-{provider.replace('_', '-')}"
        out.append({"name": name, "title": licence or NOT_STATED})
    return out


def _sources(reader: ReleaseReader) -> list[dict[str, str]]:
    found = reader.query_file("source")
    out = []
    for row in found.rows:
        record = dict(zip(found.fields, row, strict=True))
        entry = {
            "title": f"{record['title']}, vintage {record['vintage_date'].isoformat()}",
            "path": record["address"] or "",
            "vintage_date": record["vintage_date"].isoformat(),
            "snapshot_id": record["snapshot_id"],
            "licence": record["licence"] or NOT_STATED,
            "attribution": record["attribution"] or NOT_STATED,
        }
        out.append({k: v for k, v in entry.items() if v})
    return out
