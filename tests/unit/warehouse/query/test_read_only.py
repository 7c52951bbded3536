"""Queries on a release: their results, and that they can neither write nor read anything else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from messages import assert_reports

from warehouse.metadata import tables
from warehouse.query.read_only import QueryError, first_table, query, reader, run_query, split_statements

NOT_ALLOWED = [
    "INSERT INTO reference.code VALUES ('sex', 'X', 'Other', NULL)",
    "UPDATE indicator_set.value SET obs_value = 0",
    "DELETE FROM harmonised.observation",
    "DROP TABLE baseline.value",
    "ALTER TABLE baseline.value ADD COLUMN x INTEGER",
    "CREATE TABLE main.x AS SELECT 1",
    "CREATE VIEW main.x AS SELECT 1",
    "CREATE SCHEMA x",
    "COMMENT ON TABLE baseline.value IS 'x'",
    "ATTACH '{folder}/other.duckdb' AS other",
    "ATTACH '{folder}/other.duckdb' AS other (READ_ONLY)",
    "COPY reference.code TO '{folder}/code.csv'",
    "COPY (SELECT 1) TO '{folder}/one.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{folder}/all'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('{release}/parquet/reference/code.parquet')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '1KB'",
    "PRAGMA enable_external_access = true",
    "RESET enable_external_access",
    "SELECT * FROM reference.nothing",
    "SELEKT 1",
    "EXPLAIN ANALYZE DELETE FROM harmonised.observation",
    "EXPLAIN ANALYZE CREATE TABLE memory.main.x AS SELECT 1",
    "/* SELECT */ CREATE TEMP TABLE x AS SELECT 1",
    "WITH a AS (SELECT 1) INSERT INTO reference.code SELECT * FROM a",
    "ATTACH ':memory:' AS other",
    "ATTACH '{folder}/other.sqlite' AS other (TYPE sqlite)",
    "DETACH warehouse",
    "USE memory",
    "COPY reference.code FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "IMPORT DATABASE '{folder}/all'",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('{release}/parquet/reference/code.parquet')",
    "SELECT * FROM query('FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM sqlite_scan('{folder}/other.sqlite', 't')",
    "INSTALL sqlite",
    "FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'",
    "LOAD '{folder}/x.duckdb_extension'",
    "SET autoload_known_extensions = true",
    "SET VARIABLE x = 1",
    "SET SESSION search_path = 'memory'",
    "PRAGMA profiling_output = '{folder}/profile.json'",
    "CALL enable_logging(storage = 'file')",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'a')",
    "SELECT getenv('HOME')",
    "SELECT * FROM NOT_ALLOWED",
    "PREPARE p AS DELETE FROM reference.code",
    "BEGIN TRANSACTION",
    "CHECKPOINT warehouse",
    "VACUUM",
    "CREATE MACRO main.x() AS 1",
    "CREATE TYPE main.x AS ENUM ('a')",
]
# Statements that the engine itself must refuse, even if they were not checked before.
ENGINE_REFUSES = [
    "INSERT INTO reference.code VALUES ('sex', 'X', 'Other', NULL)",
    "CREATE TABLE warehouse.main.x AS SELECT 1",
    "ATTACH '{folder}/other.duckdb' AS other",
    "COPY (SELECT 1) TO '{folder}/one.csv'",
    "EXPORT DATABASE '{folder}/all'",
    "SELECT * FROM read_text('/etc/passwd')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "PRAGMA profiling_output = '{folder}/profile.json'",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'a')",
]


@pytest.mark.parametrize("text", NOT_ALLOWED)
def test_forbidden_statement_is_refused(release: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(QueryError) as error:
        query(release, text.replace("{folder}", str(tmp_path)).replace("{release}", str(release)))
    assert str(error.value)
    assert list(tmp_path.iterdir()) == [], "nothing was written"


@pytest.mark.parametrize("text", ENGINE_REFUSES)
def test_engine_refuses_statements_that_were_not_checked(release: Path, tmp_path: Path, text: str) -> None:
    with reader(release) as con, pytest.raises(duckdb.Error):
        con.execute(text.replace("{folder}", str(tmp_path)))
    assert list(tmp_path.iterdir()) == [], "nothing was written"


@pytest.mark.parametrize(
    "text",
    [
        "EXPLAIN SELECT 1",
        "-- why\nEXPLAIN (FORMAT json) SELECT 1",
        "DESCRIBE baseline.value",
        "SUMMARIZE reference.area",
        "SHOW TABLES",
        "VALUES (1)",
        "PIVOT reference.area ON area_type USING count(*)",
        "WITH x AS (PIVOT reference.area ON area_type USING count(*)) FROM x",
    ],
)
def test_every_kind_of_reading_is_allowed(release: Path, text: str) -> None:
    with reader(release) as con:
        assert len(run_query(con, text).rows) > 0


def test_error_shows_its_place(release: Path) -> None:
    with reader(release) as con, pytest.raises(QueryError) as error:
        run_query(con, "SELECT obs_valu FROM indicator_set.value")
    assert_reports(str(error.value), place=("LINE 1: SELECT obs_valu FROM", "^"), expected="obs_value")


def test_codes_are_in_the_tables_that_the_comments_name(release: Path) -> None:
    n_columns = 0
    with reader(release) as con:
        for table in tables().values():
            for column in table.columns:
                if table.is_work or column.refers_to is None:
                    continue
                target, _, codelist = column.refers_to.partition(" ")
                key = "code" if codelist else tables()[target].key[0]
                listed = f"SELECT {key} FROM {target}" + (f" WHERE codelist = '{codelist}'" if codelist else "")
                listed += " UNION ALL SELECT '*'" * (table.full_name == "reference.not_applicable")  # for all
                unknown = con.execute(
                    f'SELECT DISTINCT "{column.name}" FROM {table.full_name} '
                    f'WHERE "{column.name}" IS NOT NULL AND "{column.name}" NOT IN ({listed})'
                ).fetchall()
                assert unknown == [], f"{table.full_name}.{column.name} [{column.refers_to}]"
                n_columns += 1
    assert n_columns > 100


def test_write_after_another_statement_is_refused(release: Path) -> None:
    with pytest.raises(QueryError):
        query(release, "SELECT 1; DELETE FROM harmonised.observation")
    assert query(release, "SELECT count(*) AS n FROM harmonised.observation")["n"][0] > 20_000


def test_result_has_names_and_values(release: Path) -> None:
    frame = query(
        release,
        "SELECT ref_area, obs_value, value_text FROM harmonised.observation "
        "WHERE source = 'ilostat' AND indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND time_period = 2021 "
        "AND sex = '_T'",
    )
    assert frame.to_dict("records") == [{"ref_area": "PHL", "obs_value": 65.6, "value_text": "65.6"}]


def test_views_have_labels(release: Path) -> None:
    frame = query(
        release,
        "SELECT area_name, unit, is_chosen FROM observations "
        "WHERE indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND time_period = 2020 AND sex = '_T'",
    )
    assert frame.to_dict("records") == [{"area_name": "Philippines", "unit": "Per cent", "is_chosen": False}]


def test_two_readers_can_be_open(release: Path) -> None:
    with reader(release) as one, reader(release) as other:
        assert one.execute("SELECT 1").fetchone() == other.execute("SELECT 1").fetchone()


def test_first_table_shows_published_core_figures(release: Path) -> None:
    frame = first_table(release)
    assert list(frame.columns) == ["indicator", "year", "asean", "class", "members", "weight_covered"]
    assert len(frame) >= 10
    assert set(frame["class"]) <= {"A", "B"}
    assert frame["asean"].notna().all()


def test_statements_are_split_by_the_engine() -> None:
    parts = split_statements("SELECT ';' AS a; SELECT 2;")
    assert [p.removesuffix(";") for p in parts] == ["SELECT ';' AS a", "SELECT 2"]  # DuckDB 1.5 removes the semicolon
    with pytest.raises(QueryError):
        split_statements("SELECT 'open")


def test_damaged_file_of_a_release_is_reported(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((release / "warehouse.duckdb").read_bytes()[:1000])
    with pytest.raises(QueryError) as error:
        query(tmp_path, "SELECT 1")
    assert_reports(str(error.value), place=str(path), remedy="payung refresh --force")


@pytest.mark.parametrize("text", ["", " ", ";", "-- nothing", "/* nothing */;"])
def test_query_without_a_statement_is_refused_with_an_example(text: str) -> None:
    with duckdb.connect() as con, pytest.raises(QueryError) as error:
        run_query(con, text)
    assert_reports(str(error.value), found="no statement", remedy="SELECT * FROM regional_baseline")
