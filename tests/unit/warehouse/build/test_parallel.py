"""Making several tables at a time: the same results, each after its inputs, and a failure that stops the others."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports
from small_build import SmallBuild, un_row

from warehouse.build.engine import Build, computed_tables, connect, inputs_of, make, make_with, sql_text
from warehouse.build.parallel import TableError, make_all
from warehouse.metadata import table


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build with staged rows of two areas, before any SQL was run."""
    small = SmallBuild(tmp_path_factory.mktemp("making"))
    rows = [un_row("SI_COV_PENSN", a, y, v) for a, y, v in (("608", 2020, "40.5"), ("764", 2020, "89.1"))]
    small.stage("unsd_sdg", "sdg", "2024-12-31", rows)
    return small.staged().build


def copy_of(build: Build, folder: Path) -> Build:
    """A copy of the build in another folder."""
    shutil.copytree(build.folder, folder)
    return Build(folder)


def digest(build: Build, full_name: str) -> str:
    """The rows of a table in their order; those of a work table, which has no fixed order, sorted."""
    order = "ORDER BY ALL" if table(full_name).is_work else ""
    with connect() as con:
        rows = con.execute(f"SELECT * FROM read_parquet('{build.path(full_name)}') {order}").fetchall()
    return repr(rows)


def test_tables_equal_those_made_one_at_a_time_and_come_after_their_inputs(staged: Build, tmp_path: Path) -> None:
    one_by_one, parallel = copy_of(staged, tmp_path / "one"), copy_of(staged, tmp_path / "parallel")
    names = [n for n in computed_tables() if not n.startswith("quality.")]
    counts = {name: make(one_by_one, name) for name in names}
    made = []
    for name, rows in make_all(parallel, names):
        assert set(inputs_of(name)) & set(names) <= set(made), f"{name} was made before one of its inputs"
        assert rows == counts[name]
        made.append(name)
    assert sorted(made) == sorted(names)
    assert counts["harmonised.observation"] == 2
    assert [n for n in names if digest(one_by_one, n) != digest(parallel, n)] == []


@pytest.mark.parametrize(("many_rows", "at_once"), [(2, 2), (1, 1)])
def test_tables_of_many_rows_are_made_one_at_a_time(
    staged: Build, tmp_path: Path, many_rows: int, at_once: int
) -> None:
    build = copy_of(staged, tmp_path / "build")  # of two staged rows
    before = threading.active_count()
    results = make_all(build, computed_tables(), many_rows=many_rows)
    next(results)
    assert threading.active_count() - before == at_once
    results.close()


def test_failed_table_is_reported_and_tables_that_need_it_are_not_made(staged: Build, tmp_path: Path) -> None:
    build = copy_of(staged, tmp_path / "build")
    build.path("reference.target_group_rule").unlink()
    with pytest.raises(TableError, match=r"^reference\.cell_group: ") as error:
        list(make_all(build, computed_tables()))
    assert_reports(str(error.value), found="reference.target_group_rule", remedy="payung refresh --force")
    assert not build.has("harmonised.observation")
    assert list(build.folder.rglob("*.part")) == []


def test_error_of_the_engine_is_reported_with_its_type(staged: Build, tmp_path: Path) -> None:
    build = copy_of(staged, tmp_path / "build")
    build.path("reference.indicator").write_bytes(b"no Parquet")
    with pytest.raises(TableError, match=r"^[a-z]+\.[a-z_]+: InvalidInputException: .*indicator\.parquet"):
        list(make_all(build, computed_tables()))


def test_closing_ends_all_threads(staged: Build, tmp_path: Path) -> None:
    build = copy_of(staged, tmp_path / "build")
    before = threading.active_count()
    results = make_all(build, computed_tables())
    next(results)
    results.close()
    assert threading.active_count() == before
    made = build.names()
    assert make(build, "harmonised.published_key") >= 0, "the engine is still usable"
    assert [n for n in build.names() if n not in made] in ([], ["harmonised.published_key"])


@pytest.mark.parametrize("started", [True, False], ids=["running-query", "query-about-to-start"])
def test_closing_does_not_wait_for_a_long_query(staged: Build, tmp_path: Path, started: bool) -> None:
    build = copy_of(staged, tmp_path / "build")
    text = sql_text("harmonised.published_key").rstrip().rstrip(";")
    slow = {"harmonised.published_key": f"SELECT t.* FROM ({text}) AS t, range(1000000000000)"}  # writes for hours
    reached = threading.Event()

    def make_late(con: duckdb.DuckDBPyConnection, in_build: Build, name: str) -> int:
        """Makes a table; with `started` false, the slow one begins only after the first interruption."""
        if name in slow:
            reached.set()
            if not started:
                with pytest.raises(duckdb.InterruptException):
                    con.execute("SELECT sum(range) FROM range(1000000000000)").fetchall()
        return make_with(con, in_build, name, slow.get(name))

    results = make_all(build, ["lineage.series_description", "harmonised.published_key"], make_late)
    assert next(results)[0] == "lineage.series_description"
    assert reached.wait(60)
    if started:
        folder = build.path("harmonised.published_key").parent
        assert any(list(folder.glob(".published_key*.part")) or time.sleep(0.01) for _ in range(6000)), "the query runs"
    ending = threading.Thread(target=results.close, daemon=True)
    ending.start()
    ending.join(60)
    assert not ending.is_alive()
    assert not build.has("harmonised.published_key")
    assert list(build.folder.rglob("*.part")) == []
