"""The clock has one door: tests set it, nothing else reads the machine's, and on no day is anything different."""

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


def put(home: Path, *release_ids: str) -> Releases:
    """Releases of these IDs, as far as finding them goes."""
    for release_id in release_ids:
        folder = home / "releases" / release_id
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return Releases(home)


def test_day_and_moment_are_one(day: date) -> None:
    assert clock.today() == day == clock.now().date() == date.fromisoformat(clock.stamp()[:10])
    assert clock.now().tzinfo is UTC
    assert history.now()[:10] == str(day)


def test_a_day_that_is_set_goes_on_and_a_moment_does_not() -> None:
    with clock.set_to(date(2028, 2, 29)):
        first = clock.now()
        assert first <= clock.now()
        assert first.date() == date(2028, 2, 29)
    with clock.set_to(datetime(2030, 1, 1, 23, 59, 59)):
        assert clock.now() == clock.now() == datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-01T00:30:00Z", datetime(2030, 1, 1, 0, 30, tzinfo=UTC)),
        ("2030-01-01T06:30:00+07:00", datetime(2029, 12, 31, 23, 30, tzinfo=UTC)),
        (" 2030-01-01T06:30 ", datetime(2030, 1, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_the_environment_sets_it_for_a_process(text: str, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", text)
    assert clock.now() == moment
    assert clock.today() == moment.date()


TEXTS_OF_NO_MOMENT = [
    "tomorrow",
    "2030-02-30",
    "1893456000",
    "2030-01-01T25:00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01",
    "0001-01-01T00:00:00+12:00",
]


@pytest.mark.parametrize("text", TEXTS_OF_NO_MOMENT)
def test_a_moment_that_is_none_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_NOW", text)
    with pytest.raises(
        SettingsError, match=re.escape(f"PAYUNG_NOW: found {text!r}, expected a day such as 2030-01-01")
    ):
        clock.now()


def test_no_sql_reads_the_clock() -> None:
    files = [p for package in ("warehouse", "bench") for p in (ROOT / package).rglob("*.sql")]
    assert len(files) > 100
    found = [p.name for p in files if READS_CLOCK.search(re.sub(r"--[^\n]*", "", p.read_text(encoding="utf-8")))]
    assert found == []


def test_no_sql_within_python_reads_the_clock() -> None:
    """In texts of SQL, which ruff does not read; the macro as_of and the schema `today` are not the clock."""
    wanted = re.compile(r"\b(current_date|current_timestamp|get_current_timestamp|localtimestamp)\b", re.IGNORECASE)
    packages = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench", "docs")
    files = [p for package in packages for p in (ROOT / package).rglob("*.py")]
    assert [p.name for p in files if wanted.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("2019.01.01-1", "2026.11.30-1, 2026.12.01-1, 2026.12.01-2, 2027.01.02-1, 2027.11.30-1"),
        ("2027.11.30-2", "2027.11.30-1, 2028.02.29-1, 2027.01.02-1, 2026.12.01-2, 2026.12.01-1"),
        ("2026.12.01-7", "2026.12.01-2, 2026.12.01-1, 2026.11.30-1, 2027.01.02-1, 2027.11.30-1"),
        ("2028-02-28", "2028.02.29-1, 2027.11.30-1, 2027.01.02-1, 2026.12.01-1, 2026.12.01-2"),
        ("2999.12.31-1", "2028.02.29-1, 2027.11.30-1, 2027.01.02-1, 2026.12.01-1, 2026.12.01-2"),
    ],
)
def test_near_releases_are_near_by_date_then_by_number(tmp_path: Path, asked: str, named: str) -> None:
    ids = "2026.11.30-1", "2026.12.01-1", "2026.12.01-2", "2027.01.02-1", "2027.11.30-1", "2028.02.29-1"
    with pytest.raises(ReleaseError, match=rf"no release {asked}\. \w+: {named}\. All 6:"):
        put(tmp_path, *ids).find(asked)


@pytest.mark.parametrize("asked", ["latest", "2026.02.30-1", "../x", ""])
def test_what_is_no_release_id_gets_the_newest(tmp_path: Path, asked: str) -> None:
    with pytest.raises(ReleaseError, match=r"Newest: 2027\.01\.02-1, 2026\.11\.30-1\."):
        put(tmp_path, "2026.11.30-1", "2027.01.02-1").find(asked)


def test_unknown_release_names_those_there_are_on_any_day(tmp_path: Path, day: date) -> None:
    releases = put(tmp_path, Releases(tmp_path).next_id(day))
    assert releases.ids() == [f"{day:%Y.%m.%d}-1"]
    with pytest.raises(ReleaseError, match=rf"no release 2019\.01\.01-1\. \w+: {day:%Y.%m.%d}-1\."):
        releases.find("2019.01.01-1")


def test_a_later_release_has_the_later_id_also_after_the_clock_went_back(tmp_path: Path, day: date) -> None:
    releases = put(tmp_path, f"{day:%Y.%m.%d}-9")
    assert releases.next_id(day + timedelta(days=1)) == f"{day + timedelta(days=1):%Y.%m.%d}-1"
    for today in (day, day - timedelta(days=1), day - timedelta(days=400)):
        assert releases.next_id(today) == f"{day:%Y.%m.%d}-10"
    history.record(releases.folder, history.Event(history.now(), "pruned", f"{day:%Y.%m.%d}-12", by="me"))
    assert releases.next_id(day - timedelta(days=1)) == f"{day:%Y.%m.%d}-13", "nor one that was removed"


def test_lateness_counts_days_on_any_day(day: date) -> None:
    un = registry.dataset("unsd_sdg", "sdg")
    allowed = registry.provider("unsd_sdg").calendar.late_after_days
    assert allowed is not None
    assert not freshness(un, day - timedelta(days=allowed), clock.today()).is_late
    assert freshness(un, day - timedelta(days=allowed + 1), clock.today()).is_late


def test_a_vintage_to_come_hides_no_lateness(day: date) -> None:
    source = {"provider": "unsd_sdg", "dataset": "sdg"}
    old, ahead = day - timedelta(days=900), day + timedelta(days=900)
    (late,) = late_sources([{**source, "vintage_date": str(d)} for d in (old, ahead)], day, [])
    assert (late.vintage, late.days) == (old, 900)
    assert late_sources([{**source, "vintage_date": str(ahead)}], day, []) == []
    said = freshness(registry.dataset("unsd_sdg", "sdg"), ahead, day).message
    assert said == f"Newest vintage {ahead} is dated 900 days after today: check the machine's clock."


def test_a_late_source_is_not_kept_quiet_by_a_day_to_come(tmp_path: Path, day: date) -> None:
    old = str(day - timedelta(days=2000))
    releases = put(tmp_path, f"{day:%Y.%m.%d}-1")
    manifest = {"release": "x", "sources": [{"provider": "unsd_sdg", "dataset": "sdg", "vintage_date": old}]}
    (folder,) = (releases.folder).glob("*")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    releases.link.symlink_to(folder)
    asked = FetchReport(
        provider="unsd_sdg", dataset="sdg", outcome="unchanged", at=clock.now(), requests=1, bytes=1, message="."
    )
    assert len(lateness_notices(Home(tmp_path), [asked], day)) == 1
    assert lateness_notices(Home(tmp_path), [asked], day + timedelta(days=29)) == []
    assert len(lateness_notices(Home(tmp_path), [asked], day + timedelta(days=30))) == 1
    assert len(lateness_notices(Home(tmp_path), [asked], day - timedelta(days=400))) == 1, (
        "the clock was set back by a year"
    )


def test_a_failure_is_since_what_was_published(tmp_path: Path, day: date) -> None:
    write_failure(tmp_path, "refresh", "raw/x", "cut", "1")
    failure = last_failure(tmp_path)
    assert failure is not None
    assert failure.startswith(f"{day}T")
    at = datetime.fromisoformat(failure[:25])
    assert failed_since(failure, [(at - timedelta(seconds=1)).isoformat()])
    ahead = (at + timedelta(days=400)).isoformat()
    assert failed_since(failure, [ahead]), "published while the clock ran ahead"
    with clock.set_to(at + timedelta(hours=2)):
        since = (at + timedelta(hours=1)).isoformat()
        assert not failed_since(failure, [since])
        assert not failed_since(failure, [ahead, since]), "published again, with the clock set right"


def test_status_names_a_release_that_is_dated_after_now(day: date) -> None:
    assert dated_ahead({"release": "x", "made_at": clock.stamp()}) == []
    later = (clock.now() + timedelta(days=400)).isoformat(timespec="seconds")
    (said,) = dated_ahead({"release": "x", "made_at": later})
    assert f"the clock of this machine says {day}" in said


def test_notices_and_their_log_bear_the_day(tmp_path: Path, day: date) -> None:
    assert send_notices(Home(tmp_path), [Notice("late_source", "x is late")]) == []
    assert (tmp_path / "log" / "notices.log").read_text(encoding="utf-8").startswith(f"{day}T")


def test_as_of_takes_no_day_after_today(tmp_path: Path, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYUNG_HOME", str(tmp_path / "home"))
    tomorrow = str(day + timedelta(days=1))
    for arguments in (
        ["refresh", "--as-of", tomorrow, "--to", str(tmp_path / "x")],
        ["sql", "--as-of", tomorrow, "SELECT 1"],
    ):
        ran = CliRunner().invoke(main, arguments)
        assert ran.exit_code == 2
        assert f"found {tomorrow}, expected a day up to today, {day} (UTC)" in ran.output
    today = CliRunner().invoke(main, ["sql", "--as-of", str(day), "SELECT 1"])
    assert today.exit_code == 1
    assert "no release" in today.output
    place = Workplace(home=str(tmp_path / "home"), as_of=tomorrow, to=str(tmp_path / "x"))
    with pytest.raises(Exception, match=f"workplace.as_of: found {tomorrow}, expected a day up to today"):
        place.setup_for_execution(dg.build_init_resource_context())


def test_a_command_in_a_process_of_its_own_has_the_day_too(tmp_path: Path) -> None:
    ran = run_payung(tmp_path / "home", "sql", "--as-of", "2030-01-02", "SELECT 1", more={"PAYUNG_NOW": "2030-01-01"})
    assert ran.returncode == 2
    assert "found 2030-01-02, expected a day up to today, 2030-01-01 (UTC)" in ran.stderr


def test_sensors_and_schedules_do_not_wait_for_a_clock_that_ran_ahead(tmp_path: Path) -> None:
    ahead, past = datetime(2031, 1, 1, tzinfo=UTC).timestamp(), datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    location = RegisteredCodeLocationOrigin("pipelines.definitions")

    def state(name: str, kind: InstigatorType, data: SensorInstigatorData | ScheduleInstigatorData) -> InstigatorState:
        where = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
        return InstigatorState(where, kind, InstigatorStatus.RUNNING, data)

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        waiting = state(
            "tell_of_run", InstigatorType.SENSOR, SensorInstigatorData(last_tick_timestamp=ahead, cursor="7")
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
            assert end_waiting(instance) == ["tell_of_run", "weekly"]
            assert end_waiting(instance) == [], "and nothing more to do"
        found = {s.name: s.instigator_data for s in instance.all_instigator_state()}
        assert found["tell_of_run"].last_tick_timestamp == now.timestamp()
        assert found["tell_of_run"].cursor == "7", "what it has seen it has seen"
        assert (found["weekly"].start_timestamp, found["weekly"].last_iteration_timestamp) == (past, now.timestamp())
        assert found["log"].last_tick_timestamp == past
        (tick,) = instance.get_ticks(origin, selector)
        assert tick.timestamp == now.timestamp()
