"""The larger input of bench/: whatever the SQL and the checks read and nothing makes is there, and rows are more."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.grow import copies, grow, staged_rows
from bench.queries import order_of
from warehouse.checks import checks
from warehouse.engine import PER_DATASET, Build, computed_tables, connect, inputs_of
from warehouse.metadata import tables


@pytest.mark.parametrize("way", ["areas", *(pytest.param(w, marks=pytest.mark.long) for w in ("years", "vintages"))])
def test_a_grown_build_has_all_that_is_read_and_not_made(release: Path, tmp_path: Path, way: str) -> None:
    rows = 2 * staged_rows(release)
    assert copies(release, rows) == 2
    grow(release, tmp_path / "grown", rows, way)
    build, made = Build(tmp_path / "grown"), set(computed_tables())
    read = {name for table in made for name in inputs_of(table)} | {name for c in checks() for name in c.inputs}
    wanted = read - made - set(PER_DATASET)
    assert {"lineage.fetch", "lineage.previous_value", "reference.indicator"} <= wanted
    assert [name for name in sorted(wanted) if not build.has(name)] == []


@pytest.mark.parametrize("name", sorted(n for n in computed_tables() if not tables()[n].is_work))
def test_rows_stand_in_the_order_that_a_grown_release_is_put_in(release: Path, name: str) -> None:
    schema, table = name.split(".")
    source = f"read_parquet('{release}/parquet/{schema}/{table}.parquet', file_row_number = true)"
    numbered = f"row_number() OVER ({order_of(name)}, file_row_number) - 1 AS place"
    with connect() as con:
        query = (
            f"SELECT count(*) FROM (SELECT file_row_number, {numbered} FROM {source}) WHERE place <> file_row_number"
        )
        assert con.execute(query).fetchall() == [(0,)]
