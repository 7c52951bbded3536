"""The function `export`: requests that it rejects, and the state of the folder after an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from messages import assert_reports

from indicator_defs.errors import PayungError
from warehouse.export import KINDS, export


def test_unknown_kind_is_reported_with_the_valid_kinds(release: Path, tmp_path: Path) -> None:
    with pytest.raises(PayungError) as error:
        export(release, tmp_path / "out", ["csv", "pdf"])
    assert_reports(str(error.value), found="kind of export: pdf", expected=KINDS)
    assert "csv" not in str(error.value).partition("pdf")[0], "only the unknown kind is reported"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_unwritable_folder_is_reported_with_path_and_remedy(small_release: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(PayungError) as error:
        export(small_release, tmp_path / "file" / "out", [kind])
    assert_reports(str(error.value), place="file/out", found="Not a directory", expected="folder", remedy="--to")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_error_leaves_no_incomplete_file(small_release: Path, tmp_path: Path, kind: str) -> None:
    # A folder has the name of the first file, so the temporary file cannot be renamed.
    (tmp_path / kind / f"main.asean_indicators.{kind}" / "x").mkdir(parents=True)
    with pytest.raises(PayungError) as error:
        export(small_release, tmp_path, [kind])
    assert_reports(str(error.value), place=f"main.asean_indicators.{kind}", remedy="--to")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_folder_without_a_release_is_reported_with_the_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PayungError) as error:
        export(tmp_path, tmp_path / "out")
    remedy = ("payung refresh", "payung releases list")
    assert_reports(
        str(error.value), place=str(tmp_path), found="no warehouse.duckdb", expected="release", remedy=remedy
    )


def test_parents_are_made_and_files_are_replaced(small_release: Path, tmp_path: Path) -> None:
    to = tmp_path / "a" / "b"
    first = export(small_release, to, ["csv"])
    before = {p: p.read_bytes() for p in first}
    first[0].write_text("damaged", encoding="utf-8")
    again = export(small_release, to, {"csv"})
    assert again == first
    assert {p: p.read_bytes() for p in again} == before
    assert sorted(p for p in to.rglob("*") if p.is_file()) == sorted(first)


def test_large_libraries_are_imported_only_when_used() -> None:
    code = "import sys, warehouse.export; print([m for m in ('matplotlib', 'openpyxl', 'pandas') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "matplotlib" not in ran.stdout
    assert "openpyxl" not in ran.stdout
