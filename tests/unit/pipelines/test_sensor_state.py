"""The stored state of a sensor under its former name: it is taken over under the new one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, SensorInstigatorData

from assets.home import Home
from pipelines.dagster_home import prepare_dagster
from pipelines.definitions import build_defs
from pipelines.schedule_ticks import rename_sensor
from pipelines.sensors import FORMER_NOTIFY_OF_RUN, NOTIFY_OF_RUN, notify_of_run
from pipelines.web_interface import opened

REPOSITORY = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("pipelines.definitions"), "__repository__")


def state(name: str, status: InstigatorStatus, cursor: str) -> InstigatorState:
    data = SensorInstigatorData(last_tick_timestamp=1_796_000_000.0, cursor=cursor)
    return InstigatorState(RemoteInstigatorOrigin(REPOSITORY, name), InstigatorType.SENSOR, status, data)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as local:
        yield local


@pytest.mark.parametrize("status", [InstigatorStatus.STOPPED, InstigatorStatus.RUNNING])
def test_state_of_the_former_name_is_taken_over(instance: dg.DagsterInstance, status: InstigatorStatus) -> None:
    instance.add_instigator_state(state("tell_of_run", status, "41"))
    instance.add_instigator_state(state("log_failed_run", InstigatorStatus.RUNNING, "7"))
    for _ in range(2):
        rename_sensor(instance, FORMER_NOTIFY_OF_RUN, NOTIFY_OF_RUN)
    states = {s.name: s for s in instance.all_instigator_state()}
    assert set(states) == {"notify_of_run", "log_failed_run"}
    expected = state("notify_of_run", status, "41")
    assert states["notify_of_run"] == expected
    found = instance.get_instigator_state(expected.instigator_origin_id, expected.selector_id)
    assert found == expected, "the daemon finds the state by the origin and the selector of the new name"


def test_newer_state_of_the_new_name_remains(instance: dg.DagsterInstance) -> None:
    instance.add_instigator_state(state("tell_of_run", InstigatorStatus.RUNNING, "41"))
    instance.add_instigator_state(state("notify_of_run", InstigatorStatus.STOPPED, "42"))
    rename_sensor(instance, FORMER_NOTIFY_OF_RUN, NOTIFY_OF_RUN)
    assert list(instance.all_instigator_state()) == [state("notify_of_run", InstigatorStatus.STOPPED, "42")]


def test_state_is_taken_over_when_the_web_interface_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY", "PAYUNG_HOME"):
        monkeypatch.setenv(name, "")  # restored after the test
    home = Home(tmp_path)
    prepare_dagster(home.dagster)
    with dg.DagsterInstance.get() as instance:
        instance.add_instigator_state(state("tell_of_run", InstigatorStatus.STOPPED, "41"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with opened(home, port), dg.DagsterInstance.get() as instance:
        assert list(instance.all_instigator_state()) == [state("notify_of_run", InstigatorStatus.STOPPED, "41")]


def test_sensor_has_the_new_name() -> None:
    assert notify_of_run.name == NOTIFY_OF_RUN
    assert {s.name for s in build_defs().get_repository_def().sensor_defs} == {"log_failed_run", "notify_of_run"}
