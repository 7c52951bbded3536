"""The one door to the exports: what it refuses, and what it leaves behind when it cannot write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from indicator_defs.errors import PayungError
from warehouse.export import KINDS, export


def test_unknown_kind_is_refused_and_the_kinds_are_named(release: Path, tmp_path: Path) -> None:
    with pytest.raises(PayungError, match="Unknown kind of export: pdf") as caught:
        export(release, tmp_path / "out", ["csv", "pdf"])
    assert all(kind in str(caught.value) for kind in KINDS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_unwritable_folder_is_named(small_release: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(PayungError, match=r"file/out cannot be written: Not a directory") as caught:
        export(small_release, tmp_path / "file" / "out", [kind])
    assert "--to" in str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_failed_file_leaves_nothing_half_written(small_release: Path, tmp_path: Path, kind: str) -> None:
    # A folder stands where the first file must go: the finished copy cannot be renamed to it.
    (tmp_path / kind / f"main.asean_indicators.{kind}" / "x").mkdir(parents=True)
    with pytest.raises(PayungError, match=r"main\.asean_indicators"):
        export(small_release, tmp_path, [kind])
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_folder_without_a_release_is_named(tmp_path: Path) -> None:
    with pytest.raises(PayungError, match=r"is not a release: it has no warehouse\.duckdb"):
        export(tmp_path, tmp_path / "out")


def test_parents_are_made_and_files_are_replaced(small_release: Path, tmp_path: Path) -> None:
    to = tmp_path / "a" / "b"
    first = export(small_release, to, ["csv"])
    before = {p: p.read_bytes() for p in first}
    first[0].write_text("spoilt", encoding="utf-8")
    again = export(small_release, to, {"csv"})
    assert again == first
    assert {p: p.read_bytes() for p in again} == before
    assert sorted(p for p in to.rglob("*") if p.is_file()) == sorted(first)


def test_heavy_libraries_load_only_when_used() -> None:
    code = "import sys, warehouse.export; print([m for m in ('matplotlib', 'openpyxl', 'pandas') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "matplotlib" not in ran.stdout
    assert "openpyxl" not in ran.stdout
