"""Contradictory options are refused before any work; a command that cannot start reports the remedy."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from messages import assert_reports

from pipelines.cli.main import main
from pipelines.revision_query import RevisionError, RevisionRequest, revision_counts


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["gaps", "--json", "--format", "csv"], ("--json", "--format csv")),
        (["releases", "verify", "2026.11.22-1", "--all"], ("ID", "--all")),
        (["releases", "diff", "--samples", "-3"], ("-3 is not in the", "--samples")),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--by", "me"], ("--accept", "--by")),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--accept", ""], ("--accept", "--by")),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--force"], ("--force",)),
    ],
)
def test_contradictory_options_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], found: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)  # a command that is not refused writes into this folder, not into the project
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2, ran.output
    assert_reports(" ".join(ran.stderr.split()), found=found)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT 1", "--format", "csv", "--to"],
        ["gaps", "--figure"],
        ["releases", "diff", "--xlsx"],
        ["export", "--to"],
        ["refresh", "--as-of", "2022-12-31", "--to"],
    ],
)
@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("x" * 300 + ".xlsx", ("name too long",)),
        ("x" * 300 + "/a.xlsx", ("name too long",)),
        ("file/a.xlsx", ("file is a file", "expected a folder")),
        ("circle/a.xlsx", ("symbolic links",)),
        ("/dev/null", ()),
    ],
)
def test_target_that_cannot_be_written_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], place: str, found: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    Path("file").touch()
    Path("circle").symlink_to("circle")
    ran = CliRunner().invoke(main, [*arguments, place])
    assert ran.exit_code == 2, ran.output
    assert_reports(" ".join(ran.stderr.split()), found=found)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["circle", "file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT 1", "--format", "csv", "--to"],
        ["gaps", "--figure"],
        ["releases", "diff", "--xlsx"],
    ],
)
def test_target_in_a_missing_folder_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(main, [*arguments, "no/a.xlsx"])
    assert ran.exit_code == 2, ran.output
    assert_reports(" ".join(ran.stderr.split()), place=f"folder {tmp_path / 'no'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("day", ["", "21", "2026-13-01", "2021-02-29", "20220101", "๒๐๒๑-๐๑-๐๑"])
@pytest.mark.parametrize("arguments", [["revisions", "--since"], ["sql", "SELECT 1", "--as-of"]])
def test_invalid_dates_are_refused(arguments: list[str], day: str) -> None:
    ran = CliRunner().invoke(main, [*arguments, day])
    assert ran.exit_code == 2, ran.output
    message = " ".join(ran.stderr.split())
    assert_reports(message, place=arguments[-1], expected="2026-11-30" if day else "empty")


def test_ui_reports_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("a file")
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "file"))
    ran = CliRunner().invoke(main, ["ui"])
    assert ran.exit_code == 1
    assert ran.stderr.startswith("payung: ")
    assert_reports(ran.stderr, place=str(tmp_path / "file"), found="cannot be written", remedy="PAYUNG_HOME")


@pytest.mark.parametrize("request_", [RevisionRequest(indicator="WRONG"), RevisionRequest(area="WRONG")])
def test_counts_of_revisions_of_unknown_codes_are_refused(tmp_path: Path, request_: RevisionRequest) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("CREATE SCHEMA reference")
        con.execute("CREATE TABLE reference.indicator AS SELECT 'ASP_COV_SPL' AS indicator")
        con.execute("CREATE TABLE reference.area AS SELECT 'THA' AS ref_area")
    with pytest.raises(RevisionError, match=r"(indicator|area) 'WRONG'"):
        revision_counts(tmp_path, request_)
