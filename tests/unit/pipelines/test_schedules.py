"""Schedules: made from the providers' files, off by default, at the times of their calendars, for one provider each."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines import jobs, schedules
from pipelines.definitions import build_defs
from pipelines.job_run import end_dead_runs
from sources import registry
from sources.provider_spec import Calendar

PROVIDERS = sorted(p.provider for p in jobs.online_providers())


def calendar(*months: int) -> Calendar:
    return Calendar(frequency="quarterly", months=list(months), note="of a test")


@pytest.mark.parametrize(
    ("months", "lines"),
    [
        ((3, 6, 9, 12), ["0 5 * 3,6,9,12 1", "0 5 1 1,2,4,5,7,8,10,11 *"]),
        ((7, 6, 7), ["0 5 * 6,7 1", "0 5 1 1,2,3,4,5,8,9,10,11,12 *"]),
        ((), ["0 5 1 * *"]),
        (tuple(range(1, 13)), ["0 5 * * 1"]),
    ],
)
def test_times_follow_the_months_of_the_calendar(months: tuple[int, ...], lines: list[str]) -> None:
    assert schedules.times(calendar(*months)) == lines


def test_every_monday_in_release_months_and_once_in_other_months() -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    lines = schedules.times(calendar(3, 6, 9, 12))
    ticks = takewhile(
        lambda t: t < datetime(2027, 3, 31, tzinfo=UTC), schedule_execution_time_iterator(start, lines, schedules.ZONE)
    )
    assert [f"{t:%m-%d %H:%M}" for t in ticks] == [
        *("12-07 05:00", "12-14 05:00", "12-21 05:00", "12-28 05:00"),
        *("01-01 05:00", "02-01 05:00"),
        *("03-01 05:00", "03-08 05:00", "03-15 05:00", "03-22 05:00", "03-29 05:00"),
    ]


def test_every_online_provider_has_a_schedule_that_is_off() -> None:
    assert [name for name, spec in registry.providers().items() if spec.endpoints] == PROVIDERS
    made = build_defs().resolve_all_job_defs() and build_defs().get_repository_def().schedule_defs
    assert {s.name for s in made} == {"refresh_weekly", *(schedules.schedule_name(p) for p in PROVIDERS)}
    for schedule in made:
        assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
        assert schedule.execution_timezone == "Asia/Jakarta"
    for provider in PROVIDERS:
        schedule = next(s for s in made if s.name == schedules.schedule_name(provider))
        stated = registry.provider(provider).calendar
        assert schedule.cron_schedule == schedules.times(stated)
        assert stated.note in str(schedule.description)
        assert stated.frequency.split("_")[0] in str(schedule.description)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tick_downloads_from_one_provider_and_refreshes_the_set(provider: str) -> None:
    defs = build_defs()
    schedule = defs.get_repository_def().get_schedule_def(schedules.schedule_name(provider))
    with dg.build_schedule_context(scheduled_execution_time=datetime(2026, 12, 7, 5)) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.run_config == {"resources": {"workplace": {"config": {"online": True, "sources": [provider]}}}}
    assert request.tags["payung/provider"] == provider
    job = defs.resolve_job_def(schedule.job_name)
    assert dg.validate_run_config(job, request.run_config)
    assert {"release__warehouse", "quality__check_result"} <= {n.name for n in job.nodes}
    # a run started from the launchpad has the same config
    assert job.run_config == request.run_config


def test_weekly_refresh_sends_no_requests() -> None:
    schedule = build_defs().get_repository_def().get_schedule_def("refresh_weekly")
    with dg.build_schedule_context() as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.run_config == {}
    assert schedule.job_name == "refresh"


def test_new_provider_has_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    providers = registry.providers()
    new = providers["ilostat"].model_copy(update={"provider": "adb_kidb", "calendar": calendar(8)})
    monkeypatch.setattr(registry, "providers", lambda: {**providers, "adb_kidb": new})
    made_jobs = jobs.provider_jobs()
    assert made_jobs["adb_kidb"].name == "refresh_adb_kidb"
    made = schedules.provider_schedules(made_jobs)
    (schedule,) = (s for s in made if s.name == "adb_kidb_by_calendar")
    assert schedule.cron_schedule == ["0 5 * 8 1", "0 5 1 1,2,3,4,5,6,7,9,10,11,12 *"]


@pytest.mark.parametrize("tag", ["payung/notified", "payung/told"])
def test_run_of_a_killed_command_does_not_block_the_queue(tag: str) -> None:
    @dg.job
    def nothing() -> None:
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        killed = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED, tags={tag: "yes"})
        of_the_ui = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        assert end_dead_runs(instance) == 1
        for run, status in ((killed, dg.DagsterRunStatus.FAILURE), (of_the_ui, dg.DagsterRunStatus.STARTED)):
            stored = instance.get_run_by_id(run.run_id)
            assert stored is not None
            assert stored.status is status
        assert end_dead_runs(instance) == 0
