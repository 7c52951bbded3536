"""Opening DuckDB and quoting texts for SQL. Imports no table metadata, which readers of a release do not need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import duckdb

_PATTERN = re.compile(r"[*?\[]")
FUNCTIONS = Path(__file__).parent / "sql" / "function"


def open_engine() -> duckdb.DuckDBPyConnection:
    """A new in-memory engine without a progress bar, which would be printed between our lines."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def define_functions(con: duckdb.DuckDBPyConnection) -> None:
    """Defines all functions of our own in SQL (warehouse/sql/function) in the database in use, with their comments."""
    for path in sorted(FUNCTIONS.glob("*.sql")):
        define_function(con, path.stem)


def define_function(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Defines one function of our own in SQL, such as half_up(value, decimals), with its comment."""
    statement, comment = _function(name)
    con.execute(statement)
    con.execute(f"COMMENT ON MACRO {name} IS '{quoted(comment)}'")


@lru_cache(maxsize=8)
def _function(name: str) -> tuple[str, str]:
    text = (FUNCTIONS / f"{name}.sql").read_text(encoding="utf-8")
    comment, _, rest = text.partition("CREATE MACRO ")
    return f"CREATE MACRO {rest}", " ".join(line.removeprefix("-- ") for line in comment.splitlines())


def quoted(text: str | Path) -> str:
    """A text or path, escaped for single quotes in SQL."""
    return str(text).replace("'", "''")


def parquet(paths: Path | Sequence[Path], pattern: str = "") -> str:
    """The rows of Parquet files as a table for a FROM clause; columns are matched by name.

    `pattern`: of file names below a folder, such as "staged/*.parquet". The paths themselves are escaped: the engine
    would read brackets and stars in them as a pattern that matches other folders, and key=value as a column.
    """
    files = [paths] if isinstance(paths, Path) else paths
    listed = ", ".join(f"'{quoted(_PATTERN.sub(_literally, str(p)))}{pattern and '/' + pattern}'" for p in files)
    by_name = ", union_by_name = true" if pattern or len(files) > 1 else ""
    return f"read_parquet([{listed}], hive_partitioning = false{by_name})"


def parquet_rows(paths: Sequence[Path]) -> str:
    """A query for the total number of rows of Parquet files, read from their footers; it returns NULL without rows."""
    listed = ", ".join(f"'{quoted(_PATTERN.sub(_literally, str(p)))}'" for p in paths)
    return f"SELECT sum(num_rows) FROM parquet_file_metadata([{listed}])"


def _literally(match: re.Match[str]) -> str:
    return f"[{match.group()}]"
