"""The descriptions of tables: complete, equal to the SQL, and written into the published file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports
from small_build import staged_names

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.datasets import DatasetStructure
from sources import registry
from warehouse import metadata
from warehouse.build.engine import SQL, computed_tables
from warehouse.metadata import SCHEMAS, DescriptionError, staged_table, table, tables, views
from warehouse.release.database import ddl
from warehouse.release.former_names import former_names

TYPES = {"VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DATE"}


@pytest.fixture(scope="module")
def published(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, open for reading."""
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    yield con
    con.close()


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_column_has_a_type_and_a_comment(name: str) -> None:
    description = table(name)
    assert description.schema in SCHEMAS
    assert description.comment.strip()
    assert not description.comment.endswith("."), "the DDL adds the full stop"
    assert description.columns
    assert len(set(description.column_names)) == len(description.column_names)
    for column in description.columns:
        assert column.type in TYPES or (description.is_work and column.type == "UUID"), column
        assert column.comment.strip(), column


@pytest.mark.parametrize("name", sorted(tables()))
def test_key_of_every_table_has_columns_of_the_table(name: str) -> None:
    description = table(name)
    assert description.key
    assert set(description.key) <= set(description.column_names)


def test_key_of_observations() -> None:
    key = table("harmonised.observation").key
    assert key == ("indicator", "ref_area", "time_period", *BREAKDOWNS, "source", "provider_series", "candidate_no")


def test_every_sql_file_is_described_and_every_computed_table_has_a_sql_file() -> None:
    files = {f"{p.parent.name}.{p.stem}" for p in SQL.glob("*/*.sql") if p.parent.name in SCHEMAS}
    assert files <= set(tables())
    assert {p.stem for p in SQL.glob("views/*.sql")} == set(views())
    computed = {n for n in tables() if n.split(".")[0] in ("harmonised", "indicator_set", "baseline")}
    assert computed <= files, "every table of these schemas is made by SQL"


@pytest.mark.parametrize("structure", registry.structures(), ids=lambda s: s.key)
def test_staged_tables_are_described_by_their_structure(structure: DatasetStructure) -> None:
    description = staged_table(structure, ("surprise",))
    assert description.full_name == f"staged.{structure.key}"
    assert {c.name for c in structure.columns if c.role in ("dimension", "attribute")} <= set(description.column_names)
    assert {c.role for c in structure.columns} - {"dimension", "attribute"} <= set(description.column_names)
    assert all(c.comment for c in description.columns)
    assert description.column_names[-1] == "surprise"
    assert "surprise" not in staged_names(structure.provider, structure.dataset)


def test_ddl_creates_the_table_with_its_comments() -> None:
    con = duckdb.connect()
    description = table("harmonised.observation")
    for statement in ddl(description):
        con.execute(statement)
    columns = con.execute(
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'observation'"
    ).fetchall()
    assert columns == [(c.name, c.type, c.whole_comment) for c in description.columns]
    (comment,) = con.execute("SELECT comment FROM duckdb_tables()").fetchone() or ("",)
    assert comment.startswith(description.comment)
    assert "Key: indicator, ref_area, time_period" in comment


def test_ddl_escapes_quotes_in_a_comment() -> None:
    description = table("lineage.snapshot")
    con = duckdb.connect()
    for statement in ddl(description):
        con.execute(statement)
    comments = dict(
        con.execute("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'snapshot'").fetchall()
    )
    expected = next(c.comment for c in description.columns if c.name == "release_tag")
    assert "'" in expected
    assert comments["release_tag"] == expected


def test_every_published_table_and_column_has_its_comment(published: duckdb.DuckDBPyConnection) -> None:
    comments = published.execute("SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()").fetchall()
    names = {name for name, _ in comments}
    assert {f"staged.{s.key}" for s in registry.structures()} <= names
    assert [name for name, comment in comments if not comment] == []
    columns_without_comment = published.execute(
        "SELECT c.schema_name || '.' || c.table_name || '.' || c.column_name FROM duckdb_columns() AS c "
        "JOIN duckdb_tables() AS t USING (schema_name, table_name) WHERE coalesce(c.comment, '') = ''"
    ).fetchall()
    assert columns_without_comment == []


def test_published_columns_equal_the_described_ones(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "SELECT c.schema_name || '.' || c.table_name, list(c.column_name ORDER BY c.column_index), "
        "list(c.data_type ORDER BY c.column_index) FROM duckdb_columns() AS c "
        "JOIN duckdb_tables() AS t USING (schema_name, table_name) GROUP BY ALL"
    ).fetchall()
    published_columns = {name: list(zip(columns, types, strict=True)) for name, columns, types in rows}
    for name, description in tables().items():
        if not description.is_work:
            assert published_columns[name] == [(c.name, c.type) for c in description.columns], name


def test_described_tables_are_published_unless_they_are_work(published: duckdb.DuckDBPyConnection) -> None:
    names = {n for (n,) in published.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()}
    assert names & set(tables()) == {n for n, t in tables().items() if not t.is_work}


def test_views_have_comments_and_rows(published: duckdb.DuckDBPyConnection) -> None:
    comments = published.execute(
        "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    labelled = {
        "asean_indicators",
        "baseline_tables",
        "observations",
        "regional_baseline",
        "aggregate_lineage",
        "value_lineage",
        *(f.former_name for f in former_names("view")),
    }
    assert {name for name, _ in comments} == {*(f"main.{name}" for name in labelled), "staged.observation", *views()}
    for name, comment in comments:
        assert comment
        (rows,) = published.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
        assert rows > 0


@pytest.mark.parametrize("name", sorted(views()))
def test_key_of_a_view_is_unique(published: duckdb.DuckDBPyConnection, name: str) -> None:
    key = ", ".join(views()[name].key)
    repeated = published.execute(f"SELECT {key}, count(*) FROM {name} GROUP BY {key} HAVING count(*) > 1 LIMIT 3")
    assert repeated.fetchall() == []


def test_every_computed_and_published_table_has_a_declared_order_of_rows() -> None:
    without = {t.full_name for t in tables().values() if not t.is_work and not t.order}
    # tables made from the definitions have the order of the definitions
    assert without & set(computed_tables()) == set(), "give it an `order` in warehouse/tables"
    assert {name for name in without if not name.startswith("reference.")} == set()
    assert tables()["baseline.value"].order == ("indicator", "is_headline DESC", "area_type", "ref_area", "cell")
    assert [t.full_name for t in tables().values() if t.is_work and t.order] == []


def test_breakdown_without_a_description_is_reported_with_the_file_to_edit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metadata, "BREAKDOWNS", (*BREAKDOWNS, "housing"))
    metadata.tables.cache_clear()
    try:
        with pytest.raises(DescriptionError) as error:
            metadata.tables()
        assert_reports(
            str(error.value),
            place="warehouse/tables/shared.yaml",
            found="no column housing",
            expected=("breakdowns:", "sex"),
            remedy="NAME: [VARCHAR",
        )
    finally:
        metadata.tables.cache_clear()
