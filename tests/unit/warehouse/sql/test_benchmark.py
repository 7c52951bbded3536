"""Benchmarks: regional median with its members, own floor and target, own baseline; the file of national targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest
from messages import Content, assert_reports
from small_build import SmallBuild

from indicator_defs.catalog import load_catalog
from indicator_defs.errors import CatalogError

PENSION, DEATHS, QUOTED = "ASP_COV_PENSN", "ASP_DIS_DEAD", "ASP_DOC_SEC40"
TOTAL = "|".join(["_T"] * 11)
YEAR = 2023


def benchmarks(
    folder: Path, indicator: str, values: dict[str, float], targets: Sequence[dict[str, Any]] = (), unusable: str = ""
) -> dict[str, dict[str, Any]]:
    """The benchmark of each member, computed from a latest value of each."""
    small = SmallBuild(folder)
    latest_values = [
        {
            "indicator": indicator, "ref_area": area, "cell": TOTAL, "is_headline": True, "observation_id": area,
            "latest_observation_id": area, "time_period": YEAR, "latest_year": YEAR, "obs_value": number,
            "latest_value": number, "in_aggregates": area != unusable, "area_type": "country", "sector": "_T",
        }
        for area, number in values.items()
    ]  # fmt: skip
    small.write(
        "indicator_set.value",
        [
            _columns(r, "observation_id indicator ref_area time_period cell obs_value is_headline in_aggregates")
            for r in latest_values
        ],
    )
    small.write(
        "baseline.value",
        [
            _columns(
                r, "indicator ref_area area_type cell is_headline latest_year latest_value latest_observation_id sector"
            )
            for r in latest_values
        ],
    )
    small.write(
        "indicator_set.aggregate_member",
        [
            {
                "indicator": indicator, "area_group": "ASEAN", "reference_year": YEAR, "cell": TOTAL, "ref_area": area,
                "value_year": YEAR, "value_low": number, "value_high": number, "observation_id": area,
            }
            for area, number in values.items()
            if area != unusable and indicator != QUOTED
        ],
    )  # fmt: skip
    if targets:
        small.write("reference.national_target", targets)
    return {r["ref_area"]: r for r in small.make("baseline.benchmark").read("baseline.benchmark")}


def _columns(row: dict[str, Any], names: str) -> dict[str, Any]:
    return {n: row[n] for n in names.split()}


SIX = {"IDN": 10.0, "KHM": 20.0, "LAO": 30.0, "MYS": 40.0, "THA": 90.0, "VNM": 50.0}


def test_value_is_compared_with_the_median_of_the_members(tmp_path: Path) -> None:
    rows = benchmarks(tmp_path, PENSION, SIX)
    assert {(r["region_median"], r["median_n_areas"]) for r in rows.values()} == {(35.0, 6)}
    assert {a: r["difference"] for a, r in rows.items()} == {a: v - 35.0 for a, v in SIX.items()}
    assert rows["IDN"]["median_areas"].startswith("IDN 2023, KHM 2023")


def test_unusable_value_neither_counts_nor_is_compared(tmp_path: Path) -> None:
    rows = benchmarks(tmp_path, PENSION, SIX, unusable="THA")
    assert (rows["IDN"]["region_median"], rows["IDN"]["median_n_areas"]) == (30.0, 5)
    assert rows["THA"]["difference"] is None
    assert rows["THA"]["difference_sentence_code"] == "own_value_not_usable"
    assert_reports(rows["THA"]["difference_reason"], found="superseded")


def test_too_few_members_have_no_median(tmp_path: Path) -> None:
    rows = benchmarks(tmp_path, PENSION, dict(list(SIX.items())[:4]))
    assert {r["region_median"] for r in rows.values()} == {None}
    assert rows["IDN"]["median_sentence_code"] == "median_of_too_few"
    assert_reports(rows["IDN"]["median_reason"], found="4 of 11 members", expected="needs 5")
    assert rows["IDN"]["difference"] is None


@pytest.mark.parametrize(
    ("indicator", "sentence_code"), [(DEATHS, "median_of_counts"), (QUOTED, "median_of_values_side_by_side")]
)
def test_counts_and_quoted_figures_are_not_compared(tmp_path: Path, indicator: str, sentence_code: str) -> None:
    rows = benchmarks(tmp_path, indicator, SIX)
    assert set(rows) == set(SIX)
    assert {(r["region_median"], r["median_sentence_code"]) for r in rows.values()} == {(None, sentence_code)}
    assert all(r["median_reason"] for r in rows.values())


def test_floor_and_target_are_those_of_the_member(tmp_path: Path) -> None:
    target = {"ref_area": "KHM", "indicator": PENSION, "floor": 25.0, "target": 60.0, "target_year": 2030}
    rows = benchmarks(tmp_path, PENSION, SIX, [{**target, "legal_basis": "Law of a test"}])
    with_target, other = rows["KHM"], rows["LAO"]
    assert (with_target["floor"], with_target["target"], with_target["target_year"]) == (25.0, 60.0, 2030)
    assert (with_target["distance_to_floor"], with_target["distance_to_target"]) == (-5.0, -40.0)
    assert (with_target["legal_basis"], with_target["target_reason"]) == ("Law of a test", None)
    assert (other["floor"], other["distance_to_target"]) == (None, None)
    assert other["target_sentence_code"] == "target_not_given"
    assert other["target_reason"]


def test_medians_of_the_release_are_those_of_its_chosen_values(release: Path) -> None:
    """Recomputed from the chosen values, without the intermediate tables."""
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    newest: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for indicator, area, cell, number, maximum in con.execute(
        "SELECT v.indicator, v.ref_area, v.cell, v.obs_value, i.maximum FROM indicator_set.value AS v "
        "JOIN reference.indicator AS i USING (indicator) JOIN reference.area_group AS g ON g.ref_area = v.ref_area "
        "AND g.area_group = 'ASEAN' AND g.is_member_today JOIN reference.method AS m USING (method) "
        "WHERE v.in_aggregates AND v.is_headline AND m.kind IN ('mean', 'median') AND v.obs_value IS NOT NULL "
        "AND v.time_period BETWEEN 2023 - i.lookback_years AND 2023 ORDER BY v.time_period"
    ).fetchall():
        newest[indicator, cell][area] = min(number, maximum) if maximum is not None else number
    bounds = {r[0] for r in con.execute("SELECT indicator FROM indicator_set.value WHERE obs_value IS NULL").fetchall()}
    stored = con.execute(
        "SELECT DISTINCT indicator, cell, region_median FROM baseline.benchmark "
        "WHERE is_headline AND region_median IS NOT NULL"
    ).fetchall()
    assert len(stored) > 40
    for indicator, cell, number in stored:
        if indicator not in bounds:
            assert number == pytest.approx(median(newest[indicator, cell].values()), rel=1e-12), indicator
    different_changes = con.execute(
        "SELECT count(*) FROM baseline.benchmark AS b JOIN baseline.value AS v USING (indicator, ref_area, cell) "
        "WHERE b.change IS DISTINCT FROM v.change OR b.reason IS DISTINCT FROM v.reason"
    ).fetchone()
    assert different_changes == (0,)
    con.close()


# Line of the file; then the content of its message: found, expected. None: a line without faults.
FAULTS: dict[str, tuple[Content, Content] | None] = {
    "XXX,ASP_COV_PENSN,1,2,2030,Law 1": (("Member State", "'XXX'"), "BRN, IDN, KHM,"),
    "ASEAN,ASP_COV_PENSN,1,2,2030,Law 1": (("Member State", "'ASEAN'"), "BRN, IDN, KHM,"),
    "THA,ASP_NONE,1,2,2030,Law 1": (("indicator", "'ASP_NONE'"), ()),
    "THA,ASP_COV_PENSN,,,2030,Law 1": ("neither floor nor target", ()),
    "THA,ASP_COV_UEMP,1,200,2030,Law 1": (("target", "200"), "0 to 100 in unit"),
    "THA,ASP_COV_CHLD,50,40,2030,Law 1": (("target", "40"), ("floor 50", "ASP_COV_CHLD", "higher is better")),
    "THA,ASP_COV_INJ,half,60,2030,Law 1": (("floor:", "'half'"), ()),
    "THA,ASP_COV_ANY,1,2,,Law 1": ("year: ", ()),
    "THA,ASP_COV_MATNL,1,2,2030,": ("legal_basis: ", ()),
    "THA,ASP_COV_VULN,1,2,2030": ("5 cells", "6"),
    "MYS,ASP_COV_ANY,1,2,2030,Law 1": None,
    "MYS,ASP_COV_ANY,1,3,2031,Law 2": ("line 12", ()),
}


def test_national_targets_are_read_and_faults_reported_with_their_line(folder: Path) -> None:
    path = folder / "national_targets.csv"
    header = path.read_text(encoding="utf-8")
    assert load_catalog(folder).national_targets == []
    path.write_text(header + 'THA,ASP_COV_PENSN,,80,2030,"Plan of a test, article 3"\n', encoding="utf-8")
    (line,) = load_catalog(folder).national_targets
    assert (line.area, line.floor, line.target, line.year, line.line) == ("THA", None, 80.0, 2030, 2)
    path.write_text(header + "\n".join(FAULTS) + "\n", encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_catalog(folder)
    reported = str(caught.value).split("\n  ")[1:]
    for number, content in enumerate(FAULTS.values(), start=2):
        messages = [t for t in reported if t.startswith(f"indicator_defs/national_targets.csv:{number}: ")]
        assert bool(messages) == (content is not None), (number, messages)
        if content is not None:
            assert_reports(messages[0], found=content[0], expected=content[1])
