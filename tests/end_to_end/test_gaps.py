"""`payung gaps`: the counts are those of the release, every gap has its line, and wrong questions are told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path

import pytest
from payung_command import run_payung

from assets.home import Home
from pipelines.cli.output.gap_figure import draw_gaps
from pipelines.cli.output.gaps_text import gap_entries
from pipelines.cli.output.refresh_text import indicator_counts_text
from pipelines.gap_report import GapError, GapRequest, fetched_since, gap_report
from pipelines.release_summary import indicator_counts
from sources.dataset_refresh import FetchReport, write_report
from warehouse.export.report_figures import BANDS
from warehouse.query.read_only import query


def test_the_summary_comes_first_and_then_every_indicator(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "gaps")
    assert ran.returncode == 0, ran.stderr
    counted = query(
        release,
        "SELECT count(*) AS expected, count(*) FILTER (WHERE reason_code IS NOT NULL) AS missing "
        "FROM quality.availability WHERE breakdown = 'headline' AND availability <> 'not_applicable'",
    ).iloc[0]
    said = f"{counted['missing']:,} of {counted['expected']:,} figures of Member States are missing"
    impossible = query(
        release,
        "SELECT count(*) FILTER (WHERE a.area_type = 'country') AS members, "
        "count(*) FILTER (WHERE a.area_type <> 'country') AS groups FROM quality.gap AS q "
        "JOIN reference.area AS a ON a.ref_area = q.ref_area "
        "WHERE q.breakdown = 'headline' AND q.reason_code = 'not_applicable'",
    ).iloc[0]
    assert ran.stdout.splitlines()[0] == (
        f"{said} (release {release.name}). {impossible['members']:,} more and {impossible['groups']:,} figures of groups "
        "cannot exist and are not counted as missing."
    )
    assert ran.stdout.index("By reason") < ran.stdout.index("By area") < ran.stdout.index("ASP_FIN_GDP  ")
    entry = ran.stdout.split("\nASP_FIN_GDP  ")[1].split("\n\n")[0]
    whole = " ".join(entry.split())
    assert "Published elsewhere, not collected: all 11 members, ASEAN, ASEAN of ten, ASEAN-6, CLMV" in whole
    assert "Who could fill it: ILO; MOF; SSI. From: ILO World Social Protection Database" in whole


def test_json_holds_each_gap_of_the_question(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "gaps", "--area", "LAO", "--group", "coverage", "--json")
    found = json.loads(ran.stdout)
    stored = query(
        release,
        "SELECT q.indicator, q.reason_code FROM quality.gap AS q JOIN reference.indicator AS i USING (indicator) "
        "WHERE q.ref_area = 'LAO' AND i.indicator_group = 'coverage' AND q.breakdown = 'headline' ORDER BY q.indicator",
    )
    assert [(g["indicator"], g["reason_code"]) for g in found["gaps"]] == list(
        stored.itertuples(index=False, name=None)
    )
    assert found["missing_of_members"] == len(stored)
    assert sum(r["members"] for r in found["by_reason"]) == len(stored)
    assert found["by_area"] == [{"area": "LAO", "area_name": "Lao PDR", "missing": len(stored)}]


def test_every_gap_stands_in_the_entries_once(release: Path) -> None:
    found = gap_report(release, GapRequest(breakdowns=True))
    told = sum(
        found.n_members if area.startswith("all ") else 1
        for entry in gap_entries(found)
        for reason in entry.reasons
        for area in reason.split(": ", 1)[1].split(" (")[0].split(", ")
    )
    stored = query(release, "SELECT count(*) AS n FROM quality.gap WHERE reason_code <> 'not_applicable'")["n"].iloc[0]
    assert told == len(found.rows) == stored


def test_reason_keeps_the_counts_and_cuts_the_lines(release: Path) -> None:
    everything, some = gap_report(release, GapRequest()), gap_report(release, GapRequest(reason="not_applicable"))
    assert some.by_reason.equals(everything.by_reason)
    assert set(some.rows["reason_code"]) == {"not_applicable"}
    assert "not_applicable" not in set(everything.rows["reason_code"])


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (GapRequest(area="XYZ"), "The release lists no gaps of area 'XYZ'. Expected one of: ASEAN, "),
        (GapRequest(indicator="ASP_COV_PENS"), "no indicator 'ASP_COV_PENS'. Expected one of: ASP_COV_PENSN."),
        (GapRequest(group="money"), "no group 'money'. Expected one of: coverage, "),
        (GapRequest(reason="lazy"), "no reason 'lazy'. Expected one of: no_source, other_cells, "),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(release: Path, request_: GapRequest, said: str) -> None:
    with pytest.raises(GapError) as caught:
        gap_report(release, request_)
    assert said in str(caught.value)


def test_figure_is_drawn_where_it_is_asked_for(release: Path, tmp_path: Path) -> None:
    assert draw_gaps(release, tmp_path / "new" / "map.svg") == [tmp_path / "new" / "map.svg"]
    root = ElementTree.parse(tmp_path / "new" / "map.svg").getroot()
    shown = {"".join(t.itertext()).strip() for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {f"W  {BANDS['W']}", f"P  {BANDS['P']}", "R", "O", "N"} <= shown
    with pytest.raises(GapError, match=r"found map.pdf, expected a name that ends in .png or .svg"):
        draw_gaps(release, tmp_path / "map.pdf")


def test_a_fetch_that_failed_after_the_release_is_told(release: Path, tmp_path: Path) -> None:
    def report(at: datetime, outcome: str) -> None:
        facts = {
            "provider": "ilostat",
            "dataset": "SDG_0131_SEX_SOC_RT",
            "requests": 1,
            "bytes": 0,
            "message": "HTTP 503",
        }
        write_report(tmp_path / "fetch", FetchReport(**facts, outcome=outcome, at=at))

    report(datetime(2099, 1, 2, tzinfo=UTC), "failed")
    (message,) = fetched_since(Home(tmp_path), release)
    assert "ilostat/SDG_0131_SEX_SOC_RT failed on 2099-01-02 00:00" in message
    report(datetime(2001, 1, 2, tzinfo=UTC), "failed")
    assert fetched_since(Home(tmp_path), release) == [], "the release tells of it itself"
    report(datetime(2099, 1, 2, tzinfo=UTC), "unchanged")
    assert fetched_since(Home(tmp_path), release) == []


def test_the_summary_of_a_refresh_says_how_far_the_set_is_filled(made_home: Path, release: Path) -> None:
    found = indicator_counts(release)
    statuses = query(release, "SELECT status, count(*) AS n FROM reference.indicator GROUP BY status")
    by_status = dict(zip(statuses["status"], statuses["n"], strict=True))
    assert (found.with_values, found.without_values) == (by_status["with_values"], by_status["declared"])
    assert 0 < found.for_all_members <= found.for_six_members <= found.with_values
    whole = query(
        release,
        "SELECT indicator FROM quality.availability WHERE breakdown = 'headline' AND n_values > 0 "
        "GROUP BY indicator HAVING count(*) = 11",
    )
    assert found.for_all_members >= len(whole) > 0
    told = (made_home.parent / "refresh.out").read_text(encoding="utf-8")
    assert indicator_counts_text(found) in told
