"""Folder names that the engine would read as patterns or columns, and those that it cannot open."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from messages import assert_reports
from payung_command import run_payung
from small_build import SmallBuild, laid_out, un_row

from warehouse.build.engine import Build, attach_inputs, connect, preview, read_files, write_frame
from warehouse.build.parallel import make_all
from warehouse.connection import parquet, parquet_rows
from warehouse.metadata import staged_observation, table
from warehouse.paths import PathError, refuse_unusable

ROOT = Path(__file__).parents[3]
ODD_NAMES = [
    "payung [test]",
    "[a-z]",
    "[!x]",
    "a[b",
    "a]b",
    "star*",
    "**",
    "{a,b}",
    "it's",
    '"quoted"',
    "year=2020",
    "snapshot_id=1",
    "#1",
    "~home",
    "$HOME",
    "a;b",
    "100 %",
    "ไทย é",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_tables_are_read_only_from_the_folder_of_this_name(tmp_path: Path, name: str) -> None:
    builds = {n: Build(tmp_path / n) for n in (name, "payung t", "a", "b", "star of another", "x", "payung [test] 2")}
    for folder, build in builds.items():
        for dataset in ("one__rows", "two__rows"):
            frame = laid_out("staged.observation", [{"snapshot_id": folder, "series": dataset}])
            write_frame(build, staged_observation(), frame, build.folder / "staged" / f"{dataset}.parquet")
        write_frame(build, table("lineage.correction"), pd.DataFrame())
        listed = [{"staged_table": d, "shape": "observations"} for d in ("one__rows", "two__rows")]
        write_frame(build, table("reference.dataset"), laid_out("reference.dataset", listed))
    build = builds[name]
    with connect() as con:
        attach_inputs(con, build, ["staged.observation", "lineage.correction"])
        assert con.execute("SELECT snapshot_id, series FROM staged.observation ORDER BY ALL").fetchall() == [
            (name, "one__rows"),
            (name, "two__rows"),
        ]
    one = build.folder / "staged" / "one__rows.parquet"
    assert [r for (r,) in read_files([one])[["snapshot_id"]].itertuples(index=False)] == [name]
    assert preview(one)[0] == staged_observation().column_names
    assert duckdb.execute(parquet_rows(sorted(one.parent.glob("*.parquet")))).fetchall() == [(2,)]


def test_tables_are_made_in_a_folder_with_brackets_and_a_star(tmp_path: Path) -> None:
    for folder in ("b[u]*ld", "build", "bu and all ld"):
        build = SmallBuild(tmp_path / folder)
        build.stage("unsd_sdg", "sdg", "2024-01-01", [un_row("SI_COV_PENSN", "764", 2020, "50")])
        build.staged()
    build = SmallBuild(tmp_path / "b[u]*ld")
    build.stage("unsd_sdg", "sdg", "2024-01-01", [un_row("SI_COV_PENSN", "704", 2020, "40")])
    made = build.staged().make("harmonised.observation").read("harmonised.observation")
    assert [(row["ref_area"], row["obs_value"]) for row in made] == [("VNM", 40)]
    assert dict(make_all(build.build, ["lineage.series_vintage"]))["lineage.series_vintage"] > 0


@pytest.mark.parametrize(
    ("name", "character"),
    [
        ("what?", "a question mark"),
        ("a\\b", "a backslash"),
        ("two\nlines", "U+000A"),
        ("bell\a", "U+0007"),
        ("p%41q", "percent sign"),
        ("p%2Fq", "percent sign"),
        ("\udcff", "U+DCFF"),
    ],
)
def test_folder_that_cannot_be_opened_is_refused_with_the_reason(name: str, character: str) -> None:
    folder = Path("/home/somewhere") / name
    with pytest.raises(PathError) as error:
        refuse_unusable(folder, "The home")
    assert_reports(
        str(error.value),
        place=f"The home {str(folder)!r}",
        found=character,
        remedy=("Rename the folder", "another one"),
    )


@pytest.mark.parametrize("name", ODD_NAMES)
def test_folder_that_can_be_opened_is_not_refused(name: str) -> None:
    refuse_unusable(Path("/home/somewhere") / name, "The home")


def test_home_that_cannot_be_opened_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = tmp_path / "what now?"
    ran = run_payung(home, "refresh")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, place=str(home), found="a question mark")
    assert not home.exists()


def test_only_one_function_names_parquet_files_to_the_engine() -> None:
    reads = re.compile(r"read_parquet|parquet_scan|parquet_file_metadata|parquet_metadata|read_csv\(|read_json")
    files = [
        path.relative_to(ROOT).as_posix()
        for folder in ("warehouse", "assets", "pipelines", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if reads.search(path.read_text(encoding="utf-8"))
    ]
    assert files == ["warehouse/connection.py"]
    assert parquet(Path("/a*/b'c.parquet")) == "read_parquet(['/a[*]/b''c.parquet'], hive_partitioning = false)"
