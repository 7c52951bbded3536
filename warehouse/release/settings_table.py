"""reference.settings in releases and editions that were made before there was one.

Belongs here: what a query reads instead. Does not belong here: what the settings are (indicator_defs/sets.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SETTINGS = "reference.settings"
# Held one row with the same columns, and still does.
BEFORE = "reference.indicator_set"


def in_release(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """A query for the database in use: where that has no reference.settings, it reads reference.indicator_set."""
    return query if SETTINGS not in query or _has_settings(con) else query.replace(SETTINGS, BEFORE)


def _has_settings(con: duckdb.DuckDBPyConnection) -> bool:
    schema, name = SETTINGS.split(".")
    found = con.execute(
        "SELECT 1 FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = $schema AND table_name = $name",
        {"schema": schema, "name": name},
    )
    return found.fetchone() is not None
