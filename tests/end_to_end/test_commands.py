"""The commands in detail: output, help, formats, and homes in different states."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from messages import assert_reports
from payung_command import COMMAND, environment, run_payung

from warehouse.query.read_only import query

COMMANDS = ("refresh", "sql", "explain", "export", "status", "revisions", "gaps", "ui")
ACCOUNT = "SELECT sum(rows_in)::BIGINT AS rows_in"


def test_refresh_shows_the_path_of_the_warehouse_and_the_main_figures(made_home: Path, release: Path) -> None:
    output = (made_home.parent / "refresh.out").read_text(encoding="utf-8")
    lines = output.splitlines()
    assert re.match(rf"Published release {re.escape(release.name)} in \d+\.\d s\.", lines[0])
    warehouse = next(line for line in lines if line.startswith("Warehouse: "))
    assert (made_home.parent / warehouse.removeprefix("Warehouse: ")).resolve() == release / "warehouse.duckdb"
    printed_rows = {
        line.split()[0]: line.split()[1:] for line in lines if re.match(r"(ilostat|unsd_sdg|world_bank) ", line)
    }
    account = query(release, f"{ACCOUNT}, provider FROM quality.row_account GROUP BY provider").set_index("provider")
    assert set(printed_rows) == {"ilostat", "unsd_sdg", "world_bank"}
    for provider, (rows_in, harmonised, out_of_scope, rejected) in printed_rows.items():
        assert int(rows_in) == int(harmonised) + int(out_of_scope) + int(rejected)
        assert int(rows_in) == account["rows_in"][provider]
    figure = next(line for line in lines if line.startswith("Population covered by at least one social protection"))
    assert figure.split()[-5:] == ["2023", "44.4", "A", "11", "100"]
    assert "Traceback" not in output


def test_refresh_without_changes_makes_no_release(own_home: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (own_home / "releases").rglob("*")}
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    assert re.match(r"Nothing changed since release \S+; .*\(\d+\.\d s\)\.", ran.stdout)
    assert "Warehouse: " in ran.stdout
    assert {p: p.stat().st_mtime_ns for p in (own_home / "releases").rglob("*")} == before
    assert list((own_home / "build").glob("*")) == []


def test_help_lists_every_command(tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", "--help")
    assert ran.returncode == 0
    assert all(re.search(rf"^  {c} ", ran.stdout, re.MULTILINE) for c in COMMANDS)
    assert "PAYUNG_HOME" in ran.stdout


def test_help_lists_the_exit_codes(tmp_path: Path) -> None:
    codes = " ".join(run_payung(tmp_path / "home", "refresh", "--help").stdout.split()).partition("Exit codes: ")[2]
    assert_reports(codes, found=("0 published", "1 failed", "2 wrong usage", "3 audit failed"))
    assert "4 something needs attention" in run_payung(tmp_path / "home", "status", "--help").stdout


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"payung \d+\.\d+\.\d+\n", run_payung(tmp_path / "home", "--version").stdout)


PENSIONS = (
    "SELECT ref_area, time_period, obs_value, footnote, value_text FROM harmonised.observation "
    "WHERE provider_series = 'SI_COV_PENSN' AND ref_area = 'PHL' AND sex = '_T' ORDER BY time_period"
)


def test_sql_as_csv(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", PENSIONS, "--format", "csv")
    assert ran.returncode == 0, ran.stderr
    rows = list(csv.reader(io.StringIO(ran.stdout)))
    assert rows[0] == ["ref_area", "time_period", "obs_value", "footnote", "value_text"]
    assert rows[2:] == [["PHL", "2016", "39.8", "", "39.8"], ["PHL", "2020", "20.5", "", "20.5"]]


def test_sql_as_json(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", PENSIONS, "--format", "json")
    rows = json.loads(ran.stdout)
    assert rows[1] == {
        "ref_area": "PHL",
        "time_period": 2016,
        "obs_value": 39.8,
        "footnote": None,
        "value_text": "39.8",
    }


def test_sql_as_table(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", PENSIONS)
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert lines[0] == ["ref_area", "time_period", "obs_value", "footnote", "value_text"]
    assert lines[2] == ["PHL", "2016", "39.8", "39.8"]


def test_sql_reads_statements_from_a_pipe(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "--format", "csv", input="SELECT 1 AS a;\nSELECT ';' AS b; -- the end\n")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["a", "1", "b", ";"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT * FROM reference.nothing", "nothing does not exist"),
        ("DELETE FROM harmonised.observation", "DELETE is not allowed"),
        ("COPY reference.code TO '/tmp/payung-must-not-be.csv'", "COPY is not allowed"),
        ("SELECT * FROM read_csv('/etc/passwd')", "file system operations are disabled"),
    ],
)
def test_sql_refuses_in_one_message(made_home: Path, statement: str, found: str) -> None:
    ran = run_payung(made_home, "sql", statement)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("payung: ")
    assert found in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not Path("/tmp/payung-must-not-be.csv").exists()


def test_debug_shows_the_traceback(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT * FROM reference.nothing", "--debug")
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


@pytest.fixture
def full_disk() -> Iterator[IO[str]]:
    """A file that cannot be written: "No space left on device"."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip(f"the system has no {full}, the full device of Linux")
    with full.open("w") as handle:
        yield handle


@pytest.mark.parametrize("arguments", [("--help",), ("sql", "SELECT 1"), ("status",), ("refresh",)])
def test_output_that_cannot_be_written_is_reported(
    made_home: Path, full_disk: IO[str], arguments: tuple[str, ...]
) -> None:
    ran = subprocess.run(
        [COMMAND, *arguments],
        env=environment(made_home),
        stdout=full_disk,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("payung: ")
    assert len(ran.stderr.splitlines()) == 1
    assert_reports(ran.stderr, found=("could not write", "No space left on device"))


def test_debug_shows_the_traceback_of_output_that_cannot_be_written(made_home: Path, full_disk: IO[str]) -> None:
    command = [COMMAND, "sql", "SELECT 1", "--debug"]
    ran = subprocess.run(
        command, env=environment(made_home), stdout=full_disk, stderr=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr
    assert "No space left on device" in ran.stderr


@pytest.mark.parametrize(
    ("closed", "code", "found"),
    [("sql <&-", 2, "no statement"), ("sql 'SELECT 1' >&-", 0, ""), ("status 2>&-", 0, "")],
)
def test_closed_streams_cause_no_error(made_home: Path, closed: str, code: int, found: str) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'exec "$0" {closed}', COMMAND],
        env=environment(made_home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert found in ran.stderr
    assert "Traceback" not in ran.stderr


def test_invalid_port_is_refused(made_home: Path) -> None:
    ran = run_payung(made_home, "ui", "--port", "99999", timeout=20)
    assert ran.returncode == 2
    assert "99999 is not in the range" in ran.stderr


def test_reader_that_ends_early_causes_no_error(made_home: Path) -> None:
    command = [COMMAND, "sql", "SELECT * FROM observations", "--format", "csv"]
    with subprocess.Popen(
        command, env=environment(made_home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as payung:
        assert payung.stdout is not None
        assert payung.stderr is not None
        assert payung.stdout.readline().startswith("indicator,")
        payung.stdout.close()
        assert payung.stderr.read() == ""


@pytest.mark.parametrize(
    "arguments", [("sql", "SELECT 1"), ("gaps", "--area", "PHL")], ids=["line-by-line", "at-the-end"]
)
def test_reader_that_ends_before_the_first_line_causes_no_error(made_home: Path, arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [COMMAND, *arguments], env=environment(made_home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as payung:
        assert payung.stdout is not None
        assert payung.stderr is not None
        payung.stdout.close()
        assert payung.stderr.read() == b""


def test_missing_release_is_reported_with_existing_ones(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT 1", "--release", "2019.01.01-1")
    assert ran.returncode == 1
    assert_reports(ran.stderr, found="no release 2019.01.01-1", expected=f": {release.name}.")
    assert run_payung(made_home, "sql", "SELECT 1", "--release", release.name).returncode == 0


@pytest.mark.parametrize("arguments", [("sql", "SELECT 1"), ("export", "--only", "csv")])
def test_home_without_a_release_is_reported_with_the_remedy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = run_payung(tmp_path / "home", *arguments)
    assert ran.returncode == 1
    assert_reports(ran.stderr, remedy="payung refresh")
    assert "Traceback" not in ran.stderr


def test_status_of_a_home(own_home: Path, release: Path) -> None:
    ran = run_payung(own_home, "status")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"Release  {release.name}, made 20" in ran.stdout
    assert "unsd_sdg/sdg" in ran.stdout
    assert "vintage 2023-12-17" in ran.stdout
    assert "rebuilt from public copies" in ran.stdout
    total = query(release, f"{ACCOUNT} FROM quality.row_account")["rows_in"][0]
    assert re.search(rf"Rows     {total:,} = [\d,]+ harmonised \+ [\d,]+ out of scope \+ [\d,]+ rejected", ran.stdout)
    assert "attention" not in ran.stdout
    assert re.search(r"\n\d sources are overdue: run payung refresh --online\.\n\Z", ran.stdout)


def test_status_as_json(own_home: Path, release: Path) -> None:
    ran = run_payung(own_home, "status", "--json")
    assert ran.returncode == 0
    found = json.loads(ran.stdout)
    assert found["release"] == release.name
    assert found["rows"]["rows_in"] == query(release, f"{ACCOUNT} FROM quality.row_account")["rows_in"][0]
    assert found["attention"] == []
    assert {(s["provider"], s["dataset"]) for s in found["sources"]} >= {("unsd_sdg", "sdg"), ("world_bank", "wdi")}


def test_status_of_a_home_without_a_release(tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", "status", "--json")
    assert ran.returncode == 4
    found = json.loads(ran.stdout)
    assert found["release"] is None
    (message,) = found["attention"]
    assert "no release" in message
    assert "payung refresh" in message
    assert not (tmp_path / "home").exists(), "status makes no files"


def test_status_of_a_home_with_a_missing_file(own_home: Path) -> None:
    (own_home / "current" / "warehouse.duckdb").unlink()
    ran = run_payung(own_home, "status")
    assert ran.returncode == 4, ran.stderr
    assert "release are missing: warehouse.duckdb" in ran.stdout
    assert "payung refresh --force" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_status_after_a_failure(own_home: Path) -> None:
    log = own_home / "log"
    log.mkdir(exist_ok=True)
    failure = "2099-01-01T00:00:00+00:00  refresh failed at raw/unsd_sdg/sdg (run 1).\n  altered or cut\n"
    (log / "failures.log").write_text(failure, encoding="utf-8")
    ran = run_payung(own_home, "status")
    assert ran.returncode == 4
    assert "altered or cut" in ran.stdout
    assert_reports(ran.stdout, found="the last refresh failed", place="log/failures.log")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", command, "--help")
    assert ran.returncode == 0
    assert f"payung {command}" in ran.stdout
    assert "Example" in ran.stdout
    assert not (tmp_path / "home").exists(), "help makes no files"


def test_wrong_usage_is_code_2(tmp_path: Path) -> None:
    assert run_payung(tmp_path / "home", "refresh", "--nonsense").returncode == 2
    assert run_payung(tmp_path / "home", "nonsense").returncode == 2


def test_sql_prints_all_digits_in_each_form(made_home: Path) -> None:
    query = (
        "SELECT value_text, obs_value, vintage_date FROM harmonised.observation "
        "WHERE provider_series = 'per_allsp.cov_pop_tot' AND ref_area = 'THA' AND time_period = 2009"
    )
    rows = json.loads(run_payung(made_home, "sql", "--format", "json", query).stdout)
    assert rows == [{"value_text": "65.15229034423828", "obs_value": 65.15229034423828, "vintage_date": "2024-06-28"}]
    assert (
        "65.15229034423828,65.15229034423828,2024-06-28"
        in run_payung(made_home, "sql", "--format", "csv", query).stdout
    )
    assert run_payung(made_home, "sql", query).stdout.count("65.15229034423828") == 2
