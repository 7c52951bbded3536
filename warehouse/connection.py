"""A connection to DuckDB, and texts as they stand in SQL; without the tables' metadata, which a reader does not need."""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_engine() -> duckdb.DuckDBPyConnection:
    """A new in-memory engine that prints nothing of its own between our lines."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def quoted(text: str | Path) -> str:
    """A text or path as it stands between single quotes in SQL."""
    return str(text).replace("'", "''")
