"""The published file: one DuckDB database with every table of a release, its comments, views and macros.

Belongs here: writing the file.
Does not belong here: the content of the tables (sql/), views and macros (views.py, macros.py), the folder of the file
(publish.py), queries (query/read_only.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from warehouse.build.engine import Build
from warehouse.build.parallel import AT_ONCE
from warehouse.connection import open_engine, parquet, quoted
from warehouse.metadata import TableDescription
from warehouse.release.macros import create_macros
from warehouse.release.views import create_labelled_views, schema_views

# DuckDB 1.3 and newer can open files of this version, which compresses texts better and faster than older versions.
STORAGE_VERSION = "v1.3.0"
# Small groups are written by several cores at once (one core writes the incomplete groups at the end), and a query for
# one indicator reads few other rows.
ROW_GROUP_SIZE = 8192


def write_database(
    build: Build, published: Sequence[TableDescription], database: Path, release_id: str
) -> dict[str, int]:
    """Writes the tables of a build into a new DuckDB file, with comments, views and macros; returns their row counts."""
    con = open_engine()
    try:
        options = f"STORAGE_VERSION '{STORAGE_VERSION}', ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
        con.execute(f"ATTACH '{quoted(database)}' AS release ({options})")
        con.execute("USE release")
        con.execute("BEGIN")  # one commit instead of one for every comment
        for description in published:
            con.execute("; ".join(ddl(description)))
        con.execute("COMMIT")
        counts = _fill(con, build, published)
        con.execute("BEGIN")
        for statement in schema_views(published):
            con.execute(statement)
        create_labelled_views(con)
        create_macros(con)
        con.execute("CREATE TABLE main.release AS SELECT ? AS release", [release_id])
        con.execute("COMMENT ON TABLE main.release IS 'The release in this file'")
        con.execute("COMMENT ON COLUMN main.release.release IS 'ID of the release'")
        con.execute("COMMIT")
        con.execute("CHECKPOINT release")
        con.execute("USE memory")
        con.execute("DETACH release")
    finally:
        con.close()
    return counts


def _fill(con: duckdb.DuckDBPyConnection, build: Build, published: Sequence[TableDescription]) -> dict[str, int]:
    """Loads the tables of a build, the largest first and `AT_ONCE` at a time; returns their row counts."""
    # All threads share one iterator: each takes the next table.
    next_tables = iter(sorted(published, key=lambda d: build.path(d.full_name).stat().st_size, reverse=True))

    def load(cursor: duckdb.DuckDBPyConnection) -> dict[str, int]:
        counts: dict[str, int] = {}
        cursor.execute("USE release")
        cursor.execute("BEGIN")
        for description in next_tables:
            names = ", ".join(f'"{c}"' for c in description.column_names)
            source = parquet(build.path(description.full_name))
            query = f"INSERT INTO {description.full_name} SELECT {names} FROM {source}"
            counts[description.full_name] = int(cursor.execute(query).fetchall()[0][0])
        cursor.execute("COMMIT")
        return counts

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(load, [con.cursor() for _ in range(AT_ONCE)]))
    return {name: count for part in parts for name, count in part.items()}


def ddl(description: TableDescription) -> list[str]:
    """Statements that create one table with its comments, from the metadata."""
    columns = ", ".join(f'"{c.name}" {c.type}' for c in description.columns)
    full = description.full_name
    key = f" Key: {', '.join(description.key)}."
    return [
        f"CREATE SCHEMA IF NOT EXISTS {description.schema}",
        f"CREATE TABLE {full} ({columns})",
        f"COMMENT ON TABLE {full} IS '{quoted(description.comment + '.' + key)}'",
        *(f"COMMENT ON COLUMN {full}.\"{c.name}\" IS '{quoted(c.whole_comment)}'" for c in description.columns),
    ]
