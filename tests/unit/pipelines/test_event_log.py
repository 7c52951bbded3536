"""Dagster's event log after a failed run: failed assets show as failed, those not reached as before the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.event_log import KeptConnectionEventLogStorage
from warehouse.build.parallel import TableError

ROOT = Path(__file__).parents[3]
TABLES = ("indicator_set.value", "indicator_set.choice", "baseline.value")
failing: set[str] = set()


def checked(name: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, check_name="whole", asset_key=name)


def asset(name: str, *inputs: str) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=inputs, check_specs=[dg.AssetCheckSpec("whole", asset=name)])
    def materialise() -> dg.MaterializeResult:
        if name in failing:
            raise ValueError(name)
        return dg.MaterializeResult(check_results=[checked(name)])

    return materialise


@dg.multi_asset(specs=[dg.AssetSpec(t.split("."), deps=["staged"]) for t in TABLES], name="sql_tables")
def tables() -> Iterator[dg.MaterializeResult]:
    for name in TABLES:
        if name in failing:
            raise TableError(f"{name}: no such column: x")
        if "interrupted" in failing and name != TABLES[0]:
            raise KeyboardInterrupt
        yield dg.MaterializeResult(asset_key=name.split("."))


@dg.asset(deps=[dg.AssetKey(t.split(".")) for t in TABLES], check_specs=[dg.AssetCheckSpec("whole", asset="release")])
def release() -> dg.MaterializeResult:
    return dg.MaterializeResult(check_results=[checked("release")])


DEFINITIONS = dg.Definitions(
    assets=[asset("raw"), asset("staged", "raw"), tables, release],
    jobs=[dg.define_asset_job("refresh", selection=dg.AssetSelection.all())],
    executor=dg.in_process_executor,
)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    shutil.copyfile(ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
    failing.clear()
    with dg.DagsterInstance.get() as found:
        assert isinstance(found.event_log_storage, KeptConnectionEventLogStorage)
        yield found


def run(instance: dg.DagsterInstance, *fails: str) -> str:
    failing.clear()
    failing.update(fails)
    found = DEFINITIONS.resolve_job_def("refresh").execute_in_process(instance=instance, raise_on_error=False)
    assert found.success is (not fails)
    return found.run_id


def shown(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """The state of each asset in the web interface, from its newest plan and its newest materialisation."""
    out = {}
    for key in ["raw", "staged", *TABLES, "release"]:
        asset_key = dg.AssetKey(key.split("."))
        plan = instance.get_latest_planned_materialization_info(asset_key)
        materialised = instance.get_latest_materialization_event(asset_key)
        (record,) = instance.get_asset_records([asset_key])
        last = record.asset_entry.last_run_id
        assert last == (plan.run_id if plan else None), "Dagster finds the last run in two places, which must agree"
        if plan is not None and (materialised is None or materialised.run_id != plan.run_id):
            assert plan.run_id == run_id
            out[key] = "failed"
        else:
            out[key] = "never" if materialised is None else "now" if materialised.run_id == run_id else "before"
    return out


def states(instance: dg.DagsterInstance) -> dict[str, tuple[str, str]]:
    """The status and run of the last record of each check; none for a check that never ran."""
    keys = [dg.AssetCheckKey(dg.AssetKey(name), "whole") for name in ("raw", "staged", "release")]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key.asset_key.path[-1]: (record.status.value, record.run_id) for key, record in found.items()}


@pytest.mark.parametrize("first", ["never", "before"])
def test_assets_not_reached_show_as_before_the_run(instance: dg.DagsterInstance, first: str) -> None:
    earlier = run(instance) if first == "before" else ""
    failed = run(instance, "staged")
    assert shown(instance, failed) == {
        "raw": "now",
        "staged": "failed",
        **dict.fromkeys(TABLES, first),
        "release": first,
    }
    expected = {"raw": ("SUCCEEDED", failed)}
    if earlier:
        expected |= {"staged": ("SUCCEEDED", earlier), "release": ("SUCCEEDED", earlier)}
    assert states(instance) == expected
    again = run(instance)
    assert set(shown(instance, again).values()) == {"now"}
    assert {run_id for _, run_id in states(instance).values()} == {again}


def test_only_the_table_that_the_error_names_shows_as_failed(instance: dg.DagsterInstance) -> None:
    run(instance)
    failed = run(instance, "indicator_set.choice")
    found = shown(instance, failed)
    assert [found[t] for t in TABLES] == ["now", "failed", "before"]
    assert found["release"] == "before"


def test_interrupted_run_shows_no_table_as_failed(instance: dg.DagsterInstance) -> None:
    run(instance)
    failed = run(instance, "interrupted")
    found = shown(instance, failed)
    assert [found[t] for t in TABLES] == ["now", "before", "before"]
    assert found["release"] == "before"


def test_killed_run_shows_no_asset_as_failed(instance: dg.DagsterInstance) -> None:
    run(instance)
    job = DEFINITIONS.resolve_job_def("refresh")
    killed = instance.create_run_for_job(job)
    instance.report_run_failed(killed, "The process of this run ended before the run did.")
    assert set(shown(instance, killed.run_id).values()) == {"before"}
    assert len(states(instance)) == 3
