"""The larger input of the benchmarks: it has all tables that the SQL and the checks read, and more rows.

It is also used to test the order of rows in a release.
"""

from __future__ import annotations

import os
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from bench.grow import copies, grow, staged_rows
from bench.queries import order_of
from warehouse.build.audit_checks import checks
from warehouse.build.engine import PER_DATASET, Build, computed_tables, connect, inputs_of, make
from warehouse.metadata import tables


@pytest.mark.parametrize("way", ["areas", *(pytest.param(w, marks=pytest.mark.long) for w in ("years", "vintages"))])
def test_grown_build_has_all_input_tables(release: Path, tmp_path: Path, way: str) -> None:
    rows = 2 * staged_rows(release)
    assert copies(release, rows) == 2
    grow(release, tmp_path / "grown", rows, way)
    build, made = Build(tmp_path / "grown"), set(computed_tables())
    read = {name for table in made for name in inputs_of(table)} | {name for c in checks() for name in c.inputs}
    input_tables = read - made - set(PER_DATASET)
    assert {"lineage.fetch", "lineage.previous_value", "reference.indicator"} <= input_tables
    assert [name for name in sorted(input_tables) if not build.has(name)] == []


@pytest.mark.parametrize("name", sorted(t.full_name for t in tables().values() if t.order))
def test_rows_of_a_release_are_in_their_declared_order(release: Path, name: str) -> None:
    schema, table = name.split(".")
    source = rows_of(release / "parquet" / schema / f"{table}.parquet")
    numbered = f"row_number() OVER ({order_of(name)}, file_row_number) - 1 AS place"
    with connect() as con:
        query = (
            f"SELECT count(*) FROM (SELECT file_row_number, {numbered} FROM {source}) WHERE place <> file_row_number"
        )
        assert con.execute(query).fetchall() == [(0,)]


@pytest.fixture(scope="module")
def shuffled(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The release made again, with the rows of every work table in another order."""
    build = Build(tmp_path_factory.mktemp("shuffled") / "build")
    grow(release, build.folder, staged_rows(release), "areas")
    for name in computed_tables():
        make(build, name)
        if tables()[name].is_work:
            shuffle(build.path(name))
    return build


def test_release_does_not_depend_on_the_order_of_work_tables(release: Path, shuffled: Build) -> None:
    published = Build(release / "parquet")
    compared = [n for n in computed_tables() if not tables()[n].is_work]
    assert [n for n in compared if rows_and_positions(shuffled.path(n)) != rows_and_positions(published.path(n))] == []


@pytest.mark.parametrize("numbered", ["reference.claim", "harmonised.cell"])
@pytest.mark.parametrize("name", ["indicator_set.value_history", "lineage.vintage_value", "lineage.revision"])
def test_lookup_by_a_number_with_gaps_is_refused(shuffled: Build, tmp_path: Path, name: str, numbered: str) -> None:
    number = {"reference.claim": "claim_id", "harmonised.cell": "cell_no"}[numbered]
    build = Build(Path(copytree(shuffled.folder, tmp_path / "build", copy_function=os.link)))
    rewrite(build.path(numbered), f"SELECT * FROM {{}} WHERE {number} <> 3")
    with pytest.raises(duckdb.InvalidInputException, match=f"{number} has gaps or duplicates"):
        make(build, name)


def shuffle(path: Path) -> None:
    """Puts the rows of a table in another order."""
    rewrite(path, "SELECT * EXCLUDE (file_row_number) FROM {} ORDER BY hash(file_row_number)")


def rewrite(path: Path, query: str) -> None:
    """Replaces a table by the result of a query on it."""
    aside = path.with_suffix(".aside")
    with connect() as con:
        con.execute(f"COPY ({query.format(rows_of(path))}) TO '{aside}' (FORMAT parquet)")
    aside.replace(path)


def rows_of(path: Path) -> str:
    """A FROM item for the rows of a table with their positions."""
    return f"read_parquet('{path}', file_row_number = true)"


def rows_and_positions(path: Path) -> tuple[int, int]:
    """The number of rows, and a digest of the rows and their positions."""
    with connect() as con:
        (found,) = con.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {rows_of(path)} AS t").fetchall()
    return found
