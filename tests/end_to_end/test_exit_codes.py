"""Exit codes are those of docs/operations.md: 2 for wrong usage of any option or argument of any command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from messages import assert_reports
from payung_command import run_payung

from pipelines.cli.main import main

# The arguments that each command requires.
NEEDED = {
    "explain": ["ASP_COV_PENSN", "PHL", "2021"],
    "edition freeze": ["baseline-1", "--signed-by", "A. Nama, ACSS", "--note", "Session 16"],
    "edition verify": ["baseline-1"],
    "edition drift": ["baseline-1"],
    "releases rollback": ["2026.11.22-1"],
}
# Not refused by click: the command itself refuses a query without a statement, also on standard input.
NOT_CHECKED_BY_CLICK = {("sql", "query")}

# Wrong for any home: refused before any file is read or written.
WRONG = [
    "nothing",
    "refresh now",
    "refresh --nothing",
    "refresh --source unsd_sdg",
    "refresh --online --source foo",
    "refresh --online --source national",
    "refresh --by me",
    "refresh --dry-run --accept why",
    "refresh --as-of 2022-12-31",
    "refresh --to aside",
    "refresh --as-of 31.12.2022 --to aside",
    "refresh --as-of 2022-13-01 --to aside",
    "refresh --as-of 2022-12-31 --to a-file",
    "refresh --as-of 2022-12-31 --to a-file/aside",
    "refresh --as-of 2022-12-31 --to letters",
    "refresh --as-of 2022-12-31 --to home/releases/mine",
    "refresh --as-of 2022-12-31 --to aside --online",
    "refresh --as-of 2022-12-31 --to aside --dry-run",
    "refresh --as-of 2022-12-31 --to aside --json",
    "revisions --since yesterday",
    "revisions --format xlsx",
    "revisions --release latest",
    "gaps --json --format csv",
    "gaps --format xml",
    "gaps --figure gaps.pdf",
    "gaps --figure letters",
    "gaps --figure gaps.png --area LAO",
    "gaps --figure gaps.png --json",
    "gaps ASP_COV_SHP",
    "sql SELECT 1",
    "sql x --format ods",
    "sql x --format xlsx",
    "sql x --format parquet",
    "sql x --to letters",
    "sql x --as-of 2022",
    "sql x --release 2026-11-22-1",
    "explain ASP_COV_PENSN PHL",
    "explain ASP_COV_PENSN PHL 21",
    "explain ASP_COV_PENSN PHL 20211",
    "explain ASP_COV_PENSN PHL 2021.0",
    "explain ASP_COV_PENSN PHL newest",
    "explain ASP_COV_PENSN PHL ²⁰²¹",
    "explain ASP_COV_PENSN PHL 2021 --religion X",
    "status now",
    "export --only excel",
    "export --only xlsx,pdf",
    "export --only ,",
    "export --to a-file",
    "export --to a-file/exports",
    "export --release foo",
    "edition freeze baseline-1 --note n",
    "edition freeze a/b --signed-by A,B --note n",
    "edition freeze baseline-1 --signed-by A --note n",
    "edition freeze baseline-1 --signed-by A,B --note n --release foo",
    "edition verify baseline-1 --checksum zzz",
    "edition verify baseline-1 --checksum 0f3a",
    "edition drift baseline-1 --samples 0",
    "edition drift baseline-1 --release 1",
    "edition thaw baseline-1",
    "releases diff --samples -3",
    "releases diff foo",
    "releases diff 2026.11.22-1 foo",
    "releases diff 2026.11.22-1 2026.11.22-2 2026.11.22-3",
    "releases diff --xlsx letters",
    "releases diff --xlsx meeting.pdf",
    "releases rollback",
    "releases rollback yesterday",
    "releases verify foo",
    "releases verify 2026.11.22-1 --all",
    "releases prune",
    "releases prune --keep 0",
    "releases prune --keep all",
    "releases undo",
    "ui --port 0",
    "ui --port http",
]
# Codes that no definition has.
UNKNOWN = [
    "revisions --indicator ASP_COV_SPLX",
    "revisions --area Thialand",
    "revisions --area XXX --counts",
    "gaps --area XXX",
    "gaps --indicator ASP_COV_SPLX",
    "gaps --group foo",
    "gaps --reason foo",
    "explain ASP_COV_PENSION PHL 2021",
    "explain ASP_COV_PENSN XXX 2021",
    "explain ASP_COV_PENSN PHL 2021 --sex X",
]
# Correct usage, but the release or edition does not exist: it may have been removed, or is on another machine.
MISSING = [
    "sql x --release 2019.01.01-1",
    "revisions --release 2019.01.01-1",
    "gaps --release 2019.01.01-1",
    "explain ASP_COV_PENSN PHL 2021 --release 2019.01.01-1",
    "export --release 2019.01.01-1",
    "releases diff 2019.01.01-1",
    "releases rollback 2019.01.01-1",
    "releases verify 2019.01.01-1",
    "edition freeze baseline-1 --signed-by A,B --note n --release 2019.01.01-1",
    "edition verify none",
    "edition drift none",
]


def ran(home: Path, arguments: list[str]) -> Result:
    result = CliRunner(env={"PAYUNG_HOME": str(home), "PAYUNG_KEEP_RELEASES": None}).invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a home that does not exist yet, next to a file and to a folder that is not empty."""
    (tmp_path / "a-file").write_text("kept", encoding="utf-8")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("kept", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def paths_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_has_exit_code_2_and_writes_no_files(fresh: Path, line: str) -> None:
    before = paths_in(fresh.parent)
    found = ran(fresh, line.split())
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    assert found.stderr.strip()
    assert paths_in(fresh.parent) == before


def values() -> Iterator[tuple[str, str]]:
    """Every option and argument with a value: command and name."""

    def within(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from within(command, (*path, name))
                continue
            for parameter in command.params:
                is_flag = isinstance(parameter, click.Option) and parameter.is_flag
                if not is_flag and (name, parameter.name) not in NOT_CHECKED_BY_CLICK:
                    yield " ".join((*path, name)), str(parameter.name)

    return within(main, ())


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize(("command", "value"), list(values()))
def test_empty_value_is_wrong_usage(fresh: Path, command: str, value: str, blank: str) -> None:
    found: click.Command = main
    for part in command.split():
        assert isinstance(found, click.Group)
        found = found.commands[part]
    parameter = next(p for p in found.params if p.name == value)
    needed = list(NEEDED.get(command, []))
    if isinstance(parameter, click.Option):
        option = max(parameter.opts, key=len)
        if option in needed:
            needed[needed.index(option) + 1] = blank
        else:
            needed += [option, blank]
    else:
        place = [p for p in found.params if isinstance(p, click.Argument)].index(parameter)
        needed = [*needed, *(["2026.11.22-1"] * (place - len(needed)))]
        needed[place : place + 1] = [blank]
    before = paths_in(fresh.parent)
    result = ran(fresh, [*command.split(), *needed])
    assert result.exit_code == 2, result.output
    assert paths_in(fresh.parent) == before


@pytest.mark.parametrize("line", UNKNOWN)
def test_unknown_code_is_wrong_usage(made_home: Path, line: str) -> None:
    found = ran(made_home, line.split())
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    assert found.stderr.startswith("payung: The release ")


@pytest.mark.parametrize("line", MISSING)
def test_missing_release_or_edition_is_a_failure(made_home: Path, tmp_path: Path, line: str) -> None:
    to = ["--to", str(tmp_path / "exports")] if line.startswith("export") else []
    found = ran(made_home, [*line.split(), *to])
    assert found.exit_code == 1, found.output
    assert found.stderr.startswith("payung: ")
    assert_reports(found.stderr, found="2019.01.01-1" if "2019.01.01-1" in line else "edition 'none'")


@pytest.mark.parametrize("setting", ["", "0", "-1", "ten"])
def test_invalid_number_of_releases_to_keep_is_wrong_usage(tmp_path: Path, setting: str) -> None:
    settings = {"PAYUNG_HOME": str(tmp_path), "PAYUNG_KEEP_RELEASES": setting}
    found = CliRunner(env=settings).invoke(main, ["releases", "prune"])
    assert found.exit_code == 2
    assert "--keep 10" in found.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_dry_run_without_any_download_is_a_failure(own_home: Path, as_json: bool) -> None:
    unreachable = {"PAYUNG_ILOSTAT_SDMX_URL": "http://127.0.0.1:9", "PAYUNG_ILOSTAT_BULK_URL": "http://127.0.0.1:9"}
    command = ("refresh", "--dry-run", "--online", "--source", "ilostat", *(["--json"] if as_json else []))
    ran = run_payung(own_home, *command, more={**unreachable, "PAYUNG_HTTP_PAUSE_SECONDS": "0"})
    assert ran.returncode == 1, ran.stderr
    assert_reports(ran.stderr, found="no dataset could be downloaded")
    if as_json:
        assert {(r["provider"], r["outcome"]) for r in json.loads(ran.stdout)["fetched"]} == {("ilostat", "failed")}
    else:
        assert "payung: ilostat/SDG_0131_SEX_SOC_RT: " in ran.stderr
