"""`payung gaps`: counts, an entry for every gap, and messages about unknown codes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from pathlib import Path

import pytest
from messages import assert_reports
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


def test_output_has_the_summary_first_and_then_every_indicator(made_home: Path, release: Path) -> None:
    ran = run_payung(made_home, "gaps")
    assert ran.returncode == 0, ran.stderr
    counted = query(
        release,
        "SELECT count(*) AS expected, count(*) FILTER (WHERE reason_code IS NOT NULL) AS missing "
        "FROM quality.availability WHERE breakdown = 'headline' AND availability <> 'not_applicable'",
    ).iloc[0]
    not_applicable = query(
        release,
        "SELECT count(*) FILTER (WHERE a.area_type = 'country') AS members, "
        "count(*) FILTER (WHERE a.area_type <> 'country') AS groups FROM quality.gap AS q "
        "JOIN reference.area AS a ON a.ref_area = q.ref_area "
        "WHERE q.breakdown = 'headline' AND q.reason_code = 'not_applicable'",
    ).iloc[0]
    assert_reports(
        ran.stdout.splitlines()[0],
        found=(
            f"{counted['missing']:,} of {counted['expected']:,} figures",
            f"{not_applicable['members']:,} of Member States",
            f"{not_applicable['groups']:,} of groups",
        ),
        place=release.name,
    )
    assert ran.stdout.index("by reason") < ran.stdout.index("by area") < ran.stdout.index("ASP_FIN_GDP  ")
    entry = ran.stdout.split("\nASP_FIN_GDP  ")[1].split("\n\n")[0]
    text = " ".join(entry.split())
    assert_reports(
        text,
        found=("Published elsewhere, not collected: all", "all 11 members, ASEAN, ASEAN", "ASEAN-6, CLMV"),
        remedy=(": ILO; MOF; SSI.", ": ILO World Social Protection"),
    )


def test_json_has_each_requested_gap(made_home: Path, release: Path) -> None:
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


def test_every_gap_is_in_the_entries_once(release: Path) -> None:
    found = gap_report(release, GapRequest(breakdowns=True))
    listed = sum(
        found.n_members if area.startswith("all ") else 1
        for entry in gap_entries(found)
        for reason in entry.reasons
        for area in reason.split(": ", 1)[1].split(" (")[0].split(", ")
    )
    stored = query(release, "SELECT count(*) AS n FROM quality.gap WHERE reason_code <> 'not_applicable'")["n"].iloc[0]
    assert listed == len(found.rows) == stored


def test_reason_limits_the_entries_and_not_the_counts(release: Path) -> None:
    everything, some = gap_report(release, GapRequest()), gap_report(release, GapRequest(reason="not_applicable"))
    assert some.by_reason.equals(everything.by_reason)
    assert set(some.rows["reason_code"]) == {"not_applicable"}
    assert "not_applicable" not in set(everything.rows["reason_code"])


@pytest.mark.parametrize(
    ("request_", "found", "expected"),
    [
        (GapRequest(area="XYZ"), "area 'XYZ'", "one of: ASEAN, "),
        (GapRequest(indicator="ASP_COV_PENS"), "indicator 'ASP_COV_PENS'", "one of: ASP_COV_PENSN."),
        (GapRequest(group="money"), "group 'money'", "one of: coverage, "),
        (GapRequest(reason="lazy"), "reason 'lazy'", "one of: no_source, other_cells, "),
    ],
)
def test_unknown_code_is_reported_with_the_expected_ones(
    release: Path, request_: GapRequest, found: str, expected: str
) -> None:
    with pytest.raises(GapError) as caught:
        gap_report(release, request_)
    assert_reports(str(caught.value), found=found, expected=expected)


def test_figure_is_written_to_the_given_file(release: Path, tmp_path: Path) -> None:
    assert draw_gaps(release, tmp_path / "new" / "map.svg") == [tmp_path / "new" / "map.svg"]
    root = ElementTree.parse(tmp_path / "new" / "map.svg").getroot()
    shown = {"".join(t.itertext()).strip() for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {f"W  {BANDS['W']}", f"P  {BANDS['P']}", "R", "O", "N"} <= shown
    with pytest.raises(GapError) as caught:
        draw_gaps(release, tmp_path / "map.pdf")
    assert_reports(str(caught.value), place="--figure", found="map.pdf", expected=(".png", ".svg"))


def test_failed_download_after_the_release_is_reported(release: Path, tmp_path: Path) -> None:
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
    assert_reports(message, place="ilostat/SDG_0131_SEX_SOC_RT", found=("failed", "2099-01-02 00:00"))
    report(datetime(2001, 1, 2, tzinfo=UTC), "failed")
    assert fetched_since(Home(tmp_path), release) == [], "the release has this failure in lineage.fetch"
    report(datetime(2099, 1, 2, tzinfo=UTC), "unchanged")
    assert fetched_since(Home(tmp_path), release) == []


def test_summary_of_a_refresh_counts_the_indicators_with_values(made_home: Path, release: Path) -> None:
    found = indicator_counts(release)
    statuses = query(release, "SELECT status, count(*) AS n FROM reference.indicator GROUP BY status")
    by_status = dict(zip(statuses["status"], statuses["n"], strict=True))
    assert (found.with_values, found.without_values) == (by_status["with_values"], by_status["declared"])
    assert 0 < found.for_all_members <= found.for_six_members <= found.with_values
    complete = query(
        release,
        "SELECT indicator FROM quality.availability WHERE breakdown = 'headline' AND n_values > 0 "
        "GROUP BY indicator HAVING count(*) = 11",
    )
    assert found.for_all_members >= len(complete) > 0
    output = (made_home.parent / "refresh.out").read_text(encoding="utf-8")
    assert indicator_counts_text(found) in output
