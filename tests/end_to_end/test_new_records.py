"""A dataset of records needs four files: it is staged, checked, counted in the row account and published."""

from __future__ import annotations

import csv
import datetime
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from messages import assert_reports
from payung_command import OwnProject, environment

from warehouse.query.read_only import query
from warehouse.release.release_folders import Releases

STORED = Path(__file__).parent / "new_records"
MOST_FILES = 4
YAML = "sources/providers/made_up.yaml"


def files_added(project: Path) -> list[Path]:
    """Copies the stored files, except the answers of the provider, into a copy of the project."""
    files = [p.relative_to(STORED) for p in sorted(STORED.rglob("*.*")) if p.suffix in (".yaml", ".py", ".sql", ".csv")]
    for file in files:
        if file.parts[0] != "fixture":
            shutil.copyfile(STORED / file, project / file)
    return files


def add_answer(project: OwnProject, file: Path, vintage: str) -> None:
    """Adds a file as a snapshot to the archive of the copy, with the command for it."""
    arguments = ["made_up", "schemes", str(file), "--vintage", vintage, "--address", "nowhere"]
    ran = subprocess.run(
        [sys.executable, "-m", "sources.archive_tools.add", *arguments],
        env=environment(project.folder, PYTHONPATH=str(project.folder)),
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture
def made(own_project: OwnProject, tmp_path: Path) -> tuple[OwnProject, Path]:
    """A copy of the project with the records of a made-up provider, in two vintages, and its home with a release."""
    assert len(files_added(own_project.folder)) <= MOST_FILES
    fixture = STORED / "fixture" / "schemes.csv"
    older = tmp_path / "older.csv"
    older.write_text("".join(fixture.read_text(encoding="utf-8").splitlines(keepends=True)[:5]), encoding="utf-8")
    add_answer(own_project, older, "2024-05-01")
    add_answer(own_project, fixture, "2025-05-01")
    home = tmp_path / "home"
    ran = own_project.run(home, "refresh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "records" in ran.stdout
    return own_project, home


def test_records_need_four_files_and_are_staged_checked_and_published(
    made: tuple[OwnProject, Path], tmp_path: Path
) -> None:
    project, home = made
    release = Releases(home).current()
    assert release is not None
    rows = query(
        release,
        "SELECT r.* FROM staged.made_up__schemes AS r JOIN lineage.snapshot AS s ON s.snapshot_id = r.snapshot_id "
        "WHERE s.vintage_date = DATE '2025-05-01' ORDER BY snapshot_row",
    )
    assert rows[["snapshot_row", "scheme", "year", "spending", "is_statutory"]].to_numpy().tolist() == [
        ["schemes.csv:2", "KHM-1", 2021, 12.5, True],
        ["schemes.csv:3", "KHM-1", 2022, 13.0, True],
        ["schemes.csv:4", "VNM-7", 2022, 1000.0, False],
    ]
    assert rows["began"][0] == datetime.date(2020, 6, 24)

    rejected = query(
        release,
        "SELECT snapshot_row, reason, detail, row_as_published FROM lineage.rejection "
        "WHERE provider = 'made_up' AND snapshot_id LIKE '%2025-05-01%' ORDER BY snapshot_row",
    )
    assert rejected[["snapshot_row", "reason"]].to_numpy().tolist() == [
        ["schemes.csv:5", "schema"],
        ["schemes.csv:6", "key_repeated"],
        ["schemes.csv:7", "schema"],
    ]
    fields, repeated_key, empty_name = rejected["detail"]
    assert_reports(fields, place=("began:", "is_statutory:", "ref_area:"), expected=("2026-11-22", "true or false"))
    assert_reports(repeated_key, found="scheme=KHM-1, year=2022", place="schemes.csv:3")
    assert empty_name == "name: not_nullable"
    assert rejected["row_as_published"][2] == "scheme=PHL-4; year=2022; ref_area=PHL; spending=7"

    account = query(
        release,
        "SELECT rows_in, harmonised, records, out_of_scope, rejected, difference FROM quality.row_account "
        "WHERE provider = 'made_up' ORDER BY snapshot_id",
    )
    assert account.to_numpy().tolist() == [[4, 0, 3, 0, 1, 0], [6, 0, 3, 0, 3, 0]]

    checked = query(
        release,
        "SELECT check_name, n_problems, finding, sample FROM quality.check_result "
        "WHERE check_name IN ('rows_rejected', 'scheme_began_in_time') ORDER BY check_name",
    ).set_index("check_name")
    # one staged row of each vintage; only the rejected rows of the newest vintage are counted
    assert_reports(checked.loc["scheme_began_in_time", "finding"], found="2 schemes have rows")
    assert str(checked.loc["rows_rejected", "sample"]).count("made_up") == 3

    others = query(release, "SELECT count(*) AS n FROM staged.observation WHERE provider = 'made_up'")
    assert others["n"][0] == 0
    comments = query(
        release,
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'made_up__schemes' "
        "ORDER BY column_index",
    ).set_index("column_name")
    data_type, comment = comments.loc["began"]
    assert data_type == "DATE"
    assert_reports(comment, found=("Day on which the scheme", "scheme began (published as Began)"))
    assert comments.loc["ref_area", "comment"].endswith("[reference.code area]")

    snapshots = project.run(home, "status", "--snapshots")
    assert snapshots.stdout.count("made_up") == 2, snapshots.stdout + snapshots.stderr
    status = json.loads(project.run(home, "status", "--json").stdout)["rows"]
    assert status["records"] == 6
    assert status["rows_in"] == sum(n for name, n in status.items() if name != "rows_in")

    exported = project.run(home, "export", "--to", str(tmp_path / "exports"), "--only", "csv,parquet,xlsx")
    assert exported.returncode == 0, exported.stderr
    with next((tmp_path / "exports").rglob("staged.made_up__schemes.csv")).open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)].count("Social pension") == 2
    assert list((tmp_path / "exports").rglob("staged.made_up__schemes.parquet"))


@pytest.mark.parametrize(
    ("before", "after", "line", "content"),
    [
        (
            "    record_key: [scheme, year]\n",
            "",
            14,
            ("without record_key", "set record_key to"),
        ),
        (
            "[scheme, year]",
            "[scheme, decade]",
            14,
            ("record_key: unknown column decade", "expected scheme, year"),
        ),
        (
            "type: integer",
            "type: whole",
            20,
            ("'text', 'integer', 'number', 'date'", "'boolean'", "found 'whole'"),
        ),
        (
            "codelist: area",
            "codelist: place",
            14,
            ("column ref_area: found codelist", "'place'", "activity, age"),
        ),
        ("shape: records", "shape: record", 16, ("'observations' or 'records'", "found 'record'")),
        ("published_as: Name,", "published_as: Name, role: attribute,", 14, ("records have no role",)),
    ],
)
def test_dataset_of_records_with_a_fault_is_refused_with_file_and_line(
    own_project: OwnProject, tmp_path: Path, before: str, after: str, line: int, content: tuple[str, ...]
) -> None:
    files_added(own_project.folder)
    path = own_project.folder / YAML
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    ran = own_project.run(tmp_path / "home", "refresh")
    assert ran.returncode == 1
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, place=f"{YAML}:{line}: ", found=content)
    assert "Traceback" not in ran.stdout + ran.stderr
