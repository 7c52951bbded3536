"""The points of `payung status` that need attention: current rejections, damage, downloads, overdue sources."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports

from assets.home import Home
from assets.release_inputs import unchanged
from assets.release_tolerance import diff_with_current
from pipelines.cli.output.refresh_text import show_fetched
from pipelines.cli.output.status_text import render_status
from pipelines.home_status import HomeStatus, home_status, to_do
from pipelines.refresh_run import check_space
from pipelines.status_details import rejected_now
from sources.dataset_refresh import FetchReport, write_report
from warehouse.build.engine import Build


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of one series in two vintages, the older one under another name; no row is rejected."""
    con = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    con.execute("CREATE SCHEMA lineage")
    con.execute(
        "CREATE TABLE lineage.rejection (provider VARCHAR, dataset VARCHAR, series VARCHAR, stage VARCHAR, "
        "reason VARCHAR, detail VARCHAR, snapshot_id VARCHAR)"
    )
    con.execute(
        "CREATE TABLE lineage.series_vintage (provider VARCHAR, dataset VARCHAR, series VARCHAR, "
        "current_series VARCHAR, area_code VARCHAR, snapshot_id VARCHAR, vintage_no INTEGER, is_newest BOOLEAN)"
    )
    con.execute(
        "CREATE TABLE lineage.snapshot AS SELECT 'un' AS provider, * FROM (VALUES ('register', 'r1', DATE '2024-01-01'), "
        "('register', 'r2', DATE '2025-01-01')) AS t(dataset, snapshot_id, vintage_date)"
    )
    for series, snapshot, number in (("OLD", "first", 1), ("NOW", "second", 2)):
        con.execute(
            "INSERT INTO lineage.series_vintage VALUES ('un', 'sdg', ?, 'NOW', 'KHM', ?, ?, ?)",
            [series, snapshot, number, number == 2],
        )
    con.close()
    return tmp_path


def reject(release: Path, series: str, snapshot: str, rows: int) -> None:
    with duckdb.connect(str(release / "warehouse.duckdb")) as con:
        row = "'harmonised', 'unknown_code', 'age X'"
        con.execute(
            f"INSERT INTO lineage.rejection SELECT 'un', 'sdg', ?, {row}, ? FROM range(?)", [series, snapshot, rows]
        )


def test_only_rejections_of_vintages_in_use_or_newer_count(release: Path) -> None:
    assert rejected_now(release) == 0
    reject(release, "OLD", "first", 5)
    assert rejected_now(release) == 0, "rejected rows of older vintages need no attention"
    reject(release, "NOW", "second", 3)
    assert rejected_now(release) == 3, "counts rows, not reasons"
    reject(release, "NEVER_SEEN", "third", 2)
    assert rejected_now(release) == 5
    reject(release, "", "r1", 4)
    assert rejected_now(release) == 5, "records of the newest snapshot count"
    reject(release, "", "r2", 1)
    assert rejected_now(release) == 6


def test_other_problems_are_reported_with_a_damaged_release(tmp_path: Path) -> None:
    folder = tmp_path / "releases" / "2026.11.22-1"
    folder.mkdir(parents=True)
    manifest = {"release": folder.name, "made_at": "2026-11-22T08:00:00+00:00", "sources": [], "accepted": []}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "files": {"warehouse.duckdb": {"bytes": 1}}}))
    (tmp_path / "current").symlink_to(folder)
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    report = FetchReport(
        provider="unsd_sdg", dataset="sdg", outcome="failed", at=at, requests=1, bytes=0, message="it did not answer."
    )
    write_report(tmp_path / "fetch", report)
    state = home_status(Home(tmp_path), date(2026, 11, 22))
    assert state.release == folder.name
    missing, failed = state.attention
    assert_reports(missing, place="warehouse.duckdb", found="missing", remedy="payung refresh --force")
    assert_reports(failed, place=("unsd_sdg/sdg", "2026-11-22 09:00"), found=("failed", "it did not answer."))
    assert [f["outcome"] for f in state.fetches] == ["failed"]


def damaged_home(folder: Path) -> Path:
    release = folder / "releases" / "2026.11.22-1"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text("{", encoding="utf-8")
    (folder / "current").symlink_to(release)
    return folder


def test_release_with_a_damaged_manifest_is_reported(tmp_path: Path) -> None:
    found = home_status(Home(damaged_home(tmp_path)))
    assert found.release == "2026.11.22-1"
    (message,) = found.attention
    assert_reports(message, place="manifest.json", found="damaged", remedy="payung refresh --force")


def test_release_with_a_damaged_manifest_does_not_prevent_a_new_one(tmp_path: Path) -> None:
    home = damaged_home(tmp_path)
    assert unchanged(Home(home)) is None
    check_space(Home(home))
    assert diff_with_current(Home(home), Build(tmp_path / "build")) == (None, [])


def test_spreadsheet_in_the_inbox_is_reported(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    for name in ("lao.XLSX", "khm.csv", "notes.txt"):
        (tmp_path / "inbox" / name).touch()
    (message,) = [a for a in home_status(Home(tmp_path)).attention if "inbox" in a]
    assert_reports(message, place="inbox", found="lao.XLSX", remedy=("save as CSV", "docs/national_format.md"))
    assert "khm.csv" not in message
    assert "notes.txt" not in message


def test_warnings_of_a_download_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warning = "1 requested area has no rows: 764"
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    report = FetchReport(
        provider="unsd_sdg",
        dataset="sdg",
        outcome="new_vintage",
        at=at,
        requests=1,
        bytes=0,
        message="",
        warnings=[warning],
    )
    write_report(tmp_path / "fetch", report)
    assert f"    {warning}" in render_status(home_status(Home(tmp_path))).splitlines()
    show_fetched([report])
    assert f"unsd_sdg/sdg: {warning}" in capsys.readouterr().err


INDICATORS = ("36 indicators", "overdue", "payung gaps")
NO_REQUEST_SENT = ("refresh --online", "of this home")


def has(line: str, fragments: tuple[str, ...]) -> bool:
    return all(f in line for f in fragments)


@pytest.mark.parametrize(
    ("day", "overdue_sources"),
    [
        (date(2024, 6, 29), 0),
        (date(2024, 7, 5), 1),
        (date(2026, 11, 30), 3),
        (date(2030, 1, 1), 3),
    ],
)
def test_status_ends_with_what_to_do(made_home: Path, day: date, overdue_sources: int) -> None:
    state = home_status(Home(made_home), day)
    lines = render_status(state).splitlines()
    assert state.attention == []
    assert has(state.to_do[0], INDICATORS)
    assert lines[-len(state.to_do) :] == state.to_do
    assert state.as_dict()["to_do"] == state.to_do
    shown_late = sum(any(s["late"][1:] in line for line in lines) for s in state.sources if s["late"])
    assert any(has(line, NO_REQUEST_SENT) for line in lines) == bool(overdue_sources)
    assert has(lines[-1], (f"{overdue_sources} source", "payung refresh --online") if overdue_sources else INDICATORS)
    pinned = [line for line in state.to_do if "pinned in sources/providers/un_wpp.yaml" in line]
    assert shown_late == overdue_sources + len(pinned)
    assert not any("no action" in line.lower() or "nothing" in line.lower() for line in lines)


def test_overdue_provider_with_a_request_needs_attention(own_home: Path) -> None:
    report = FetchReport(
        provider="unsd_sdg",
        dataset="sdg",
        outcome="unchanged",
        at=datetime(2026, 11, 20, tzinfo=UTC),
        requests=1,
        bytes=0,
        message="",
    )
    write_report(own_home / "fetch", report)
    state = home_status(Home(own_home), date(2026, 11, 30))
    assert len(state.attention) == 1
    points, indicators, sources = state.to_do
    assert_reports(points, found="1 point")
    assert has(indicators, INDICATORS)
    assert_reports(sources, found=("3 sources", "overdue"), remedy="payung refresh --online")


def test_status_without_open_points_needs_no_action() -> None:
    assert to_do(HomeStatus("home", "2026.11.22-1", "2026-11-22"), []) == ["No action needed."]


def test_status_of_a_home_without_a_release_counts_its_points(tmp_path: Path) -> None:
    state = home_status(Home(tmp_path))
    *_, attention, count = render_status(state).splitlines()
    assert_reports(attention, found="no release", remedy="payung refresh")
    assert_reports(count, found="1 point needs attention")


@pytest.mark.parametrize(("at", "is_over"), [("2020-06-01", True), ("2999-06-01", False)])
def test_failure_before_the_current_release_is_marked(own_home: Path, at: str, is_over: bool) -> None:
    (own_home / "log").mkdir(exist_ok=True)
    failure = f"{at}T00:00:00+00:00  refresh failed at raw/unsd_sdg/sdg (run 1).\n  altered or cut\n"
    (own_home / "log" / "failures.log").write_text(failure, encoding="utf-8")
    state = home_status(Home(own_home), date(2026, 11, 30))
    assert any(line.startswith("Last failure, before") for line in render_status(state).splitlines()) is is_over
    assert any("the last refresh failed" in a for a in state.attention) is not is_over
