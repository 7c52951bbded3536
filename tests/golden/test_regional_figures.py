"""Choice, regional figures and changes of the release equal figures that the design of the methods states."""

from __future__ import annotations

from typing import Any

import pytest

MEMBERS = ["BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "TLS", "VNM"]


def figure(rows_of: Any, indicator: str, year: int, group: str = "ASEAN", sex: str = "_T") -> dict[str, Any]:
    (row,) = rows_of(
        "SELECT * FROM indicator_set.aggregate WHERE indicator = ? AND ref_area = ? AND time_period = ? AND sex = ? "
        "AND age = '_T' AND urbanisation = '_T' AND income_wealth_quantile = '_T' AND disability_status = '_T'",
        indicator,
        group,
        year,
        sex,
    )
    return dict(row)


def test_pensions_of_the_philippines_come_from_one_feed(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT time_period, obs_value, feed FROM indicator_set.value "
        "WHERE indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' AND is_headline ORDER BY time_period"
    )
    values = {r["time_period"]: r["obs_value"] for r in rows}
    assert len({r["feed"] for r in rows}) == 1
    assert values[2019] == 48
    assert values[2021] == 65.6
    assert 2020 not in values, "20.5 is in the UN file; splicing it in would show a fall that did not happen"
    (other,) = rows_of(
        "SELECT * FROM indicator_set.choice WHERE indicator = 'ASP_COV_PENSN' AND ref_area = 'PHL' "
        "AND breakdown_family = 'total' AND NOT is_chosen"
    )
    assert other["source"] == "unsd_sdg"
    assert "2023-12-17 is older than 2024-09-12" in other["reason"]


def test_newest_vintage_of_the_owner_is_chosen_regardless_of_who_republishes_it(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT obs_value, source, vintage_date FROM indicator_set.value "
        "WHERE indicator = 'ASP_COV_SA' AND ref_area = 'THA' AND time_period = 2011 AND is_headline"
    )
    assert [(round(r["obs_value"], 1), r["source"], str(r["vintage_date"])[:10]) for r in rows] == [
        (62.6, "unsd_sdg", "2023-12-17")
    ]
    old = rows_of(
        "SELECT round(obs_value, 1) AS v FROM harmonised.observation WHERE indicator = 'ASP_COV_SA' "
        "AND ref_area = 'THA' AND time_period = 2011 AND source = 'world_bank' AND income_wealth_quantile = '_T'"
    )
    assert old == [{"v": 92.2}], "the extract of 2018 is kept as well"


def test_one_feed_for_an_indicator_area_and_family(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT indicator, ref_area, breakdown_family, count(DISTINCT feed) AS n FROM indicator_set.value "
        "WHERE role = 'chosen' GROUP BY ALL HAVING n > 1"
    )
    assert rows == []
    chosen = rows_of(
        "SELECT indicator, ref_area, breakdown_family FROM indicator_set.choice WHERE is_chosen GROUP BY ALL"
    )
    every = rows_of("SELECT indicator, ref_area, breakdown_family FROM indicator_set.choice GROUP BY ALL")
    assert len(chosen) == len(every), "exactly one feed for each"


def test_unemployment_benefits_2020(rows_of: Any) -> None:
    total = figure(rows_of, "ASP_COV_UEMP", 2020)
    assert round(total["obs_value"], 1) == 12.6
    assert (total["publication_class"], total["n_areas"], total["weight_name"]) == ("A", 11, "UNEMPLOYED")


def test_unemployment_benefits_with_another_weight_would_be_19_9(rows_of: Any) -> None:
    (row,) = rows_of(
        "SELECT sum(w.weight_value * m.value_low) / sum(w.weight_value) AS r "
        "FROM indicator_set.aggregate_member AS m JOIN indicator_set.weight_value AS w ON w.ref_area = m.ref_area "
        "AND w.time_period = m.reference_year AND w.weight = 'LABOUR_FORCE' AND w.sex = '_T' AND w.age = '_T' "
        "AND w.urbanisation = '_T' WHERE m.indicator = 'ASP_COV_UEMP' AND m.area_group = 'ASEAN' "
        "AND m.reference_year = 2020 AND m.cell LIKE '\\_T|%' ESCAPE '\\'"
    )
    assert round(row["r"], 1) == 19.9


@pytest.mark.parametrize("sex", ["F", "M"])
def test_unemployment_benefits_by_sex_are_withheld_although_enough_members_report(rows_of: Any, sex: str) -> None:
    row = figure(rows_of, "ASP_COV_UEMP", 2020, sex=sex)
    assert row["n_areas"] >= 6
    assert row["weight_covered"] >= 2 / 3
    assert row["recent_share"] >= 0.5, "by the other criteria it would be class A"
    assert (row["publication_class"], row["obs_value"], row["obs_status"]) == ("C", None, "Q")
    assert row["median"] is None
    assert row["without_largest"] is None
    assert "sex_total_differs" in row["flags"]
    assert row["areas"].startswith("BRN 2020, IDN 2020"), "the reporting members are listed"


def test_total_coverage_2020_to_2022_with_and_without_indonesia(rows_of: Any) -> None:
    first, last = (figure(rows_of, "ASP_COV_ANY", year) for year in (2020, 2022))
    assert (first["publication_class"], last["publication_class"]) == ("A", "A")
    assert first["n_areas"] == last["n_areas"] == 11
    assert round(last["obs_value"] - first["obs_value"], 1) == 10.8
    assert round(last["without_largest"] - first["without_largest"], 1) == -0.1


def test_class_c_is_withheld_with_its_members(rows_of: Any) -> None:
    rows = rows_of("SELECT * FROM indicator_set.aggregate WHERE publication_class = 'C'")
    assert len(rows) > 1000
    for r in rows:
        assert (r["obs_value"], r["obs_status"]) == (None, "Q")
        assert [r[c] for c in ("median", "minimum", "maximum", "without_largest", "lower", "upper")] == [None] * 6
        assert r["class_reason"]
        assert len(r["areas"].split(", ")) == r["n_areas"]


def test_three_withheld_figures_have_the_expected_reasons(rows_of: Any) -> None:
    for indicator, members, reason in (
        ("ASP_COV_LM", ["IDN", "VNM"], "2 members, needs 5"),
        ("ASP_LAB_INJF", ["MMR", "SGP", "THA"], "3 members, needs 5"),
        ("ASP_DSB_SCHOOL", ["KHM", "MYS", "PHL", "SGP", "VNM"], "weight covered 0."),
    ):
        (row,) = rows_of(
            "SELECT areas, class_reason, publication_class FROM indicator_set.aggregate WHERE indicator = ? "
            "AND ref_area = 'ASEAN' AND time_period = 2023 AND is_headline",
            indicator,
        )
        assert [a.split()[0] for a in row["areas"].split(", ")] == members
        assert row["publication_class"] == "C"
        assert reason in row["class_reason"]


def test_published_classes_meet_their_thresholds(rows_of: Any) -> None:
    rows = rows_of("SELECT * FROM indicator_set.aggregate WHERE publication_class <> 'C'")
    for r in rows:
        small = r["ref_area"] in ("ASEAN6", "CLMV")
        if r["publication_class"] == "A":
            assert r["weight_covered"] >= 0.6667
            assert r["n_areas"] >= (3 if small else 6)
            assert r["recent_share"] >= 0.5
            assert "proxy_weight" not in (r["flags"] or "")
        else:
            assert (r["weight_covered"] >= 0.5 and r["n_areas"] >= (2 if small else 5)) or (
                r["weight_covered"] >= 0.75 and r["n_areas"] >= (2 if small else 4)
            )


def test_unreliable_and_superseded_values_enter_no_regional_figure(rows_of: Any) -> None:
    unreliable = rows_of("SELECT count(*) AS n FROM indicator_set.value WHERE obs_status = 'U'")
    assert unreliable[0]["n"] >= 40, "they are shown"
    rows = rows_of(
        "SELECT v.obs_status, v.dataset_kind, v.in_aggregates FROM indicator_set.aggregate_member AS m "
        "JOIN indicator_set.value AS v ON v.observation_id = m.observation_id "
        "WHERE v.obs_status IN ('U', 'V') OR v.dataset_kind = 'document' OR NOT v.in_aggregates"
    )
    assert rows == []


def test_censored_members_give_an_interval_and_its_midpoint(rows_of: Any) -> None:
    rows = rows_of("SELECT * FROM indicator_set.aggregate WHERE flags LIKE '%censored%' AND obs_value IS NOT NULL")
    assert rows
    for r in rows:
        assert r["indicator"] in ("ASP_NUT_FIS", "ASP_NUT_POU")
        assert r["lower"] < r["upper"]
        assert r["obs_value"] == pytest.approx((r["lower"] + r["upper"]) / 2, abs=1e-8)


def test_values_above_the_maximum_count_as_the_maximum(rows_of: Any) -> None:
    high = rows_of(
        "SELECT m.value_high, m.is_capped, v.obs_value, i.maximum FROM indicator_set.aggregate_member AS m "
        "JOIN indicator_set.value AS v ON v.observation_id = m.observation_id "
        "JOIN reference.indicator AS i ON i.indicator = m.indicator WHERE v.obs_value > i.maximum"
    )
    for r in high:
        assert (r["value_high"], r["is_capped"]) == (r["maximum"], True)


def test_groups_have_their_current_members_in_every_year(rows_of: Any) -> None:
    rows = rows_of("SELECT DISTINCT area_group, ref_area FROM indicator_set.aggregate_member")
    found: dict[str, set[str]] = {}
    for r in rows:
        found.setdefault(r["area_group"], set()).add(r["ref_area"])
    assert found == {
        "ASEAN": set(MEMBERS),
        "ASEAN10": set(MEMBERS) - {"TLS"},
        "ASEAN6": {"BRN", "IDN", "MYS", "PHL", "SGP", "THA"},
        "CLMV": {"KHM", "LAO", "MMR", "VNM"},
    }
    early = rows_of(
        "SELECT count(*) AS n FROM indicator_set.aggregate_member WHERE ref_area = 'TLS' AND reference_year < 2020"
    )
    assert early[0]["n"] > 0, "Timor-Leste counts before its accession, so that membership causes no change"


def test_largest_member_of_each_group(rows_of: Any) -> None:
    for group, largest in (("ASEAN", "IDN"), ("CLMV", "VNM")):
        rows = rows_of(
            "SELECT m.ref_area, m.value_low AS x, m.weight_value AS w FROM indicator_set.aggregate_member AS m "
            "WHERE m.indicator = 'ASP_COV_ANY' AND m.area_group = ? AND m.reference_year = 2022 "
            "AND m.cell = '_T|_T|_T|_T|_T|_T|_T|_T|_T|_T|_T' AND m.ref_area <> ?",
            group,
            largest,
        )
        without = sum(r["x"] * r["w"] for r in rows) / sum(r["w"] for r in rows)
        assert figure(rows_of, "ASP_COV_ANY", 2022, group)["without_largest"] == pytest.approx(without, abs=1e-8)


def test_aggregate_of_the_ilo_is_an_area_of_its_own(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT DISTINCT ref_area FROM indicator_set.value WHERE indicator = 'ASP_COV_ANY' AND source = 'ilostat'"
    )
    assert "ASEAN_ILO" in {r["ref_area"] for r in rows}
    members = rows_of("SELECT count(*) AS n FROM indicator_set.aggregate_member WHERE ref_area = 'ASEAN_ILO'")
    assert members == [{"n": 0}]


def test_declared_indicators_are_gaps_in_the_baseline(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT b.ref_area, b.reason, b.baseline_value, b.latest_value, b.comparable FROM baseline.value AS b "
        "WHERE b.indicator = 'ASP_FIN_GDP'"
    )
    assert {r["ref_area"] for r in rows} == set(MEMBERS)
    for r in rows:
        assert (r["baseline_value"], r["latest_value"], r["comparable"]) == (None, None, False)
        assert r["reason"].startswith("no values yet: ")
    gaps = rows_of(
        "SELECT DISTINCT availability, reason, filled_by FROM quality.availability WHERE indicator = 'ASP_FIN_GDP'"
    )
    assert all(g["availability"] == "declared" and "Obtain from: ILO" in g["reason"] for g in gaps)
    assert all("ILO" in g["filled_by"] for g in gaps)


def test_every_indicator_and_member_has_a_baseline_row(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT i.indicator, count(DISTINCT b.ref_area) AS n FROM reference.indicator AS i "
        "LEFT JOIN baseline.value AS b ON b.indicator = i.indicator AND b.is_headline "
        "AND b.area_type = 'country' GROUP BY i.indicator HAVING n <> 11"
    )
    assert rows == []


def test_change_is_latest_minus_baseline_from_one_feed(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT b.*, o.feed AS baseline_feed, l.feed AS latest_feed FROM baseline.value AS b "
        "JOIN indicator_set.value AS o ON o.observation_id = b.baseline_observation_id "
        "JOIN indicator_set.value AS l ON l.observation_id = b.latest_observation_id WHERE b.comparable"
    )
    assert len(rows) > 500
    for r in rows:
        assert r["change"] == pytest.approx(r["latest_value"] - r["baseline_value"], abs=1e-9)
        assert r["baseline_feed"] == r["latest_feed"]
        assert r["latest_year"] - r["baseline_year"] >= 3
        assert 2014 <= r["baseline_year"] <= 2018
        assert r["latest_year"] <= 2023
        assert r["reason"] is None


def test_values_across_declared_breaks_are_not_compared(rows_of: Any) -> None:
    for indicator, area in (("ASP_COV_DISAB", "THA"), ("ASP_COV_POOR", "MYS"), ("ASP_COV_POOR", "THA")):
        (row,) = rows_of(
            "SELECT comparable, change, reason FROM baseline.value "
            "WHERE indicator = ? AND ref_area = ? AND is_headline",
            indicator,
            area,
        )
        assert (row["comparable"], row["change"]) == (False, None)
        assert row["reason"].startswith(("break between the two values: declared", "no value", "baseline and latest"))


def test_group_change_has_contributions_of_its_members(rows_of: Any) -> None:
    rows = rows_of("SELECT * FROM baseline.value WHERE area_type = 'group' AND comparable")
    assert rows
    parts: dict[tuple[str, str, str], dict[str, float]] = {}
    for p in rows_of("SELECT * FROM baseline.change_contribution ORDER BY ref_area"):
        parts.setdefault((p["indicator"], p["area_group"], p["cell"]), {})[p["ref_area"]] = p["contribution"]
    for r in rows:
        of_members = parts[(r["indicator"], r["ref_area"], r["cell"])]
        assert r["change"] == pytest.approx(sum(of_members.values()), abs=1e-8)
        assert r["change_areas"] == ", ".join(of_members)


def test_declared_breaks_between_member_values_and_the_baseline_are_flagged(rows_of: Any) -> None:
    breaks = rows_of("SELECT indicator, ref_area, break_year FROM reference.series_break WHERE decided = 'break'")
    years: dict[tuple[str, str], list[int]] = {}
    for b in breaks:
        years.setdefault((b["indicator"], b["ref_area"]), []).append(b["break_year"])
    key = ("indicator", "cell", "area_group", "reference_year")
    members = rows_of("SELECT * FROM indicator_set.aggregate_member")
    series = ("indicator", "cell", "area_group", "ref_area")
    at_baseline = {tuple(m[k] for k in series): m["value_year"] for m in members if m["reference_year"] == 2016}
    broken = set()
    for m in members:
        first, last = sorted((m["value_year"], at_baseline.get(tuple(m[k] for k in series), 2016)))
        if any(first < year <= last for year in years.get((m["indicator"], m["ref_area"]), [])):
            broken.add(tuple(m[k] for k in key))
    counted = rows_of("SELECT *, ref_area AS area_group, time_period AS reference_year FROM indicator_set.aggregate")
    flagged = {tuple(r[k] for k in key) for r in counted if "member_break" in (r["flags"] or "")}
    weighted = {tuple(r[k] for k in key) for r in counted if "no_weight" not in (r["flags"] or "")}
    assert flagged == broken & weighted
    headline = {
        r["time_period"]: r["flags"]
        for r in counted
        if (r["indicator"], r["ref_area"], r["is_headline"]) == ("ASP_DIS_DEAD", "ASEAN", True)
    }
    assert (headline[2016], headline[2019], headline[2021]) == ("mean_of_years", None, "member_break")
    slums = {
        r["time_period"]: r["flags"] for r in counted if (r["indicator"], r["ref_area"]) == ("ASP_SRV_SLUM", "ASEAN")
    }
    assert (slums[2015], slums[2016]) == ("member_break", None), (
        "a break in the baseline year separates the years before it"
    )


def test_every_member_of_a_figure_counts_or_has_a_reason(rows_of: Any) -> None:
    rows = rows_of(
        "WITH m AS (SELECT indicator, area_group, reference_year, cell, ref_area FROM indicator_set.aggregate_member "
        "UNION ALL SELECT indicator, area_group, reference_year, cell, ref_area FROM indicator_set.absent_member) "
        "SELECT a.indicator, a.ref_area, a.time_period, a.cell, count(m.ref_area) AS members, "
        "(SELECT count(*) FROM reference.area_group AS g WHERE g.area_group = a.ref_area AND g.is_member_today) AS due "
        "FROM indicator_set.aggregate AS a LEFT JOIN m ON m.indicator = a.indicator AND m.area_group = a.ref_area "
        "AND m.reference_year = a.time_period AND m.cell = a.cell GROUP BY ALL"
    )
    assert len(rows) > 10_000
    assert [r for r in rows if r["members"] != r["due"]] == []
