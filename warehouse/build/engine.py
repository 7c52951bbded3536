"""The engine: runs the SQL that makes a table of a build from its other tables, all stored as Parquet files.

Belongs here: where the tables of a build are, reading and writing them, running a file of warehouse/sql/.
Does not belong here: the SQL itself, making several tables at a time (parallel.py), and the published file
(release/database.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import duckdb

from indicator_defs.errors import PayungError
from indicator_defs.system import files
from warehouse.connection import define_functions, open_engine, parquet, quoted
from warehouse.metadata import SCHEMAS, TableDescription, staged_observation, staged_record, table, tables
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import pandas as pd

    from indicator_defs.datasets import Shape

SQL = Path(__file__).parent.parent / "sql"
_REFERENCE = re.compile(r"\b(reference|staged|harmonised|indicator_set|baseline|lineage|quality)\.([a-z_0-9]+)\b")


# Tables that combine one file for each dataset, and the shapes of the datasets that they include.
PER_DATASET: dict[str, tuple[Shape, ...]] = {
    "staged.observation": ("observations",),
    "staged.record": ("records",),
    "staged.rejection": ("observations", "records"),
}
DATASETS = "reference.dataset"


# Row groups small enough that several cores can read even the tables of the bundled archive at the same time.
PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 30720"

_lock = RLock()


class BuildError(PayungError):
    """A table of the build is missing or could not be written."""


@dataclass(frozen=True)
class Build:
    """The folder of one build: SCHEMA/TABLE.parquet, each written completely by one writer."""

    folder: Path

    def path(self, full_name: str) -> Path:
        """The file of a table."""
        schema, name = full_name.split(".")
        return self.folder / schema / f"{name}.parquet"

    def has(self, full_name: str) -> bool:
        """Whether the table exists."""
        return self.path(full_name).exists()

    def part(self, full_name: str, dataset_key: str) -> Path:
        """The file of one dataset's part of a table."""
        return self.folder / "parts" / full_name / f"{dataset_key}.parquet"

    def names(self) -> list[str]:
        """Full names of all tables in the build, sorted."""
        return sorted(f"{s}.{p.stem}" for s in SCHEMAS for p in (self.folder / s).glob("*.parquet"))


@lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    # One per process: opening an engine costs more than most of these queries.
    con = open_engine()
    define_functions(con)
    return con


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """The in-memory engine of this process, for one caller at a time; between calls it has views, but no data."""
    with _lock:
        yield _engine()


@lru_cache(maxsize=64)
def sql_text(full_name: str) -> str:
    """The SQL file that makes a table: warehouse/sql/SCHEMA/TABLE.sql."""
    schema, name = full_name.split(".")
    return read_sql(SQL / schema / f"{name}.sql")


def tables_read(sql: str) -> set[str]:
    """Full names of the tables that a query reads, found in its text without comments."""
    return {f"{s}.{t}" for s, t in _REFERENCE.findall(re.sub(r"--[^\n]*", "", sql))}


def inputs_of(full_name: str, sql: str | None = None) -> list[str]:
    """The tables that a table's SQL reads, sorted, without the table itself; `sql`: used instead of the SQL file."""
    return sorted(tables_read(sql or sql_text(full_name)) - {full_name})


def _literal(path: Path) -> str:
    return f"'{quoted(path)}'"


def attach_inputs(con: duckdb.DuckDBPyConnection, build: Build, names: list[str]) -> None:
    """Makes tables of a build visible to queries under their full names; BuildError where one is missing."""
    for name in names:
        schema = name.split(".")[0]
        con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        if name in PER_DATASET:
            query = _all_datasets(con, build, name)
        else:
            query = f"SELECT * FROM {parquet(_existing(build.path(name), name))}"
        con.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")


def _existing(path: Path, name: str) -> Path:
    if not path.exists():
        raise BuildError(f"the build has no table {name}; run the whole refresh: payung refresh --force")
    return path


def dataset_files(con: duckdb.DuckDBPyConnection, build: Build, name: str) -> list[Path]:
    """The files of a table of PER_DATASET: one for each dataset of the build that has one of its shapes.

    Raises BuildError, which names the missing table, where a dataset has no file.
    """
    shapes = ", ".join(f"'{shape}'" for shape in PER_DATASET[name])
    listed = parquet(_existing(build.path(DATASETS), DATASETS))
    keys = con.execute(f"SELECT staged_table FROM {listed} WHERE shape IN ({shapes}) ORDER BY staged_table").fetchall()
    if name == "staged.rejection":
        return [_existing(build.part(name, key), f"{name} of {key}") for (key,) in keys]
    return [_existing(build.path(f"staged.{key}"), f"staged.{key}") for (key,) in keys]


def _all_datasets(con: duckdb.DuckDBPyConnection, build: Build, name: str) -> str:
    """The query for the rows of all datasets: all their columns, but only the address of each row for records."""
    paths = dataset_files(con, build, name)
    if not paths:
        empty = {"staged.observation": staged_observation, "staged.record": staged_record}
        columns = empty[name]().columns if name in empty else table("lineage.rejection").columns
        return f"SELECT {', '.join(f'CAST(NULL AS {c.type}) AS {c.name}' for c in columns)} WHERE FALSE"
    if name != "staged.record":
        return f"SELECT * FROM {parquet(paths)}"
    names = ", ".join(staged_record().column_names)
    return " UNION ALL ".join(f"SELECT {names} FROM {parquet(path)}" for path in paths)


def _cast(description: TableDescription) -> str:
    return ", ".join(f'CAST("{c.name}" AS {c.type}) AS "{c.name}"' for c in description.columns)


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, in_order: bool = True) -> int:
    # without `in_order` every core writes its rows as soon as it has them
    options = f"{PARQUET}, PRESERVE_ORDER {str(in_order).lower()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Not synced: the next run can make a build again, and a release syncs its own copy.
        with files.written_aside(path, durable=False) as aside:
            # COPY returns the number of rows that it wrote
            written = con.execute(f"COPY ({query}) TO {_literal(aside)} ({options})").fetchall()
    except duckdb.IOException as error:
        raise BuildError(f"could not write {path}: {error}. {files.WRITE_REMEDY}") from error
    return int(written[0][0])


def make(build: Build, full_name: str) -> int:
    """Runs the SQL of one table on the build's tables and writes it; returns the number of rows.

    The SQL is a single static SELECT; its columns are cast to the declared types, in the declared order.
    """
    with connect() as con:
        return make_with(con, build, full_name)


def make_with(con: duckdb.DuckDBPyConnection, build: Build, full_name: str, sql: str | None = None) -> int:
    """As `make`, with a given connection; `sql`: used instead of the SQL file."""
    attach_inputs(con, build, inputs_of(full_name, sql))
    return make_attached(con, build, full_name, sql)


def make_attached(con: duckdb.DuckDBPyConnection, build: Build, full_name: str, sql: str | None = None) -> int:
    """As `make_with`, with a connection to which the inputs of the table are attached (`attach_inputs`)."""
    query = (sql or sql_text(full_name)).rstrip().rstrip(";")
    description = table(full_name)
    # Published tables are reproducible row by row, so their order is fixed; work tables need none.
    return _copy(
        con, f"SELECT {_cast(description)} FROM (\n{query}\n)", build.path(full_name), in_order=not description.is_work
    )


def write_frame(build: Build, description: TableDescription, frame: pd.DataFrame, path: Path | None = None) -> int:
    """Writes a frame as one table of the build, cast to its declared types; returns the number of rows.

    `path`: a file other than the table's own, for parts of a table.
    """
    with connect() as con:
        return _write(con, description, frame, path or build.path(description.full_name))


def write_frames(build: Build, frames: Mapping[TableDescription, pd.DataFrame]) -> None:
    """Writes several frames as tables of the build, each cast to its declared types."""
    with connect() as con:
        for description, frame in frames.items():
            _write(con, description, frame, build.path(description.full_name))


def _write(con: duckdb.DuckDBPyConnection, description: TableDescription, frame: pd.DataFrame, path: Path) -> int:
    if frame.empty:
        columns = ", ".join(f'CAST(NULL AS {c.type}) AS "{c.name}"' for c in description.columns)
        return _copy(con, f"SELECT {columns} LIMIT 0", path)
    con.register("frame", frame)
    try:
        return _copy(con, f"SELECT {_cast(description)} FROM frame", path)
    finally:
        con.unregister("frame")


def write_combined(
    build: Build, description: TableDescription, paths: Sequence[Path], path: Path | None = None, distinct: bool = False
) -> int:
    """Writes the rows of several Parquet files as one table of the build, in their order; returns the number of rows.

    Columns are matched by name and cast to the declared types; a column that a file does not have is NULL for its rows.
    `distinct`: each row once, sorted. Without files the table is empty. `path`: a file other than the table's own.
    """
    path = path or build.path(description.full_name)
    with connect() as con:
        if not paths:
            import pandas as pd

            return _write(con, description, pd.DataFrame(), path)
        query = f"SELECT {_cast(description)} FROM {parquet(paths)}"
        return _copy(con, f"SELECT DISTINCT * FROM ({query}) ORDER BY ALL" if distinct else query, path)


def read_files(paths: Sequence[Path]) -> pd.DataFrame:
    """The rows of several Parquet files with the same columns, as one frame."""
    with connect() as con:
        return con.execute(f"SELECT * FROM {parquet(paths)}").df()


def preview(path: Path, rows: int = 8) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The column names and first rows of a Parquet file."""
    with connect() as con:
        result = con.execute(f"SELECT * FROM {parquet(path)} LIMIT {rows}")
        names = [column[0] for column in result.description or []]
        return names, result.fetchall()


def computed_tables(*schemas: str) -> list[str]:
    """The tables of the schemas (default: all) that SQL makes, sorted so that each comes after its inputs."""
    names = sorted(f"{schema}.{p.stem}" for schema in schemas or SCHEMAS for p in (SQL / schema).glob("*.sql"))
    unknown = [n for n in names if n not in tables()]
    if unknown:
        raise ValueError(f"SQL without a description in warehouse/tables: {unknown}")
    made = set(names)
    return list(TopologicalSorter({n: [i for i in inputs_of(n) if i in made] for n in names}).static_order())
