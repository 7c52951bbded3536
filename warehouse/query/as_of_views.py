"""A release as of a date: views over the vintages up to that date, for `payung sql --as-of DATE`.

Belongs here: the tables of a release that exist as of a date, and the views that show them.
Does not belong here: a build as of a date with regional figures and baseline (`payung refresh --as-of`), and choosing the
values as of each date (warehouse/sql/indicator_set/value_history.sql).
"""

from __future__ import annotations

import re
from datetime import date

import duckdb

from indicator_defs.errors import PayungError
from warehouse.metadata import views
from warehouse.release.macros import create_macros, macros
from warehouse.release.views import labelled_views, schema_view_select

TODAY = "today"  # the database name of the release itself
# Definitions, code lists and weights are always those of the release (docs/methods.md, Vintages and revisions).
AS_TODAY = ("reference.%", "indicator_set.weight_value")

# The rows of each table as of the date {day}.
ROWS_AS_OF = {
    "indicator_set.value_history": (
        "SELECT * REPLACE (CASE WHEN known_to <= {day} THEN known_to END AS known_to) "
        "FROM today.indicator_set.value_history WHERE known_from <= {day}"
    ),
    "lineage.snapshot": "SELECT * FROM today.lineage.snapshot WHERE vintage_date <= {day}",
    "lineage.vintage_value": "SELECT * FROM today.lineage.vintage_value WHERE vintage_date <= {day}",
    "lineage.revision": "SELECT * FROM today.lineage.revision WHERE vintage_to <= {day}",
    "lineage.series_vintage": (
        "SELECT * REPLACE (rank() OVER (PARTITION BY provider, dataset, current_series, area_code "
        "ORDER BY is_declared DESC, vintage_no DESC) = 1 AS is_newest) "
        "FROM today.lineage.series_vintage WHERE vintage_date <= {day}"
    ),
    "indicator_set.value": (
        "SELECT {columns} FROM today.indicator_set.value_history "
        "WHERE known_from <= {day} AND (known_to IS NULL OR known_to > {day})"
    ),
    "harmonised.observation": (
        "SELECT {columns} FROM lineage.vintage_value AS v JOIN (SELECT snapshot_id AS newest_snapshot, series, area_code "
        "FROM lineage.series_vintage WHERE is_newest) AS n ON n.newest_snapshot = v.snapshot_id "
        "AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)"
    ),
}
# As of a date there are only the values of members, so views and macros show no regional figures.
MEMBERS_ONLY = "(SELECT * FROM today.indicator_set.aggregate WHERE FALSE)"
VIEWS_COVERED = ("observations", "asean_indicators")
MACROS_WITHOUT_REGIONAL = frozenset({"series"})


class AsOfQueryError(PayungError):
    """The release has no values as of that date, or has other tables."""


def show_as_of(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Makes views of a release, attached as `today`, as of a date; queries then use the views by default.

    Raises AsOfQueryError where all vintages with indicator values are newer, or another version made the release.
    """
    if "value_history" not in _names(con, "indicator_set"):
        raise AsOfQueryError("This release has no history of its values. Make a new release: payung refresh --force")
    oldest = con.execute("SELECT min(known_from) FROM today.indicator_set.value_history").fetchall()[0][0]
    if oldest is None or day < oldest:
        raise AsOfQueryError(
            f"Found no vintage up to {day}; the oldest is of {oldest or 'no date'}. Give a later date."
        )
    con.execute("ATTACH ':memory:' AS as_of")
    con.execute("USE as_of")
    for schema in ("reference", "staged", "harmonised", "indicator_set", "lineage"):
        con.execute(f"CREATE SCHEMA {schema}")
    for pattern in AS_TODAY:
        schema, name = pattern.split(".")
        for table in _names(con, schema):
            if name in ("%", table):
                con.execute(f"CREATE VIEW {schema}.{table} AS SELECT * FROM today.{schema}.{table}")
    literal = f"DATE '{day.isoformat()}'"
    for full_name, text in ROWS_AS_OF.items():
        columns = ", ".join(_columns(con, full_name)) if "{columns}" in text else ""
        con.execute(f"CREATE VIEW {full_name} AS {text.format(day=literal, columns=columns)}")
    for schema, names in (("lineage", ("snapshot_series", "rejection")), ("staged", _names(con, "staged"))):
        for table in names:
            has_vintages = "snapshot_id" in _columns(con, f"{schema}.{table}")
            condition = "WHERE snapshot_id IN (SELECT snapshot_id FROM lineage.snapshot)" if has_vintages else ""
            con.execute(f"CREATE VIEW {schema}.{table} AS SELECT * FROM today.{schema}.{table} {condition}")
    try:
        _create_views_and_macros(con, day)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise AsOfQueryError(
            f"This release was made by another version of Payung and has other tables ({str(error).splitlines()[0]}). "
            "Make a new release: payung refresh --force"
        ) from error


def _create_views_and_macros(con: duckdb.DuckDBPyConnection, day: date) -> None:
    release_views = con.execute(
        "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE database_name = ?", [TODAY]
    )
    for (full_name,) in release_views.fetchall():
        if full_name in views():
            con.execute(f"CREATE VIEW {full_name} AS {schema_view_select(full_name)}")
    for view in labelled_views():
        if view.name in VIEWS_COVERED or view.former_name_of in VIEWS_COVERED:
            con.execute(f"CREATE VIEW main.{view.name} AS {_members_only(view.select)}")
    con.execute(
        f"CREATE VIEW main.release AS SELECT release || ' as of {day.isoformat()}' AS release FROM today.main.release"
    )
    create_macros(con, frozenset(m.name for m in macros() if not _is_covered(m.name, m.statement)), _members_only)


def covers() -> str:
    """What is available as of a date, in one line for users."""
    return (
        "country values of the vintages published up to that date, with the definitions and weights of the release. "
        "Regional figures and the baseline need a build: payung refresh --as-of DATE --to DIR"
    )


def hint(message: str) -> str:
    """The text to add to the engine's message about a table or macro that does not exist."""
    if "does not exist" not in message:
        return ""
    return f"\nAs of a date there are {covers()}. For the present content of a table, write today. before its name."


def _members_only(statement: str) -> str:
    return statement.replace("indicator_set.aggregate", MEMBERS_ONLY)


def _is_covered(name: str, statement: str) -> bool:
    """Whether all tables that a macro reads exist as of a date."""
    if name in MACROS_WITHOUT_REGIONAL:
        return True
    used = set(re.findall(r"\b(?:harmonised|indicator_set|baseline|quality|lineage)\.[a-z_0-9]+\b", statement))
    return used <= set(ROWS_AS_OF)


def _names(con: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    found = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? ORDER BY 1", [TODAY, schema]
    )
    return [row[0] for row in found.fetchall()]


def _columns(con: duckdb.DuckDBPyConnection, full_name: str) -> list[str]:
    schema, table = full_name.split(".")
    found = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ? "
        "ORDER BY column_index",
        [TODAY, schema, table],
    )
    return [row[0] for row in found.fetchall()]
