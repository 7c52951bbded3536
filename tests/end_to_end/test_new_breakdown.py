"""A few lines add a breakdown, which is then in every table, export and macro that has breakdowns."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from payung_command import OwnProject

from indicator_defs.breakdowns import BREAKDOWNS
from warehouse.query.read_only import query
from warehouse.release.release_folders import Releases

MOST_FILES = 8
HEADER = "indicator,ref_area,time_period,housing,obs_value,unit_measure,source_citation,kind,vintage_date,producer\n"
AREAS = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "VNM")
# Tables with breakdowns that have no row for the submitted data: definitions, and tables that need other data.
WITHOUT_ROWS = {
    "reference.claim",
    "reference.correction",
    "reference.indicator",
    "reference.must_exist",
    "reference.series_rename",
    "reference.target_group_rule",
    "lineage.discrepancy",
    "quality.published_aggregate",
    "staged.national__documents",
}
# Macros with a row for each cell, in calls whose result includes the new breakdown.
MACROS = (
    "series('ASP_COV_PENSN', 'KHM', family := 'housing')",
    "series('ASP_COV_PENSN', 'ASEAN', family := 'housing')",
    "vintages_of('ASP_COV_PENSN', 'KHM')",
    "target_group('OLDER')",
)


def files_changed(project: Path) -> set[str]:
    """Applies the stored change to a copy of the project; returns the changed files."""
    edits: list[dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "new_breakdown.yaml").read_text(encoding="utf-8")
    )
    for edit in edits:
        path = project / edit["file"]
        text = path.read_text(encoding="utf-8") if "before" in edit else ""
        assert text.count(edit.get("before", "")) == 1 or not text, edit["file"]
        # the mark @ protects the blanks at the beginning of a line
        added = "".join(line.removeprefix("@") for line in edit["add"].splitlines(keepends=True))
        at = text.index(edit["before"]) if text else 0
        path.write_text(text[:at] + added + text[at:], encoding="utf-8")
    return {edit["file"] for edit in edits}


def submitted_rows() -> str:
    lines = (
        f"ASP_COV_PENSN,{area},{year},{code},{40 + year - 2015},PT,Survey,national_submission,2026-10-01,Office\n"
        for area in AREAS
        for year in (2015, 2022)
        for code in ("OWNED", "RENTED")
    )
    return HEADER + "".join(lines)


@pytest.fixture
def release(own_project: OwnProject, tmp_path: Path) -> Path:
    """The release of a copy of the project with one more breakdown, and with two submissions that have it."""
    assert len(files_changed(own_project.folder)) <= MOST_FILES
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    text = submitted_rows()
    (home / "inbox" / "first.csv").write_text(text.replace("2026-10-01", "2025-10-01"), encoding="utf-8")
    (home / "inbox" / "second.csv").write_text(text.replace(",40,", ",41,"), encoding="utf-8")
    ran = own_project.run(home, "refresh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    current = Releases(home).current()
    assert current is not None
    exported = own_project.run(home, "export", "--to", str(tmp_path / "exports"), "--only", "csv,xlsx,site")
    assert exported.returncode == 0, exported.stderr
    return current


def test_new_breakdown_is_in_every_table_export_and_macro(release: Path, tmp_path: Path) -> None:
    columns = query(
        release,
        "SELECT schema_name || '.' || table_name AS full_name, bool_or(column_name LIKE '%' || $old) AS has_old, "
        "bool_or(column_name LIKE '%housing') AS has_new FROM duckdb_columns() WHERE NOT internal GROUP BY ALL",
        {"old": BREAKDOWNS[-2]},
    )
    with_breakdowns = set(columns[columns["has_old"]]["full_name"])
    assert len(with_breakdowns) > 15
    assert set(columns[columns["has_new"]]["full_name"]) >= with_breakdowns - {"staged.unsd_sdg__sdg"}
    empty = {
        name
        for name in with_breakdowns - WITHOUT_ROWS
        if query(release, f"SELECT 1 FROM {name} WHERE housing = 'OWNED' LIMIT 1").empty
    }
    assert empty == set()
    for call in MACROS:
        assert not query(release, f"SELECT 1 FROM {call} WHERE housing = 'OWNED'").empty, call

    exports = tmp_path / "exports"
    for name in ("indicator_set.value", "indicator_set.aggregate", "baseline.value", "main.observations"):
        with next(exports.rglob(f"{name}.csv")).open(encoding="utf-8", newline="") as file:
            assert any(row["housing"] == "OWNED" for row in csv.DictReader(file)), name
    with next(exports.rglob("data/ASP_COV_PENSN.csv")).open(encoding="utf-8", newline="") as file:
        assert any(row["housing"] == "OWNED" for row in csv.DictReader(file))
    book = openpyxl.load_workbook(next(exports.rglob("*.xlsx")), read_only=True)
    cells = {str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row}
    assert {"Housing", "OWNED"} <= cells
