"""A connection to DuckDB, and texts as they stand in SQL; without the tables' metadata, which a reader does not need."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import duckdb

HALF_UP = Path(__file__).parent / "sql" / "macros" / "half_up.sql"


def open_engine() -> duckdb.DuckDBPyConnection:
    """A new in-memory engine that prints nothing of its own between our lines."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def define_half_up(con: duckdb.DuckDBPyConnection) -> None:
    """Defines the one function of our own in SQL in the database in use; a release holds it too (macros.py)."""
    con.execute(_half_up())


@lru_cache(maxsize=1)
def _half_up() -> str:
    text = HALF_UP.read_text(encoding="utf-8")
    return text[text.index("CREATE MACRO ") :]


def quoted(text: str | Path) -> str:
    """A text or path as it stands between single quotes in SQL."""
    return str(text).replace("'", "''")
