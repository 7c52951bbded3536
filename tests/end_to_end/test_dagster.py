"""The graph in the UI: it loads, describes its assets, records the refreshes, and has a schedule."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.site import SITE, SITE_CHECK
from indicator_defs.system import settings
from pipelines.definitions import build_defs
from pipelines.jobs import REFRESH
from pipelines.run_events import first_failure
from sources import registry
from warehouse.build import audit_checks
from warehouse.metadata import tables

ROOT = Path(__file__).parents[2]
STAGES = ["raw", "staged", "harmonised", "indicator_set", "baseline", "release"]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> dg.AssetGraph:
    defs = build_defs(tmp_path_factory.mktemp("graph"))
    return defs.resolve_asset_graph()


@pytest.fixture
def instance(made_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of the made home, copied."""
    folder = tmp_path / "dagster"
    shutil.copytree(made_home / "dagster", folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    with dg.DagsterInstance.get() as found:
        yield found


@pytest.mark.parametrize(
    "has_home",
    [
        pytest.param(True, marks=pytest.mark.long, id="with DAGSTER_HOME"),
        pytest.param(False, id="without DAGSTER_HOME"),
    ],
)
def test_definitions_are_valid_for_dagster_itself(tmp_path: Path, has_home: bool) -> None:
    (tmp_path / "dagster").mkdir()
    shutil.copy(ROOT / "pipelines" / "dagster.yaml", tmp_path / "dagster")
    others = {name: value for name, value in settings.for_child().items() if name != "DAGSTER_HOME"}
    own = {"DAGSTER_HOME": str(tmp_path / "dagster")} if has_home else {}
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "dagster"), "definitions", "validate"],
        env={**others, **own, "PAYUNG_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not (tmp_path / "home").exists(), "loading the graph makes no files"


def test_every_asset_has_a_description_and_a_stage(graph: dg.AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.group_name in {*STAGES, "reference", "lineage", "quality"}, key


def test_every_table_and_dataset_is_an_asset(graph: dg.AssetGraph) -> None:
    names = {"/".join(k.path) for k in graph.get_all_asset_keys()}
    for structure in registry.structures():
        assert f"raw/{structure.provider}/{structure.dataset}" in names
        assert f"staged/{structure.key}" in names
    for name, described in tables().items():
        if described.schema in ("harmonised", "indicator_set", "baseline") and described.schema != "staged":
            assert name.replace(".", "/") in names
    assert {"reference/catalogue", "quality/check_result", "release/warehouse"} <= names


def test_no_asset_depends_on_a_later_stage(graph: dg.AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        stage = graph.get(key).group_name
        if stage not in STAGES:
            continue
        for parent in graph.get(key).parent_keys:
            above = graph.get(parent).group_name
            if above in STAGES:
                assert STAGES.index(above) <= STAGES.index(stage), f"{key} after {parent}"


def test_release_comes_after_the_audit_and_the_audit_after_everything(graph: dg.AssetGraph) -> None:
    release = graph.get(dg.AssetKey(["release", "warehouse"]))
    assert release.parent_keys == {dg.AssetKey(["quality", "check_result"])}
    above = graph.get(dg.AssetKey(["quality", "check_result"])).parent_keys
    published = {dg.AssetKey(n.split(".")) for n, t in tables().items() if not t.is_work and t.schema == "baseline"}
    assert published <= above


def test_dependencies_are_those_of_the_sql(graph: dg.AssetGraph) -> None:
    observation = graph.get(dg.AssetKey(["harmonised", "observation"]))
    assert dg.AssetKey(["harmonised", "row"]) in observation.parent_keys
    row = graph.get(dg.AssetKey(["harmonised", "row"]))
    assert {dg.AssetKey(["staged", s.key]) for s in registry.structures()} <= row.parent_keys


def test_checks_of_the_audit_are_checks_of_the_graph(graph: dg.AssetGraph) -> None:
    found = {k.name for k in graph.asset_check_keys if k.asset_key == dg.AssetKey(["quality", "check_result"])}
    assert found == {c.name for c in audit_checks.shown_checks()}
    staged = {k.asset_key for k in graph.asset_check_keys if k.name == "rows_fit_schema"}
    assert staged == {dg.AssetKey(["staged", s.key]) for s in registry.structures()}


def test_failed_table_is_named_although_one_step_makes_all_tables(tmp_path: Path) -> None:
    job = build_defs(tmp_path).resolve_job_def(REFRESH)
    table = dg.AssetKey(["harmonised", "series_map"])
    ran = job.execute_in_process(asset_selection=[table], raise_on_error=False)
    assert not ran.success
    failure = first_failure(ran.all_events)
    assert failure.asset == "harmonised/series_map"
    assert "no table harmonised.claimed_key" in failure.reason


def test_run_of_the_command_line_is_in_the_instance(instance: dg.DagsterInstance) -> None:
    (run,) = instance.get_runs()
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert run.job_name == "refresh"


def test_every_asset_was_materialised(instance: dg.DagsterInstance, graph: dg.AssetGraph) -> None:
    missing = [k for k in graph.get_all_asset_keys() if instance.get_latest_materialization_event(k) is None]
    assert missing == [SITE], "schedules and payung export make the site"


@pytest.mark.parametrize(
    ("path", "least"),
    [
        (("staged", "unsd_sdg__sdg"), 43_007),
        (("harmonised", "observation"), 20_000),
        (("indicator_set", "aggregate"), 10_000),
        (("baseline", "value"), 2_000),
    ],
)
def test_materialisation_has_rows_columns_and_a_preview(
    instance: dg.DagsterInstance, path: tuple[str, str], least: int
) -> None:
    event = instance.get_latest_materialization_event(dg.AssetKey(list(path)))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert metadata["dagster/row_count"].value >= least
    schema = metadata["dagster/column_schema"].value
    assert isinstance(schema, dg.TableSchema)
    assert len(schema.columns) > 10
    assert all(c.description for c in schema.columns)
    preview = metadata["preview"].value
    lines = str(preview).splitlines()
    assert lines[0].startswith("| ")
    assert set(lines[1]) <= set("|-")
    assert len(lines) >= 4


def test_checks_were_evaluated(instance: dg.DagsterInstance, graph: dg.AssetGraph) -> None:
    check_keys = [k for k in graph.asset_check_keys if k.name not in ("not_late", "fetched_whole", SITE_CHECK)]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(check_keys)
    assert set(found) == set(check_keys)
    for key, record in found.items():
        evaluation = record.evaluation
        assert evaluation is not None
        assert evaluation.passed or evaluation.severity is dg.AssetCheckSeverity.WARN, key
    account = next(k for k in check_keys if k.name == "row_account_balances")
    evaluation = found[account].evaluation
    assert evaluation is not None
    assert evaluation.passed


def test_weekly_schedule_is_off_and_at_six_in_jakarta(tmp_path: Path) -> None:
    schedule = build_defs(tmp_path).resolve_schedule_def("refresh_weekly")
    assert schedule.cron_schedule == "0 6 * * 1"
    assert schedule.execution_timezone == "Asia/Jakarta"
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == "refresh"


def test_tick_of_the_schedule_requests_one_run(tmp_path: Path) -> None:
    defs = build_defs(tmp_path)
    monday = datetime(2026, 11, 23, 6, tzinfo=ZoneInfo("Asia/Jakarta"))
    schedule = defs.get_repository_def().get_schedule_def("refresh_weekly")
    with dg.DagsterInstance.ephemeral() as ephemeral:
        context = dg.build_schedule_context(
            instance=ephemeral, scheduled_execution_time=monday, repository_def=defs.get_repository_def()
        )
        with context:
            tick = schedule.evaluate_tick(context)
    assert tick.skip_message is None
    assert len(tick.run_requests or []) == 1


def test_storage_of_dagster_is_in_the_home_and_telemetry_is_off(made_home: Path) -> None:
    text = (made_home / "dagster" / "dagster.yaml").read_text(encoding="utf-8")
    assert text == (ROOT / "pipelines" / "dagster.yaml").read_text(encoding="utf-8")
    assert "telemetry:\n  enabled: false" in text
    assert (made_home / "dagster" / "history").is_dir()
