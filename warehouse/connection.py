"""A connection to DuckDB, and texts as they stand in SQL; without the tables' metadata, which a reader does not need."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import duckdb

_PATTERN = re.compile(r"[*?\[]")
FUNCTIONS = Path(__file__).parent / "sql" / "function"


def open_engine() -> duckdb.DuckDBPyConnection:
    """A new in-memory engine that prints nothing of its own between our lines."""
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
    """A text or path as it stands between single quotes in SQL."""
    return str(text).replace("'", "''")


def parquet(paths: Path | Sequence[Path], pattern: str = "") -> str:
    """The rows of Parquet files as a table in a FROM clause, columns matched by name.

    `pattern`: of file names below a folder, as "staged/*.parquet". Only the pattern is one: the engine would take
    brackets and stars in a path for a pattern too, and read what other folders hold, and key=value for a column.
    """
    files = [paths] if isinstance(paths, Path) else paths
    listed = ", ".join(f"'{quoted(_PATTERN.sub(_literally, str(p)))}{pattern and '/' + pattern}'" for p in files)
    together = ", union_by_name = true" if pattern or len(files) > 1 else ""
    return f"read_parquet([{listed}], hive_partitioning = false{together})"


def parquet_rows(paths: Sequence[Path]) -> str:
    """A query for the number of rows of Parquet files together, read from their footers; None without rows."""
    listed = ", ".join(f"'{quoted(_PATTERN.sub(_literally, str(p)))}'" for p in paths)
    return f"SELECT sum(num_rows) FROM parquet_file_metadata([{listed}])"


def _literally(found: re.Match[str]) -> str:
    return f"[{found.group()}]"
