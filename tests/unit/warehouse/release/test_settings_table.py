"""Queries on releases of older versions, which do not have reference.settings."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.release.settings_table import in_release

QUERY = "SELECT baseline_year FROM reference.settings"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE SCHEMA reference")
    con.execute("CREATE TABLE reference.indicator_set AS SELECT 2016 AS baseline_year")
    return con


def test_release_without_settings_is_read_from_the_set(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute(in_release(con, QUERY)).fetchall() == [(2016,)]


def test_release_with_settings_is_read_from_them(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE reference.settings AS SELECT 2017 AS baseline_year")
    assert con.execute(in_release(con, QUERY)).fetchall() == [(2017,)]


def test_database_in_use_decides(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE reference.settings AS SELECT 2017 AS baseline_year")
    con.execute("ATTACH ':memory:' AS edition")
    con.execute("CREATE SCHEMA edition.reference")
    con.execute("CREATE VIEW edition.reference.indicator_set AS SELECT 2016 AS baseline_year")
    con.execute("USE edition")
    assert con.execute(in_release(con, QUERY)).fetchall() == [(2016,)]
