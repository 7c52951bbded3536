"""Freshness: the newest vintage against the provider's own calendar, and what `payung status` makes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.home import Home
from pipelines.cli.output.status_text import render_status
from pipelines.home_status import HomeStatus, home_status
from sources import registry
from sources.dataset_refresh import FetchReport, write_report
from sources.freshness import freshness, late_sources

UN = registry.dataset("unsd_sdg", "sdg")
ALLOWED = 200


def report(provider: str, dataset: str) -> FetchReport:
    at = datetime(2026, 11, 20, 8, tzinfo=UTC)
    return FetchReport(
        provider=provider, dataset=dataset, outcome="unchanged", at=at, requests=1, bytes=9, message="nothing new."
    )


def test_late_is_one_day_more_than_the_calendar_allows() -> None:
    assert registry.provider("unsd_sdg").calendar.late_after_days == ALLOWED
    vintage = date(2026, 4, 1)
    on_time = freshness(UN, vintage, date(2026, 10, 18))
    assert (on_time.days, on_time.is_late) == (ALLOWED, False)
    assert freshness(UN, vintage, date(2026, 10, 19)).is_late
    assert not freshness(UN, None, date(2026, 10, 19)).is_late


def test_the_message_names_vintage_calendar_and_what_to_do() -> None:
    vintage, today = date(2023, 12, 17), date(2026, 11, 22)
    never = freshness(UN, vintage, today).message
    for part in ("2023-12-17", "1071 days", "quarterly", "allows 200", "payung refresh --online --source unsd_sdg"):
        assert part in never
    asked = freshness(UN, vintage, today, datetime(2026, 11, 20, tzinfo=UTC)).message
    assert "Last asked on 2026-11-20" in asked
    assert "release page" in asked
    assert "--online" not in freshness(UN, date(2026, 11, 1), today).message


def test_a_pinned_revision_is_measured_by_the_newest_that_is_pinned() -> None:
    old = registry.dataset("un_wpp", "wpp2019_age_sex")
    assert not freshness(old, date(2019, 6, 17), date(2027, 7, 16)).is_late, "WPP 2024 is held beside it"
    late = freshness(old, date(2019, 6, 17), date(2027, 7, 17))
    assert late.is_late
    assert "WPP 2024 is pinned in sources/providers/un_wpp.yaml" in late.message


def test_a_file_put_in_by_hand_is_never_late() -> None:
    found = freshness(registry.dataset("national", "documents"), date(1999, 1, 1), date(2026, 11, 22))
    assert not found.is_late
    assert "no lateness" in found.message


def test_only_the_newest_vintage_counts() -> None:
    sources = [
        {"provider": "unsd_sdg", "dataset": "sdg", "vintage_date": day}
        for day in ("2018-10-01", "2026-11-01", "2020-12-01")
    ]
    assert late_sources(sources, date(2026, 11, 22), []) == []
    (late,) = late_sources(sources, date(2027, 11, 22), [])
    assert str(late.vintage) == "2026-11-01"


def late_lines(status: HomeStatus) -> list[str]:
    return [a for a in status.attention if " is overdue: " in a]


def test_status_shows_lateness_and_needs_attention_only_where_somebody_asked(made_home: Path, own_home: Path) -> None:
    fresh = home_status(Home(made_home), date(2026, 11, 22))
    assert late_lines(fresh) == [], "what ships with the project is old by nature"
    lines = [line for line in render_status(fresh).splitlines() if "late: newest vintage" in line]
    assert [line.split()[0] for line in lines] == ["ilostat/SDG_0131_SEX_SOC_RT", "unsd_sdg/sdg", "world_bank/wdi"]
    assert [bool(s["late"]) for s in fresh.sources if s["provider"] == "un_wpp"] == [False, False]

    write_report(own_home / "fetch", report("unsd_sdg", "sdg"))
    (attention,) = late_lines(home_status(Home(own_home), date(2026, 11, 22)))
    assert attention.startswith("unsd_sdg/sdg is overdue: Newest vintage 20")
    assert late_lines(home_status(Home(own_home), date(2024, 1, 1))) == []


@pytest.mark.parametrize("path", ["unsd_sdg/sdg", "ilostat/SDG_0131_SEX_SOC_RT", "world_bank/wdi"])
def test_every_provider_that_is_asked_has_a_calendar_to_be_measured_by(path: str) -> None:
    assert registry.provider(path.split("/")[0]).calendar.late_after_days is not None
