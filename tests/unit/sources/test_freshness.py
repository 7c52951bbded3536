"""Overdue sources: the newest vintage compared with the provider's calendar, and the output of `payung status`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from messages import assert_reports

from assets.home import Home
from pipelines.cli.output.status_text import render_status
from pipelines.home_status import HomeStatus, home_status
from sources import registry
from sources.dataset_refresh import FetchReport, write_report
from sources.freshness import freshness, late_sources

UN = registry.dataset("unsd_sdg", "sdg")
MOST_DAYS = 200


def report(provider: str, dataset: str) -> FetchReport:
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    return FetchReport(
        provider=provider, dataset=dataset, outcome="unchanged", at=at, requests=1, bytes=9, message="nothing new."
    )


def test_source_is_overdue_one_day_after_the_maximum_age() -> None:
    assert registry.provider("unsd_sdg").calendar.late_after_days == MOST_DAYS
    vintage = date(2026, 4, 1)
    on_time = freshness(UN, vintage, date(2026, 10, 18))
    assert (on_time.days, on_time.is_late) == (MOST_DAYS, False)
    assert freshness(UN, vintage, date(2026, 10, 19)).is_late
    assert not freshness(UN, None, date(2026, 10, 19)).is_late


def test_message_has_vintage_calendar_and_remedy() -> None:
    vintage, today = date(2023, 12, 17), date(2026, 11, 22)
    command = "payung refresh --online --source unsd_sdg"
    without_request = freshness(UN, vintage, today).message
    assert_reports(without_request, found=("2023-12-17", "1071 days", "quarterly"), expected="200 days", remedy=command)
    after_request = freshness(UN, vintage, today, datetime(2026, 11, 20, tzinfo=UTC)).message
    assert_reports(after_request, found="last request 2026-11-20", remedy=(command, "release page"))
    assert "--online" not in freshness(UN, date(2026, 11, 1), today).message


def test_age_of_a_pinned_revision_is_that_of_the_newest_one() -> None:
    old = registry.dataset("un_wpp", "wpp2019_age_sex")
    assert not freshness(old, date(2019, 6, 17), date(2027, 7, 16)).is_late, "WPP 2024 is pinned too"
    late = freshness(old, date(2019, 6, 17), date(2027, 7, 17))
    assert late.is_late
    assert_reports(late.message, found="WPP 2024", remedy="sources/providers/un_wpp.yaml")


def test_file_of_the_inbox_is_never_overdue() -> None:
    found = freshness(registry.dataset("national", "documents"), date(1999, 1, 1), date(2026, 11, 22))
    assert not found.is_late
    assert_reports(found.message, expected="no maximum age")


def test_only_the_newest_vintage_counts() -> None:
    sources = [
        {"provider": "unsd_sdg", "dataset": "sdg", "vintage_date": day}
        for day in ("2018-10-01", "2026-11-01", "2020-12-01")
    ]
    assert late_sources(sources, date(2026, 11, 22), []) == []
    (overdue,) = late_sources(sources, date(2027, 11, 22), [])
    assert str(overdue.vintage) == "2026-11-01"


def overdue_lines(status: HomeStatus) -> list[str]:
    return [a for a in status.attention if "maximum of its calendar" in a]


def test_status_shows_overdue_sources_and_needs_attention_only_after_a_request(made_home: Path, own_home: Path) -> None:
    fresh = home_status(Home(made_home), date(2026, 11, 22))
    assert overdue_lines(fresh) == [], "the shipped archive is historical"
    lines = [line for line in render_status(fresh).splitlines() if "maximum of its calendar" in line]
    assert [line.split()[0] for line in lines] == ["ilostat/SDG_0131_SEX_SOC_RT", "unsd_sdg/sdg", "world_bank/wdi"]
    assert [bool(s["late"]) for s in fresh.sources if s["provider"] == "un_wpp"] == [False, False]

    write_report(own_home / "fetch", report("unsd_sdg", "sdg"))
    (attention,) = overdue_lines(home_status(Home(own_home), date(2026, 11, 22)))
    assert_reports(attention, place="unsd_sdg/sdg ", found="newest vintage 20")
    assert overdue_lines(home_status(Home(own_home), date(2024, 1, 1))) == []


@pytest.mark.parametrize("path", ["unsd_sdg/sdg", "ilostat/SDG_0131_SEX_SOC_RT", "world_bank/wdi"])
def test_every_downloaded_provider_has_a_maximum_age(path: str) -> None:
    assert registry.provider(path.split("/")[0]).calendar.late_after_days is not None
