"""A complete refresh with its events, and a complete run of a provider's schedule without new data."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from messages import assert_reports
from payung_command import run_payung
from providers.servers import Providers, serving

from pipelines.dagster_home import prepare_dagster
from pipelines.definitions import build_defs
from pipelines.run_events import run_results
from pipelines.sensors import notify_of_run
from warehouse.release.release_folders import Releases

ROOT = Path(__file__).parents[2]
ILO = dg.AssetKey(["raw", "ilostat", "SDG_0131_SEX_SOC_RT"])


def payung(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_payung(home, *arguments, more={"PYTHONPATH": str(ROOT), **environment})


def events(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Every line of stdout as JSON; any other line is an error."""
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.long
def test_refresh_prints_its_events_as_json(own_home: Path) -> None:
    ran = payung(own_home, "refresh", "--force", "--json")
    assert ran.returncode == 0, ran.stderr
    printed = events(ran)
    assert printed[0] == {"event": "start", "home": str(own_home), "online": False, "sources": [], "force": True}
    middle, last = printed[1:-1], printed[-1]
    assert {e["event"] for e in middle} == {"progress"}
    assert "harmonised.observation" in [e["asset"] for e in middle]
    release = Releases(own_home).current()
    assert release is not None
    assert (last["event"], last["release"], last["exit_code"]) == ("published", release.name, 0)
    assert last["release"] != Path(printed[0]["home"]).name
    assert len(Releases(own_home).ids()) == 2, "--force publishes although nothing changed"
    rows = {r["provider"]: r for r in last["rows"]}
    for row in rows.values():
        assert row["rows_in"] == row["harmonised"] + row["out_of_scope"] + row["rejected"]
    assert rows["unsd_sdg"]["harmonised"] > 20_000
    assert last["checks_passed"] > 10
    assert last["first_figures"][0]["indicator"]


@pytest.mark.long
def test_refresh_without_changes_and_refresh_without_any_answer(own_home: Path) -> None:
    quiet = payung(own_home, "refresh", "--json")
    assert [e["event"] for e in events(quiet)] == ["start", "unchanged"]
    unreachable = {"PAYUNG_ILOSTAT_BULK_URL": "http://127.0.0.1:9", "PAYUNG_ILOSTAT_SDMX_URL": "http://127.0.0.1:9"}
    ran = payung(
        own_home, "refresh", "--online", "--source", "ilostat", "--json", PAYUNG_HTTP_PAUSE_SECONDS="0", **unreachable
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    printed = events(ran)
    (fetched,) = (e for e in printed if e["event"] == "fetched")
    assert (fetched["provider"], fetched["outcome"]) == ("ilostat", "failed")
    assert (printed[-1]["event"], printed[-1]["exit_code"]) == ("unchanged", 1)
    log = (own_home / "log" / "notices.log").read_text()
    for kind in ("failed_fetch", "late_source"):
        assert_reports(log, found=f"  {kind}  ilostat/SDG_0131_SEX_SOC_RT")


def test_failed_refresh_is_an_event_and_a_notice(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster").write_text("a file where a folder should be")
    ran = payung(home, "refresh", "--json")
    assert ran.returncode == 1
    last = events(ran)[-1]
    assert (last["event"], last["exit_code"]) == ("failed", 1)
    assert "cannot be written" in last["message"]
    assert ran.stderr == f"payung: {last['message']}\n"
    assert "  failed_run  payung refresh failed" in (home / "log" / "notices.log").read_text()


@pytest.mark.long
def test_notice_of_a_failed_refresh_that_cannot_be_sent_is_reported_after_the_error(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster").write_text("a file where a folder should be")
    ran = payung(home, "refresh", PAYUNG_WEBHOOK_URL="http://127.0.0.1:9/x", PAYUNG_HTTP_PAUSE_SECONDS="0")
    error, unsent_notice = ran.stderr.splitlines()
    assert ran.returncode == 1
    assert "cannot be written" in error
    assert unsent_notice.startswith("payung: ")
    assert_reports(unsent_notice, found="webhook")


@pytest.fixture
def running() -> Any:
    with serving() as providers:
        yield providers


@pytest.mark.long
def test_run_of_a_providers_schedule_without_new_data_makes_no_release(
    own_home: Path, running: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs the graph as the schedule does; the command line would not start it."""
    for name, value in {**running.environment, "PAYUNG_HOME": str(own_home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", "")  # restored after the test
    prepare_dagster(own_home / "dagster")
    before = Releases(own_home).ids()
    (own_home / "site").mkdir()  # the site of the current release exists, so that this run does not make it
    (own_home / "site" / "release.txt").write_text(before[-1], encoding="utf-8")
    defs = build_defs(own_home)
    schedule = defs.get_repository_def().get_schedule_def("ilostat_by_calendar")
    with dg.build_schedule_context(scheduled_execution_time=datetime(2026, 12, 1, 5)) as tick:
        (request,) = schedule.evaluate_tick(tick).run_requests or []
    config = {
        **request.run_config["resources"]["workplace"]["config"],
        "today": "2026-11-22",
    }
    with dg.DagsterInstance.get() as instance:
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        result = defs.resolve_job_def(schedule.job_name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "resources": {"workplace": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        assert result.success
        reports, release = run_results(instance, result.run_id)
        event = next(e for e in result.all_events if e.event_type is dg.DagsterEventType.RUN_SUCCESS)
        notify_of_run(dg.build_run_status_sensor_context("notify_of_run", event, instance, result.dagster_run))
    assert [(r.provider, r.outcome) for r in reports] == [("ilostat", "same_content")], (
        "no other provider received a request"
    )
    assert release is None
    assert Releases(own_home).ids() == before
    (made,) = result.asset_materializations_for_node("release__warehouse")
    assert str(made.metadata["outcome"].value).startswith("nothing new")
    assert not list((own_home / "build").glob("*")), "its build is removed"

    checks = {(e.asset_key, e.check_name): e for e in result.get_asset_check_evaluations()}
    late = checks[ILO, "not_late"]
    assert (late.passed, late.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "2024-09-12 is 801 days old" in str(late.description)
    assert "Last request" in str(late.description)
    assert checks[dg.AssetKey(["raw", "un_wpp", "wpp2019_age_sex"]), "not_late"].passed
    assert (dg.AssetKey(["raw", "national", "documents"]), "not_late") not in checks
    log = (own_home / "log" / "notices.log").read_text()
    ((kind, title),) = (line.split("  ")[1:3] for line in log.splitlines() if line[:1].isdigit())
    assert (kind, title.split()[0]) == ("late_source", "ilostat/SDG_0131_SEX_SOC_RT")
