"""Why a run failed, in words for its users."""

from __future__ import annotations

import signal
from pathlib import Path

import dagster as dg

from pipelines.run_events import first_failure
from pipelines.run_failures import FILE, last_failure, write_failure, write_recovery


def test_interrupted_run_is_told_in_words() -> None:
    @dg.asset(key=["harmonised", "observation"])
    def interrupted() -> None:
        signal.raise_signal(signal.SIGINT)

    job = dg.Definitions(assets=[interrupted], jobs=[dg.define_asset_job("refresh")]).resolve_job_def("refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        events = job.execute_in_process(instance=instance, raise_on_error=False).all_events
    found = first_failure(events)
    assert found.asset == "harmonised/observation"
    assert found.reason.startswith("interrupted: by Ctrl-C")
    assert "Dagster" not in str(found.as_error())


def test_a_refresh_that_went_through_since_ends_a_failure(tmp_path: Path) -> None:
    write_recovery(tmp_path)
    assert not (tmp_path / FILE).exists(), "nothing to recover from"
    write_failure(tmp_path, "refresh", "raw/unsd_sdg/sdg", "altered or cut", "1")
    assert "altered or cut" in (last_failure(tmp_path) or "")
    write_recovery(tmp_path)
    assert last_failure(tmp_path) is None
    told = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "altered or cut" in told, "the log keeps it"
    write_recovery(tmp_path)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == told, "said once"
    write_failure(tmp_path, "refresh", "raw/ilostat/x", "a second one", "2")
    assert "a second one" in (last_failure(tmp_path) or "")
