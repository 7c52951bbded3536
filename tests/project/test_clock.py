"""Only indicator_defs.system.clock reads the clock: tests set it there, and results do not depend on the date."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from messages import assert_reports
from payung_command import run_payung

from assets.home import Home
from assets.workplace import Workplace
from indicator_defs.system import clock
from indicator_defs.system.settings import SettingsError
from pipelines.cli.main import main
from pipelines.home_status import dated_ahead, failed_since
from pipelines.notices import Notice, lateness_notices, send_notices
from pipelines.run_failures import last_failure, write_failure
from pipelines.schedule_ticks import end_waiting
from sources import registry
from sources.dataset_refresh import FetchReport
from sources.freshness import freshness, late_sources
from warehouse.release import history
from warehouse.release.release_folders import ReleaseError, Releases

ROOT = Path(__file__).parents[2]
READS_CLOCK = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|get_current_time|get_current_timestamp"
    r"|transaction_timestamp|now\s*\(|today\s*\()",
    re.IGNORECASE,
)


def make_releases(home: Path, *release_ids: str) -> Releases:
    """Release folders with these IDs and an empty manifest."""
    for release_id in release_ids:
        folder = home / "releases" / release_id
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return Releases(home)


def test_date_and_time_agree(day: date) -> None:
    assert clock.today() == day == clock.now().date() == date.fromisoformat(clock.stamp()[:10])
    assert clock.now().tzinfo is UTC
    assert history.now()[:10] == str(day)


def test_set_date_has_a_running_clock_and_set_time_has_not() -> None:
    with clock.set_to(date(2028, 2, 29)):
        first = clock.now()
        assert first <= clock.now()
        assert first.date() == date(2028, 2, 29)
    with clock.set_to(datetime(2030, 1, 1, 23, 59, 59)):
        assert clock.now() == clock.now() == datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2030-01-01T00:30:00Z", datetime(2030, 1, 1, 0, 30, tzinfo=UTC)),
        ("2030-01-01T06:30:00+07:00", datetime(2029, 12, 31, 23, 30, tzinfo=UTC)),
        (" 2030-01-01T06:30 ", datetime(2030, 1, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_environment_sets_the_clock_of_a_process(text: str, time: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", text)
    assert clock.now() == time
    assert clock.today() == time.date()


INVALID_TIMES = [
    "tomorrow",
    "2030-02-30",
    "1893456000",
    "2030-01-01T25:00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01",
    "0001-01-01T00:00:00+12:00",
]


@pytest.mark.parametrize("text", INVALID_TIMES)
def test_invalid_time_is_reported(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", text)
    with pytest.raises(SettingsError) as caught:
        clock.now()
    assert_reports(str(caught.value), place="PAYUNG_NOW:", found=repr(text), expected="2030-01-01T12:00:00Z")


def test_no_sql_reads_the_clock() -> None:
    files = [p for package in ("warehouse", "bench") for p in (ROOT / package).rglob("*.sql")]
    assert len(files) > 100
    found = [p.name for p in files if READS_CLOCK.search(re.sub(r"--[^\n]*", "", p.read_text(encoding="utf-8")))]
    assert found == []


def test_no_sql_within_python_reads_the_clock() -> None:
    """SQL in Python texts, which ruff does not check; the macro as_of and the schema `today` do not read the clock."""
    clock_function = re.compile(
        r"\b(current_date|current_timestamp|get_current_timestamp|localtimestamp)\b", re.IGNORECASE
    )
    packages = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench", "docs")
    files = [p for package in packages for p in (ROOT / package).rglob("*.py")]
    assert [p.name for p in files if clock_function.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("requested", "near_ids"),
    [
        ("2019.01.01-1", "2026.11.30-1, 2026.12.01-1, 2026.12.01-2, 2027.01.02-1, 2027.11.30-1"),
        ("2027.11.30-2", "2027.11.30-1, 2028.02.29-1, 2027.01.02-1, 2026.12.01-2, 2026.12.01-1"),
        ("2026.12.01-7", "2026.12.01-2, 2026.12.01-1, 2026.11.30-1, 2027.01.02-1, 2027.11.30-1"),
        ("2028-02-28", "2028.02.29-1, 2027.11.30-1, 2027.01.02-1, 2026.12.01-1, 2026.12.01-2"),
        ("2999.12.31-1", "2028.02.29-1, 2027.11.30-1, 2027.01.02-1, 2026.12.01-1, 2026.12.01-2"),
    ],
)
def test_near_releases_are_near_by_date_then_by_number(tmp_path: Path, requested: str, near_ids: str) -> None:
    ids = "2026.11.30-1", "2026.12.01-1", "2026.12.01-2", "2027.01.02-1", "2027.11.30-1", "2028.02.29-1"
    with pytest.raises(ReleaseError, match=rf"no release {requested}\b.*: {near_ids}\..*\b6\b"):
        make_releases(tmp_path, *ids).find(requested)


@pytest.mark.parametrize("text", ["latest", "2026.02.30-1", "../x", ""])
def test_message_for_an_invalid_release_id_lists_the_newest_releases(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReleaseError, match=r": 2027\.01\.02-1, 2026\.11\.30-1\."):
        make_releases(tmp_path, "2026.11.30-1", "2027.01.02-1").find(text)


def test_message_for_an_unknown_release_lists_the_existing_ones(tmp_path: Path, day: date) -> None:
    releases = make_releases(tmp_path, Releases(tmp_path).next_id(day))
    assert releases.ids() == [f"{day:%Y.%m.%d}-1"]
    with pytest.raises(ReleaseError, match=rf"no release 2019\.01\.01-1\b.*: {day:%Y.%m.%d}-1\."):
        releases.find("2019.01.01-1")


def test_later_release_has_a_later_id_even_if_the_clock_is_set_back(tmp_path: Path, day: date) -> None:
    releases = make_releases(tmp_path, f"{day:%Y.%m.%d}-9")
    assert releases.next_id(day + timedelta(days=1)) == f"{day + timedelta(days=1):%Y.%m.%d}-1"
    for today in (day, day - timedelta(days=1), day - timedelta(days=400)):
        assert releases.next_id(today) == f"{day:%Y.%m.%d}-10"
    history.record(releases.folder, history.Event(history.now(), "pruned", f"{day:%Y.%m.%d}-12", by="me"))
    assert releases.next_id(day - timedelta(days=1)) == f"{day:%Y.%m.%d}-13", (
        "IDs of removed releases are not used again"
    )


def test_lateness_counts_days_on_any_date(day: date) -> None:
    un = registry.dataset("unsd_sdg", "sdg")
    allowed = registry.provider("unsd_sdg").calendar.late_after_days
    assert allowed is not None
    assert not freshness(un, day - timedelta(days=allowed), clock.today()).is_late
    assert freshness(un, day - timedelta(days=allowed + 1), clock.today()).is_late


def test_vintage_dated_in_the_future_does_not_hide_lateness(day: date) -> None:
    source = {"provider": "unsd_sdg", "dataset": "sdg"}
    old, ahead = day - timedelta(days=900), day + timedelta(days=900)
    (late,) = late_sources([{**source, "vintage_date": str(d)} for d in (old, ahead)], day, [])
    assert (late.vintage, late.days) == (old, 900)
    assert late_sources([{**source, "vintage_date": str(ahead)}], day, []) == []
    message = freshness(registry.dataset("unsd_sdg", "sdg"), ahead, day).message
    assert_reports(message, place=str(ahead), found="900 days after today", remedy="clock")


def test_date_in_the_future_does_not_suppress_a_notice(tmp_path: Path, day: date) -> None:
    old = str(day - timedelta(days=2000))
    releases = make_releases(tmp_path, f"{day:%Y.%m.%d}-1")
    manifest = {"release": "x", "sources": [{"provider": "unsd_sdg", "dataset": "sdg", "vintage_date": old}]}
    (folder,) = (releases.folder).glob("*")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    releases.link.symlink_to(folder)
    report = FetchReport(
        provider="unsd_sdg", dataset="sdg", outcome="unchanged", at=clock.now(), requests=1, bytes=1, message="."
    )
    assert len(lateness_notices(Home(tmp_path), [report], day)) == 1
    assert lateness_notices(Home(tmp_path), [report], day + timedelta(days=29)) == []
    assert len(lateness_notices(Home(tmp_path), [report], day + timedelta(days=30))) == 1
    assert len(lateness_notices(Home(tmp_path), [report], day - timedelta(days=400))) == 1, (
        "the clock was set back by a year"
    )


def test_failure_is_compared_with_the_time_of_publication(tmp_path: Path, day: date) -> None:
    write_failure(tmp_path, "refresh", "raw/x", "cut", "1")
    failure = last_failure(tmp_path)
    assert failure is not None
    assert failure.startswith(f"{day}T")
    at = datetime.fromisoformat(failure[:25])
    assert failed_since(failure, [(at - timedelta(seconds=1)).isoformat()])
    ahead = (at + timedelta(days=400)).isoformat()
    assert failed_since(failure, [ahead]), "published while the clock was ahead"
    with clock.set_to(at + timedelta(hours=2)):
        since = (at + timedelta(hours=1)).isoformat()
        assert not failed_since(failure, [since])
        assert not failed_since(failure, [ahead, since]), "published again with a correct clock"


def test_status_reports_a_release_dated_in_the_future(day: date) -> None:
    assert dated_ahead({"release": "x", "made_at": clock.stamp()}) == []
    later = (clock.now() + timedelta(days=400)).isoformat(timespec="seconds")
    (message,) = dated_ahead({"release": "x", "made_at": later})
    assert_reports(message, place="release x", found=str(day), remedy="set the clock")
    assert later[:10] in message


def test_log_of_notices_has_the_date(tmp_path: Path, day: date) -> None:
    assert send_notices(Home(tmp_path), [Notice("late_source", "x is overdue")]) == []
    assert (tmp_path / "log" / "notices.log").read_text(encoding="utf-8").startswith(f"{day}T")


def test_as_of_refuses_a_date_after_today(tmp_path: Path, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    tomorrow = str(day + timedelta(days=1))
    for arguments in (
        ["refresh", "--as-of", tomorrow, "--to", str(tmp_path / "x")],
        ["sql", "--as-of", tomorrow, "SELECT 1"],
    ):
        ran = CliRunner().invoke(main, arguments)
        assert ran.exit_code == 2
        assert_reports(" ".join(ran.output.split()), found=tomorrow, expected=("up to today", str(day)))
    today = CliRunner().invoke(main, ["sql", "--as-of", str(day), "SELECT 1"])
    assert today.exit_code == 1
    assert_reports(today.output, found="no release")
    place = Workplace(home=str(tmp_path / "home"), as_of=tomorrow, to=str(tmp_path / "x"))
    with pytest.raises(Exception, match=r"workplace\.as_of") as caught:
        place.setup_for_execution(dg.build_init_resource_context())
    assert_reports(str(caught.value), found=tomorrow, expected=("up to today", str(day)))


def test_command_in_its_own_process_has_the_date_too(tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", "sql", "--as-of", "2030-01-02", "SELECT 1", more={"PAYUNG_NOW": "2030-01-01"})
    assert ran.returncode == 2
    assert_reports(" ".join(ran.stderr.split()), found="2030-01-02", expected=("up to today", "2030-01-01"))


def test_sensors_and_schedules_do_not_wait_for_recorded_future_times(tmp_path: Path) -> None:
    ahead, past = datetime(2031, 1, 1, tzinfo=UTC).timestamp(), datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    location = RegisteredCodeLocationOrigin("pipelines.definitions")

    def state(name: str, kind: InstigatorType, data: SensorInstigatorData | ScheduleInstigatorData) -> InstigatorState:
        origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
        return InstigatorState(origin, kind, InstigatorStatus.RUNNING, data)

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        waiting = state(
            "notify_of_run", InstigatorType.SENSOR, SensorInstigatorData(last_tick_timestamp=ahead, cursor="7")
        )
        weekly = state("weekly", InstigatorType.SCHEDULE, ScheduleInstigatorData("0 6 * * 1", past, ahead))
        right = state("log", InstigatorType.SENSOR, SensorInstigatorData(last_tick_timestamp=past))
        for one in (waiting, weekly, right):
            instance.add_instigator_state(one)
        done = TickStatus.SUCCESS
        origin, selector = weekly.instigator_origin_id, weekly.selector_id
        instance.create_tick(
            TickData(origin, "weekly", InstigatorType.SCHEDULE, done, ahead, ["run"], selector_id=selector)
        )
        now = datetime(2026, 11, 30, tzinfo=UTC)
        with clock.set_to(now):
            assert end_waiting(instance) == ["notify_of_run", "weekly"]
            assert end_waiting(instance) == [], "a second call changes nothing"
        found = {s.name: s.instigator_data for s in instance.all_instigator_state()}
        assert found["notify_of_run"].last_tick_timestamp == now.timestamp()
        assert found["notify_of_run"].cursor == "7", "the events it has seen stay recorded"
        assert (found["weekly"].start_timestamp, found["weekly"].last_iteration_timestamp) == (past, now.timestamp())
        assert found["log"].last_tick_timestamp == past
        (tick,) = instance.get_ticks(origin, selector)
        assert tick.timestamp == now.timestamp()
