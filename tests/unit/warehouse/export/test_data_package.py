"""The data packages: every file is described and equals the database when it is read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

FIELD_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}


@pytest.fixture
def package(package_folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((package_folder / "datapackage.json").read_text(encoding="utf-8"))
    return loaded


def read_expression(resource: dict[str, Any], folder: Path) -> str:
    path = folder / resource["path"]
    if resource["format"] == "parquet":
        return f"read_parquet('{path}')"
    types = ", ".join(f"'{f['name']}': '{FIELD_TYPES[f['type']]}'" for f in resource["schema"]["fields"])
    return (
        f"read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        f"allow_quoted_nulls = false, columns = {{{types}}})"
    )


def test_all_published_tables_are_exported(package: dict[str, Any], database: duckdb.DuckDBPyConnection) -> None:
    expected = {
        f"{schema}.{name}"
        for schema, name in database.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema IN ('reference', 'indicator_set', 'baseline')"
        ).fetchall()
    }
    expected |= {"quality.availability", "main.observations", "main.asean_indicators", "main.regional_baseline"}
    expected |= {"main.baseline_tables"}
    assert {r["name"] for r in package["resources"]} == expected


def test_files_match_their_description(package: dict[str, Any], package_folder: Path) -> None:
    for resource in package["resources"]:
        content = (package_folder / resource["path"]).read_bytes()
        assert len(content) == resource["bytes"]
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == resource["hash"]
    resource_files = {r["path"] for r in package["resources"]}
    assert {p.name for p in package_folder.iterdir()} == resource_files | {"datapackage.json"}


def test_fields_are_typed_and_described(package: dict[str, Any], package_folder: Path) -> None:
    for resource in package["resources"]:
        fields = resource["schema"]["fields"]
        assert resource["description"]
        assert [f["name"] for f in fields if f["type"] not in FIELD_TYPES or not f["description"]] == []
        names = [f["name"] for f in fields]
        assert set(resource["schema"].get("primaryKey", [])) <= set(names)
        if resource["format"] == "csv":
            first = (package_folder / resource["path"]).read_text(encoding="utf-8").split("\n", 1)[0]
            assert first.split(",") == names
            assert resource["profile"] == "tabular-data-resource"
            assert resource["encoding"] == "utf-8"


def test_files_equal_the_database_to_the_last_digit(
    package: dict[str, Any], package_folder: Path, database: duckdb.DuckDBPyConnection
) -> None:
    for resource in package["resources"]:
        cast = ", ".join(f'CAST("{f["name"]}" AS {FIELD_TYPES[f["type"]]})' for f in resource["schema"]["fields"])
        stored = f"SELECT {cast} FROM {resource['name']}"
        exported = f"SELECT {cast} FROM {read_expression(resource, package_folder)}"
        rows = database.execute(f"SELECT count(*) FROM ({exported})").fetchone()
        assert rows == (resource["rowCount"],)
        assert database.execute(f"SELECT count(*) FROM ({stored})").fetchone() == rows
        # Equal row counts and no row that the database does not have: the same rows.
        assert database.execute(f"({exported}) EXCEPT ALL ({stored}) LIMIT 3").fetchall() == [], resource["name"]


def test_keys_are_unique(package: dict[str, Any], package_folder: Path, database: duckdb.DuckDBPyConnection) -> None:
    keyed = [r for r in package["resources"] if "primaryKey" in r["schema"]]
    assert len(keyed) > 20
    for resource in keyed:
        key = ", ".join(f'"{k}"' for k in resource["schema"]["primaryKey"])
        query = f"SELECT {key} FROM {read_expression(resource, package_folder)} GROUP BY {key} HAVING count(*) > 1"
        assert database.execute(query).fetchall() == [], resource["name"]


def test_package_names_licences_and_vintages(package: dict[str, Any], database: duckdb.DuckDBPyConnection) -> None:
    (release_id,) = database.execute("SELECT release FROM main.release").fetchone() or ("",)
    assert package["version"] == release_id
    assert all(licence["name"] and licence["title"] for licence in package["licenses"])
    assert "CC-BY-4.0" in {licence["name"] for licence in package["licenses"]}
    snapshots = database.execute("SELECT snapshot_id, CAST(vintage_date AS VARCHAR) FROM lineage.snapshot").fetchall()
    assert {(s["snapshot_id"], s["vintage_date"]) for s in package["sources"]} == set(snapshots)
    assert all(s["title"] and s["attribution"] for s in package["sources"])
