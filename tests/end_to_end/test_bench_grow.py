"""The larger input of bench/: whatever the SQL and the checks read and nothing makes is there, and rows are more.

And what its tables show of the SQL: the order of their rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.grow import copies, grow, staged_rows
from bench.queries import order_of
from warehouse.checks import checks
from warehouse.engine import PER_DATASET, Build, computed_tables, connect, inputs_of, make
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


def test_order_of_the_tables_on_the_way_does_not_show_in_a_release(release: Path, tmp_path: Path) -> None:
    grow(release, tmp_path / "build", staged_rows(release), "areas")
    build, published = Build(tmp_path / "build"), Build(release / "parquet")
    made = computed_tables()
    for name in made:
        make(build, name)
        if tables()[name].is_work:
            shuffle(build.path(name))
    compared = [n for n in made if not tables()[n].is_work]
    assert [n for n in compared if rows_and_places(build.path(n)) != rows_and_places(published.path(n))] == []


def shuffle(path: Path) -> None:
    """Puts the rows of a table in another order."""
    aside = path.with_suffix(".aside")
    source = f"read_parquet('{path}', file_row_number = true)"
    query = f"SELECT * EXCLUDE (file_row_number) FROM {source} ORDER BY hash(file_row_number)"
    with connect() as con:
        con.execute(f"COPY ({query}) TO '{aside}' (FORMAT parquet)")
    aside.replace(path)


def rows_and_places(path: Path) -> tuple[int, int]:
    """How many rows there are, and a digest of them and of their places."""
    with connect() as con:
        source = f"read_parquet('{path}', file_row_number = true) AS t"
        (found,) = con.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {source}").fetchall()
    return found
