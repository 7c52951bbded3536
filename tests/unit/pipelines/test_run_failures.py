"""The message of a failed run, and the file of failures."""

from __future__ import annotations

import signal
from pathlib import Path

import dagster as dg
from messages import assert_reports

from pipelines.run_events import first_failure
from pipelines.run_failures import FILE, last_failure, write_failure, write_recovery


def test_interrupted_run_has_a_message_for_users() -> None:
    @dg.asset(key=["harmonised", "observation"])
    def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)

    job = dg.Definitions(assets=[interrupted], jobs=[dg.define_asset_job("refresh")]).resolve_job_def("refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        events = job.execute_in_process(instance=instance, raise_on_error=False).all_events
    found = first_failure(events)
    assert found.asset == "harmonised/observation"
    assert_reports(found.reason, found=("interrupted", "Ctrl-C"), remedy="start it again")
    assert "Dagster" not in str(found.as_error())


def test_successful_refresh_ends_a_failure(tmp_path: Path) -> None:
    write_recovery(tmp_path)
    assert not (tmp_path / FILE).exists(), "nothing to recover from"
    write_failure(tmp_path, "refresh", "raw/unsd_sdg/sdg", "altered or cut", "1")
    assert "altered or cut" in (last_failure(tmp_path) or "")
    write_recovery(tmp_path)
    assert last_failure(tmp_path) is None
    log = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "altered or cut" in log, "the failure stays in the log"
    write_recovery(tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == log, "a second success adds no line"
    write_failure(tmp_path, "refresh", "raw/ilostat/x", "a second one", "2")
    assert "a second one" in (last_failure(tmp_path) or "")


def test_success_in_a_log_of_an_older_version_ends_a_failure(tmp_path: Path) -> None:
    write_failure(tmp_path, "refresh", "raw/unsd_sdg/sdg", "altered or cut", "1")
    with (tmp_path / FILE).open("a", encoding="utf-8") as log:
        log.write("2026-11-30T12:00:00+00:00  refresh went through; nothing had changed since the current release.\n")
    assert last_failure(tmp_path) is None
