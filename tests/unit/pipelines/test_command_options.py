"""Options that contradict each other are refused before anything is done, and what cannot start says what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli.main import main
from pipelines.revision_query import RevisionError, RevisionRequest, revision_counts


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gaps", "--json", "--format", "csv"], "leave out one of --json and --format csv"),
        (["releases", "verify", "2026.11.22-1", "--all"], "either ID or --all"),
        (["releases", "diff", "--samples", "-3"], "-3 is not in the range"),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--by", "me"], "--accept and --by"),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--accept", ""], "--accept and --by"),
        (["refresh", "--as-of", "2022-12-31", "--to", "aside", "--force"], "--force"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)  # a command that is not refused writes there and not into the project
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2, ran.output
    assert said in " ".join(ran.stderr.split())
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
    ("place", "said"),
    [
        ("x" * 300 + ".xlsx", "name too long"),
        ("x" * 300 + "/a.xlsx", "name too long"),
        ("file/a.xlsx", "file is a file; expected a folder there"),
        ("circle/a.xlsx", "symbolic links"),
        ("/dev/null", ""),
    ],
)
def test_places_that_cannot_be_written_are_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], place: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    Path("file").touch()
    Path("circle").symlink_to("circle")
    ran = CliRunner().invoke(main, [*arguments, place])
    assert ran.exit_code == 2, ran.output
    assert said in " ".join(ran.stderr.split())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["circle", "file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sql", "SELECT 1", "--format", "csv", "--to"],
        ["gaps", "--figure"],
        ["releases", "diff", "--xlsx"],
    ],
)
def test_file_in_a_folder_that_is_not_there_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(main, [*arguments, "no/a.xlsx"])
    assert ran.exit_code == 2, ran.output
    assert f"there is no folder {tmp_path / 'no'}" in " ".join(ran.stderr.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("day", ["", "21", "2026-13-01", "2021-02-29", "20220101", "๒๐๒๑-๐๑-๐๑"])
@pytest.mark.parametrize("arguments", [["revisions", "--since"], ["sql", "SELECT 1", "--as-of"]])
def test_days_that_are_none_are_refused(arguments: list[str], day: str) -> None:
    ran = CliRunner().invoke(main, [*arguments, day])
    assert ran.exit_code == 2, ran.output
    assert ("expected a day as 2026-11-30" if day else "it is empty") in " ".join(ran.stderr.split())


def test_ui_says_when_the_home_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "file"))
    ran = CliRunner().invoke(main, ["ui"])
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"payung: The folder {tmp_path / 'file'} cannot be written: ")
    assert "set PAYUNG_HOME to another folder" in ran.stderr


@pytest.mark.parametrize("request_", [RevisionRequest(indicator="WRONG"), RevisionRequest(area="WRONG")])
def test_counts_of_revisions_of_what_is_not_known_are_refused(tmp_path: Path, request_: RevisionRequest) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("CREATE SCHEMA reference")
        con.execute("CREATE TABLE reference.indicator AS SELECT 'ASP_COV_SPL' AS indicator")
        con.execute("CREATE TABLE reference.area AS SELECT 'THA' AS ref_area")
    with pytest.raises(RevisionError, match=r"knows no (indicator|area) 'WRONG'"):
        revision_counts(tmp_path, request_)
