"""The command line as its users meet it: what a refresh says, what it refuses, and that the last release stays."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from payung_command import run_payung

from warehouse.release import Releases

COMMANDS = ("refresh", "sql", "export", "status", "revisions", "ui")


def current(home: Path) -> str:
    release = Releases(home).current()
    assert release is not None
    return release.name


def answers(home: Path) -> bool:
    ran = run_payung(home, "sql", "--format", "csv", "SELECT count(*) AS n FROM indicator_set.value")
    return ran.returncode == 0 and int(ran.stdout.splitlines()[1]) > 20_000


def test_a_refresh_ends_with_the_warehouse_and_a_first_table(made_home: Path) -> None:
    said = (made_home.parent / "refresh.out").read_text(encoding="utf-8")
    assert "Published release" in said
    assert "warehouse.duckdb" in said
    assert "Persons above retirement age receiving a pension" in said
    assert "Traceback" not in said


def test_a_second_refresh_says_that_nothing_changed(made_home: Path) -> None:
    ran = run_payung(made_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    assert f"Nothing changed since release {current(made_home)}" in ran.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", command, "--help")
    assert ran.returncode == 0
    assert f"payung {command}" in ran.stdout
    assert "Example" in ran.stdout
    assert not (tmp_path / "home").exists(), "help makes nothing"


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


def test_sql_with_a_fault_is_a_message(made_home: Path) -> None:
    ran = run_payung(made_home, "sql", "SELECT nothing FROM nowhere")
    assert ran.returncode == 1
    assert ran.stderr.startswith("payung: ")
    assert "Traceback" not in ran.stderr


def test_status_tells_release_sources_and_account(made_home: Path) -> None:
    ran = run_payung(made_home, "status", "--json")
    assert ran.returncode == 0, ran.stdout
    told = json.loads(ran.stdout)
    assert told["release"] == current(made_home)
    rows = told["rows"]
    assert rows["rows_in"] == rows["harmonised"] + rows["out_of_scope"] + rows["rejected"]
    assert {s["provider"] for s in told["sources"]} == {"ilostat", "national", "un_wpp", "unsd_sdg", "world_bank"}


def test_without_a_release_status_is_4_and_sql_says_what_to_do(tmp_path: Path) -> None:
    assert run_payung(tmp_path / "home", "status").returncode == 4
    ran = run_payung(tmp_path / "home", "sql", "SELECT 1")
    assert ran.returncode == 1
    assert "payung refresh" in ran.stderr


def test_an_altered_snapshot_stops_the_refresh_and_leaves_the_release(own_home: Path) -> None:
    before = current(own_home)
    altered = next((own_home / "snapshots" / "ilostat").glob("*/*/*.gz"))
    altered.chmod(0o644)
    altered.write_bytes(altered.read_bytes() + b"x")
    ran = run_payung(own_home, "refresh", "--force")
    assert ran.returncode == 1
    assert str(altered) in ran.stderr
    assert "expected" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert current(own_home) == before
    assert answers(own_home)
    left = (own_home / "log" / "failures.log").read_text(encoding="utf-8")
    assert "raw/ilostat/SDG_0131_SEX_SOC_RT" in left
    assert "sha256" in left


def test_a_second_refresh_while_one_runs_is_refused_with_its_process(own_home: Path) -> None:
    (own_home / "refresh.pid").write_text(f"{os.getpid()}\n")
    with FileLock(str(own_home / "refresh.lock")):
        ran = run_payung(own_home, "refresh", "--force")
    assert ran.returncode == 1
    assert str(os.getpid()) in ran.stderr
    assert answers(own_home)


def test_a_home_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ran = run_payung(file / "home", "refresh")
    assert ran.returncode == 1
    assert "cannot be written" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_files_that_cannot_grow_stop_the_refresh_and_leave_the_release(own_home: Path) -> None:
    """A limit on the size of files stands for a full disk: writes fail in the middle."""
    before = current(own_home)

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    ran = run_payung(own_home, "refresh", "--force", preexec_fn=small_files)
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    assert current(own_home) == before
    assert answers(own_home)
    assert not list((own_home / "releases").glob(".*")), "nothing half written is left"


def test_switched_off_validation_is_refused(own_home: Path) -> None:
    shutil.rmtree(own_home / "snapshots" / ".staged", ignore_errors=True)
    ran = run_payung(own_home, "refresh", "--force", PANDERA_VALIDATION_ENABLED="False")
    assert ran.returncode == 1
    assert "PANDERA_VALIDATION_ENABLED" in ran.stderr


GOOD = """indicator,ref_area,time_period,obs_value,unit_measure,source_citation,kind,vintage_date
ASP_FIN_GOV,VNM,2021,10.5,PT,"National accounts, for this test",national_submission,2026-11-01
ASP_FIN_GOVX,VNM,2021,10.5,PT,"National accounts, for this test",national_submission,2026-11-01
"""


def test_a_national_file_fills_a_declared_gap_and_a_typo_is_rejected_by_name(own_home: Path) -> None:
    (own_home / "inbox").mkdir()
    (own_home / "inbox" / "vnm.csv").write_text(GOOD, encoding="utf-8")
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 0, ran.stderr
    query = "SELECT obs_value, feed FROM indicator_set.value"
    rows = json.loads(
        run_payung(own_home, "sql", "--format", "json", f"{query} WHERE indicator = 'ASP_FIN_GOV'").stdout
    )
    assert [(r["obs_value"], r["feed"]) for r in rows] == [(10.5, "national/submissions/ASP_FIN_GOV")]
    asked = "SELECT reason, detail FROM lineage.rejection WHERE provider = 'national'"
    refused = json.loads(run_payung(own_home, "sql", "--format", "json", asked).stdout)
    assert [r["reason"] for r in refused] == ["unknown_indicator"]
    assert "ASP_FIN_GOVX" in refused[0]["detail"]
    assert run_payung(own_home, "status").returncode == 4


def test_a_faulty_national_file_publishes_nothing(own_home: Path) -> None:
    before = current(own_home)
    (own_home / "inbox").mkdir()
    (own_home / "inbox" / "vnm.csv").write_text(GOOD.replace(",10.5,", ",ten,"), encoding="utf-8")
    ran = run_payung(own_home, "refresh")
    assert ran.returncode == 1
    assert "vnm.csv" in ran.stderr
    assert "obs_value" in ran.stderr
    assert current(own_home) == before
