"""Reading reference.settings from releases and editions of older versions, which do not have this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SETTINGS = "reference.settings"
# This table has had one row with the same columns since before reference.settings.
FORMER_SETTINGS = "reference.indicator_set"


def in_release(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query for the database in use; it reads reference.indicator_set where there is no reference.settings."""
    return query if SETTINGS not in query or _has_settings(con) else query.replace(SETTINGS, FORMER_SETTINGS)


def _has_settings(con: duckdb.DuckDBPyConnection) -> bool:
    schema, name = SETTINGS.split(".")
    found = con.execute(
        "SELECT 1 FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = $schema AND table_name = $name",
        {"schema": schema, "name": name},
    )
    return found.fetchone() is not None
