"""Views of a release and their aliases: a former name gives the same rows as the present name, and has a comment."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from warehouse.explain.explanation import ExplanationRequest, explain
from warehouse.export.docs import data_dictionary
from warehouse.export.release_reader import open_release
from warehouse.query.read_only import query, reader, run_query
from warehouse.release.former_names import former_names
from warehouse.release.macros import macros, macros_and_aliases
from warehouse.release.views import labelled_views

VIEWS = {f.former_name: f.name for f in former_names("view")}
MACROS = {f.former_name: f.name for f in former_names("macro")}
# Of one indicator, because the lineage of all indicators takes long.
ROWS = "SELECT * FROM {} WHERE indicator = 'ASP_COV_PENSN'"


def comment_of(name: str) -> str:
    """The comment of an alias of a view or macro."""
    return f"Former name of {name}; will be removed in version 0.2"


def test_former_names_are_aliases_of_present_names() -> None:
    assert VIEWS == {"way_back": "value_lineage", "way_back_members": "aggregate_lineage"}
    assert MACROS == {"trace": "lineage_of"}
    views = [v.name for v in labelled_views() if v.former_name_of is None]
    assert set(VIEWS.values()) <= set(views)
    assert not set(VIEWS) & set(views)
    names = [m.name for m in macros()]
    assert set(MACROS.values()) <= set(names)
    assert not set(MACROS) & set(names)
    assert [m.name for m in macros_and_aliases()] == [*names, *MACROS]


@pytest.mark.parametrize(("old", "new"), VIEWS.items())
def test_former_view_has_the_same_columns_and_rows(release: Path, old: str, new: str) -> None:
    columns = (
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = '{}' ORDER BY column_index"
    )
    with reader(release) as con:
        old_columns = run_query(con, columns.format(old)).rows
        assert old_columns == run_query(con, columns.format(new)).rows
        assert all(comment for _, _, comment in old_columns)
        count = run_query(con, f"SELECT count(*) FROM ({ROWS.format(old)})").rows
        assert count[0][0] > 10
        assert count == run_query(con, f"SELECT count(*) FROM ({ROWS.format(new)})").rows
        for a, b in ((old, new), (new, old)):
            assert run_query(con, f"{ROWS.format(a)} EXCEPT ALL {ROWS.format(b)}").rows == []


def test_former_macro_gives_the_same_rows_in_the_same_order(release: Path) -> None:
    (observation,) = query(
        release, "SELECT observation_id FROM lineage.vintage_value GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )["observation_id"]
    for day in (None, date(2022, 12, 31)):
        with reader(release, day) as con:
            lineage = run_query(con, f"FROM lineage_of('{observation}')")
            assert day is not None or len(lineage.rows) > 1
            assert run_query(con, f"FROM trace('{observation}')") == lineage
            assert run_query(con, f"FROM trace(id := '{observation}')") == lineage


def test_former_names_are_available_as_of_a_date_where_the_present_ones_are(release: Path) -> None:
    with reader(release, date(2022, 12, 31)) as con:
        functions = run_query(
            con,
            "SELECT function_name FROM duckdb_functions() WHERE database_name = current_database() AND NOT internal "
            "AND function_type = 'table_macro'",
        ).rows
        covered = {name for (name,) in functions}
        for old, new in MACROS.items():
            assert (old in covered) == (new in covered)
        for old, new in VIEWS.items():
            counts = [
                run_query(con, f"SELECT count(*) FROM ({ROWS.format(f'today.main.{n}')})").rows for n in (old, new)
            ]
            assert counts[0] == counts[1] != [(0,)]


def test_comment_and_dictionary_give_the_present_name_and_the_version(release: Path) -> None:
    with open_release(release) as opened:
        dictionary = data_dictionary.pages(opened)["dictionary.md"]
    with reader(release) as con:
        views = dict(run_query(con, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").rows)
        functions = dict(
            run_query(con, "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal").rows
        )
    for old, new in VIEWS.items():
        assert views[old] == comment_of(new)
        assert f"### main.{old}\n\n{comment_of(new)}.\n" in dictionary
    for old, new in MACROS.items():
        assert functions[old] == comment_of(new)
        assert re.search(rf"\| `{old}\([^`]*\)` \| {re.escape(comment_of(new))} \|", dictionary)


def test_release_of_an_older_version_is_explained_by_the_former_name(release: Path, tmp_path: Path) -> None:
    for name in ("warehouse.duckdb", "manifest.json"):
        shutil.copyfile(release / name, tmp_path / name)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        for old, new in VIEWS.items():
            con.execute(f"DROP VIEW main.{old}")
            con.execute(f"ALTER VIEW main.{new} RENAME TO {old}")
    request = ExplanationRequest("ASP_COV_UEMP", "ASEAN", "2020")
    explanation = explain(tmp_path, request)
    assert explanation.group is not None
    assert len(explanation.group.members) > 1
    assert explanation == explain(release, request)


def test_views_are_not_written_as_parquet(release: Path) -> None:
    names = {p.stem for p in (release / "parquet").rglob("*.parquet")}
    assert not names & {*VIEWS, *VIEWS.values()}
