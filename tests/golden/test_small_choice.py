"""Small builds with the real SQL, from staged to baseline: choice of feeds, comparisons and regional figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from messages import assert_reports
from small_build import TOTAL_CELL, Row, SmallBuild, ilo_row, national_row, un_row

UN_FEED = "unsd_sdg/sdg/SI_COV_PENSN"
ILO_FEED = "ilostat/SDG_0131_SEX_SOC_RT/SDG_0131_SEX_SOC_RT"
M49 = {
    "BRN": "96",
    "IDN": "360",
    "KHM": "116",
    "LAO": "418",
    "MMR": "104",
    "MYS": "458",
    "PHL": "608",
    "SGP": "702",
    "THA": "764",
    "TLS": "626",
    "VNM": "704",
}
# UN World Population Prospects 2024, total population on 1 July 2019, thousands.
PEOPLE_2019 = {
    "BRN": 442.698,
    "IDN": 272491.691,
    "KHM": 16481.077,
    "LAO": 7237.528,
    "MMR": 52642.005,
    "MYS": 33440.455,
    "PHL": 110806.12,
    "SGP": 5669.811,
    "THA": 71519.435,
    "TLS": 1300.943,
    "VNM": 97175.079,
}


def pensions(values: dict[int, str], area: str = "PHL") -> list[Row]:
    return [ilo_row("PENSION", area, y, v) for y, v in values.items()]


def un_pensions(values: dict[int, str], area: str = "PHL", **more: str) -> list[Row]:
    return [un_row("SI_COV_PENSN", M49[area], y, v, sex="BOTHSEX", **more) for y, v in values.items()]


def chosen_values(small: SmallBuild) -> dict[int, tuple[float | None, str, str]]:
    """Year: value, role, status of the chosen values."""
    small.staged().make("indicator_set.value", "indicator_set.choice", "harmonised.observation")
    return {r["time_period"]: (r["obs_value"], r["role"], r["obs_status"]) for r in small.read("indicator_set.value")}


def test_one_feed_is_chosen_and_feeds_are_not_spliced(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48", 2021: "65.6"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "39.8", 2020: "20.5", 2022: "70"}))
    assert chosen_values(small) == {2019: (48.0, "chosen", None), 2021: (65.6, "chosen", None)}
    reasons = {r["feed"]: r["reason"] for r in small.read("indicator_set.choice")}
    assert_reports(reasons[ILO_FEED], found=("vintage 2024-09-12", "rank 1", "first of 2 feeds"))
    assert_reports(reasons[UN_FEED], found="2023-12-17", expected=("older than 2024-09-12", ILO_FEED))


def test_newer_republished_vintage_is_chosen_before_the_owner(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2026-03-31", un_pensions({2019: "49"}))
    assert chosen_values(small) == {2019: (49.0, "chosen", None)}


def test_feeds_equal_in_all_criteria_are_ordered_by_name(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2023-12-17", pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "49"}))
    assert chosen_values(small) == {2019: (48.0, "chosen", None)}
    reasons = {r["feed"]: (r["sentence_code"], r["reason"]) for r in small.read("indicator_set.choice")}
    assert reasons[UN_FEED][0] == "feed_of_later_name"
    assert_reports(reasons[UN_FEED][1], found="equal", expected=ILO_FEED)


def test_agreeing_feed_extends_backwards_only(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48", 2021: "65.6"}))
    un = un_pensions({2005: "25", 2010: "30", 2016: "39.8", 2018: "44", 2020: "47.9", 2022: "66"})
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    found = chosen_values(small)
    assert found[2005] == (25.0, "extended backwards", "B")
    assert found[2010] == (30.0, "extended backwards", "B")
    assert set(found) == {2005, 2010, 2015, 2019, 2021}, "no points between or after the chosen ones"
    breaks = {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")}
    assert breaks[2015] == "extension", "values across the extension are not comparable"


def test_one_agreeing_point_is_not_enough(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2005: "25", 2016: "39.8", 2020: "20.5"}))
    assert set(chosen_values(small)) == {2015, 2019}


def test_two_points_that_agree_with_the_same_point_count_once(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2005: "25", 2014: "39.8", 2016: "39.8", 2020: "20.5"}))
    assert set(chosen_values(small)) == {2015, 2019}, "both agree with 2015, none with 2019"


def test_only_one_feed_extends_although_two_agree(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2005: "25", 2015: "39.8", 2019: "48"}))
    small.staged().make("indicator_set.candidate")
    rows = small.read("indicator_set.candidate")
    un = [r for r in rows if r["feed"] == UN_FEED]
    third = [{**r, "feed": "third", "observation_id": f"third {r['observation_id']}", "source_rank": 2} for r in un]
    small.write("indicator_set.candidate", [*rows, *third])
    small.make("indicator_set.feed")
    feeds = {r["feed"]: r for r in small.read("indicator_set.feed") if r["is_current"]}
    assert [feeds[f]["agreeing_points"] for f in (ILO_FEED, UN_FEED, "third")] == [None, 2, 2]
    assert [f for f, r in feeds.items() if r["extends_backwards"]] == [UN_FEED]


def test_same_value_dated_one_year_apart_is_one_observation(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    un = un_pensions({2005: "25", 2014: "39.8", 2016: "39.8", 2018: "48"})
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    assert set(chosen_values(small)) == {2005, 2015, 2019}, "2014 repeats 2015; the year of the newer vintage is used"


def test_national_submission_comes_first_and_a_document_last(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    document = national_row("ASP_COV_PENSN", "PHL", 2018, "12", obs_status="V", kind="document")
    small.stage("national", "documents", "2025-01-01", [document], areas_asked=["PHL"])
    assert chosen_values(small) == {2019: (48.0, "chosen", None)}
    small.stage(
        "national", "submissions", "2020-01-01", [national_row("ASP_COV_PENSN", "PHL", 2019, "50", obs_status="A")]
    )
    assert chosen_values(small) == {2019: (50.0, "chosen", "A")}, "although its vintage is the oldest"
    reasons = {r["feed"]: r["reason"] for r in small.read("indicator_set.choice")}
    assert_reports(reasons["national/documents/ASP_COV_PENSN"], found="national submission")


def test_national_figure_of_another_concept_does_not_replace_the_indicator(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    other = [national_row("ASP_COV_PENSN", "PHL", y, v, obs_status="D") for y, v in ((2019, "70"), (2022, "75"))]
    other.append(national_row("ASP_COV_PENSN", "PHL", 2022, "66", sex="F", obs_status="D"))
    small.stage("national", "submissions", "2026-10-01", other, areas_asked=["PHL"])
    assert chosen_values(small)[2019] == (48.0, "chosen", None), (
        "another concept never replaces the concept of the indicator"
    )
    found = {
        (r["time_period"], r["sex"]): (r["obs_status"], r["in_aggregates"]) for r in small.read("indicator_set.value")
    }
    assert found == {(2019, "_T"): (None, True), (2022, "F"): ("D", False)}, (
        "shown where no other source has the breakdown"
    )
    assert len(small.read("harmonised.observation")) == 4, "all are kept"


def test_national_figure_of_our_concept_is_chosen_before_one_of_another_concept(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    rows = [
        national_row("ASP_COV_PENSN", "PHL", y, v, obs_status=s) for y, v, s in ((2019, "50", "A"), (2022, "75", "D"))
    ]
    small.stage("national", "submissions", "2026-10-01", rows, areas_asked=["PHL"])
    assert chosen_values(small) == {2019: (50.0, "chosen", "A")}


def test_national_figure_of_another_concept_is_not_reported_as_rejected(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2012: "48"}))
    other = national_row("ASP_COV_PENSN", "PHL", 2022, "75", obs_status="D")
    small.stage("national", "submissions", "2026-10-01", [other], areas_asked=["PHL"])
    small.staged().make("quality.availability")
    found = {(r["indicator"], r["ref_area"], r["breakdown"]): r for r in small.read("quality.availability")}
    gap = found[("ASP_COV_PENSN", "PHL", "headline")]
    assert (gap["availability"], gap["reason_code"]) == ("old", "out_of_window")


def test_history_has_a_figure_of_another_concept_while_it_is_the_only_one(tmp_path: Path) -> None:
    """The same rules apply in every state; the current values are those of the newest state."""
    small = SmallBuild(tmp_path)
    other = [
        national_row("ASP_COV_PENSN", "PHL", 2019, v, sex=s, obs_status="D") for v, s in (("70", "_T"), ("66", "F"))
    ]
    small.stage("national", "submissions", "2021-10-01", other, areas_asked=["PHL"])
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    small.staged().make("indicator_set.value")
    first_day, replaced_on = date(2021, 10, 1), date(2024, 9, 12)
    history = {
        (r["sex"], r["obs_value"]): (r["known_from"].date(), r["known_to"] and r["known_to"].date(), r["obs_status"])
        for r in small.read("indicator_set.value_history")
    }
    assert history == {
        ("_T", 70.0): (first_day, replaced_on, "D"),
        ("_T", 48.0): (replaced_on, None, None),
        ("F", 66.0): (first_day, None, "D"),
    }
    assert {(r["sex"], r["obs_value"]) for r in small.read("indicator_set.value")} == {("_T", 48.0), ("F", 66.0)}


def test_values_of_the_only_source_can_be_withdrawn_and_return(tmp_path: Path) -> None:
    """The current values are those of the newest state, even if that state has none."""
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2021-12-17", un_pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2022-12-17", [], series_asked=["SI_COV_PENSN"])
    small.staged().make("indicator_set.value", "indicator_set.choice")
    assert (small.read("indicator_set.value"), small.read("indicator_set.choice")) == ([], [])
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "48"}))
    assert chosen_values(small) == {2019: (48.0, "chosen", None)}, "withdrawn and published again"
    days = [
        (r["known_from"].year, r["known_to"] and r["known_to"].year) for r in small.read("indicator_set.value_history")
    ]
    assert days == [(2021, 2022), (2023, None)]


def test_of_two_vintages_of_one_day_only_the_later_one_is_used(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2018: "47", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "49"}))
    assert chosen_values(small) == {2019: (49.0, "chosen", None)}
    assert len(small.read("indicator_set.value_history")) == 1


def test_correction_is_applied_in_the_vintages_with_its_expected_text(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    correction = {
        "indicator": "ASP_COV_PENSN",
        "ref_area": "PHL",
        "time_period": 2020,
        "source": "unsd_sdg",
        "provider_series": "SI_COV_PENSN",
    }
    corrections = [("20.5", "exclude_from_use"), ("20.6", "mark_unreliable")]
    rows = [{**correction, "correction_id": i, "expected_text": t, "action": a} for i, (t, a) in enumerate(corrections)]
    small.write("reference.correction", rows)
    for year, text in ((2020, "20.5"), (2021, "20.6"), (2022, "20.7")):
        small.stage("unsd_sdg", "sdg", f"{year}-12-17", un_pensions({2020: text}))
    assert chosen_values(small) == {2020: (20.7, "chosen", None)}
    history = [
        (r["known_from"].year, r["obs_value"], r["obs_status"]) for r in small.read("indicator_set.value_history")
    ]
    assert history == [(2021, 20.6, "U"), (2022, 20.7, None)]


def test_open_ended_value_is_not_replaced_by_an_older_number(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    deaths = {("PHL", 2015): "100", ("PHL", 2016): ">500", ("THA", 2015): "30"}
    rows = [un_row("SH_STA_MORT", M49[a], y, v, unit_measure="PER_100000_LIVE_BIRTHS") for (a, y), v in deaths.items()]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    weights = [
        {"weight": "POP_TOTAL", "ref_area": a, "time_period": y, "weight_value": 1.0}
        for a in ("PHL", "THA")
        for y in (2016, 2018)
    ]
    small.staged().write("indicator_set.weight_value", weights)
    small.make("indicator_set.aggregate_member")
    member_years = {(r["ref_area"], r["reference_year"]) for r in small.read("indicator_set.aggregate_member")}
    assert member_years == {("THA", 2016), ("THA", 2018)}, "a ratio has no maximum that could be the upper bound"


def test_unusable_baseline_value_is_not_replaced_by_another_year_in_the_aggregate(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [*un_pensions({2014: "30"}), *un_pensions({2016: "40"}, obs_status="U")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", [*rows, *un_pensions({2015: "20"}, "THA")])
    weight = {"weight": "POP_TOTAL", "ref_area": "THA", "time_period": 2016, "weight_value": 1.0}
    small.staged().write("indicator_set.weight_value", [weight])
    small.make("indicator_set.aggregate_member")
    value_years = {
        (r["ref_area"], r["value_year"])
        for r in small.read("indicator_set.aggregate_member")
        if r["reference_year"] == 2016
    }
    # exactly the baseline values: 40 of 2016 is shown with status U and not replaced by 2014
    assert value_years == {("THA", 2015)}


def test_document_is_shown_where_it_is_the_only_source_and_never_aggregated(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    document = national_row("ASP_COV_PENSN", "KHM", 2018, "3", obs_status="V", kind="document")
    small.stage("national", "documents", "2025-01-01", [document], areas_asked=["KHM"])
    assert chosen_values(small) == {2018: (3.0, "chosen", "V")}
    (row,) = small.read("indicator_set.value")
    assert (row["in_aggregates"], row["dataset_kind"]) == (False, "document")


def test_superseded_vintage_without_a_later_one_has_status_v(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    old = {"series": "per_sa_allsa.cov_pop_tot", "ref_area": "THA", "time_period": "2011", "obs_value": "92.227869"}
    small.stage("world_bank", "wdi", "2018-09-30", [old])
    found = chosen_values(small)
    assert found == {2011: (92.227869, "chosen", "V")}
    assert small.read("indicator_set.value")[0]["in_aggregates"] is False
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un_row("SI_COV_SOCAST", "764", 2011, "62.5831")])
    assert chosen_values(small) == {2011: (62.5831, "chosen", None)}


def test_each_breakdown_family_has_its_own_choice(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2021: "65.6"}))
    un = [un_row("SI_COV_PENSN", "608", 2020, "12", sex="FEMALE"), *un_pensions({2020: "20.5"})]
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    small.staged().make("indicator_set.value")
    found = {(r["sex"], r["breakdown_family"], r["source"]): r["obs_value"] for r in small.read("indicator_set.value")}
    assert found == {("_T", "total", "ilostat"): 65.6, ("F", "sex", "unsd_sdg"): 12.0}


def test_large_changes_are_breaks_until_they_are_reviewed(tmp_path: Path) -> None:
    steps: dict[str, tuple[dict[int, str], str | None]] = {
        "LAO": ({2015: "10", 2019: "29.9"}, None),
        "KHM": ({2015: "10", 2019: "30.1"}, "step"),
        "MMR": ({2015: "2", 2019: "6.5"}, "step"),
        "BRN": ({2015: "0.2", 2019: "0.9"}, None),
        "TLS": ({2015: "50", 2019: "10"}, "step"),
    }
    small = SmallBuild(tmp_path)
    rows = [row for area, (values, _) in steps.items() for row in pensions(values, area)]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.value")
    found = {(r["ref_area"], r["time_period"]): r["break_before"] for r in small.read("indicator_set.value")}
    for area, (_, expected) in steps.items():
        assert found[(area, 2015)] is None
        assert found[(area, 2019)] == expected, area


def test_large_change_across_a_censored_value_is_a_break(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "50", 2018: "<0.5", 2021: "5"}))
    small.staged().make("indicator_set.value", "baseline.country_value")
    found = {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")}
    assert found == {2016: None, 2018: None, 2021: "step"}
    (row,) = (r for r in small.read("baseline.country_value") if r["baseline_value"] is not None)
    assert (row["comparable"], row["sentence_code"]) == (False, "break_between")
    assert_reports(row["reason"], found="step 2021")


def test_status_b_of_the_provider_is_a_break(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [ilo_row("PENSION", "LAO", 2015, "10"), ilo_row("PENSION", "LAO", 2019, "12", obs_status="B")]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.value")
    assert {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")} == {
        2015: None,
        2019: "provider",
    }


def test_declared_break_of_thailand(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [ilo_row("DISAB", "THA", y, v) for y, v in ((2015, "35.7"), (2019, "92"), (2020, "97.9"))]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.value", "baseline.country_value")
    found = {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")}
    assert found == {2015: None, 2019: "declared", 2020: None}
    (row,) = (r for r in small.read("baseline.country_value") if r["baseline_value"] is not None)
    assert (row["baseline_value"], row["latest_value"], row["comparable"]) == (35.7, 97.9, False)
    assert_reports(row["reason"], found="declared 2019")


# Member: values by year, their status, and the expected baseline, latest value, change and code of the reason.
BASELINES: dict[str, tuple[dict[int, str], str | None, float | None, float | None, float | None, str | None]] = {
    "BRN": ({2015: "40", 2021: "45"}, None, 40, 45, 5, None),
    "IDN": ({2015: "40", 2017: "42", 2021: "45"}, None, 40, 45, 5, None),  # equally near: the earlier one
    "KHM": ({2014: "39", 2017: "42", 2021: "45"}, None, 42, 45, 3, None),  # the nearest to 2016
    "LAO": ({2013: "40", 2021: "45"}, None, None, 45, None, "no_baseline_value"),
    "MMR": ({2015: "40", 2018: "45"}, None, 40, None, None, "no_latest_value"),
    "MYS": ({2018: "40", 2020: "45"}, None, 40, 45, None, "ends_too_close"),
    "PHL": ({2015: "40", 2021: "<0.5"}, None, 40, None, None, "end_without_number"),
    "SGP": ({2015: "40", 2021: "45"}, "U", 40, 45, None, "end_not_usable"),
    "THA": ({2005: "40"}, None, None, None, None, "last_value_outside_both"),
    "TLS": ({}, None, None, None, None, "no_value_in_any_year"),
    "VNM": ({2018: "40", 2021: "45", 2023: "44"}, None, 40, 44, 4, None),
}


@pytest.fixture(scope="module")
def baselines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """The headline rows of baseline.value for these values, by member."""
    small = SmallBuild(tmp_path_factory.mktemp("baselines"))
    rows = []
    for area, (values, status, *_) in BASELINES.items():
        rows += un_pensions(values, area, **({"obs_status": status} if status else {}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("baseline.value")
    found = (r for r in small.read("baseline.value") if r["indicator"] == "ASP_COV_PENSN" and r["is_headline"])
    return {r["ref_area"]: r for r in found}


@pytest.mark.parametrize("area", sorted(BASELINES))
def test_baseline_latest_and_change(baselines: dict[str, Row], area: str) -> None:
    _, _, baseline, latest, change, sentence_code = BASELINES[area]
    row = baselines[area]
    assert (row["baseline_value"], row["latest_value"]) == (baseline, latest)
    assert row["change"] == (None if change is None else pytest.approx(change, abs=1e-9))
    assert (row["comparable"], row["sentence_code"]) == (sentence_code is None, sentence_code)
    assert (row["reason"] is None) == (sentence_code is None)


def test_reasons_have_the_years_of_their_case(baselines: dict[str, Row]) -> None:
    assert_reports(baselines["THA"]["reason"], found="2005")
    assert_reports(baselines["MYS"]["reason"], expected="3 years apart")


def test_events_are_averaged_over_the_baseline_period_and_never_carried_forward(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    events = {2014: "10", 2016: "20", 2018: "60", 2021: "7"}
    rows = [un_row("VC_DSR_AFFCT", "608", y, v, unit_measure="NUMBER") for y, v in events.items()]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("baseline.value")
    (row,) = (
        r
        for r in small.read("baseline.value")
        if (r["indicator"], r["ref_area"], r["cell"]) == ("ASP_DIS_AFF", "PHL", TOTAL_CELL)
    )
    assert (row["baseline_year"], row["baseline_value"]) == (2016, 30.0)
    assert row["latest_value"] is None, "no value in 2023; that of 2021 is not carried"


def test_mean_of_events_with_an_unreliable_count_is_not_compared(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    events = [(2014, "1000", "U"), (2016, "20", None), (2018, "60", None), (2023, "7", None)]
    rows = [un_row("VC_DSR_AFFCT", "608", y, v, unit_measure="NUMBER", obs_status=s) for y, v, s in events]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("baseline.country_value")
    (row,) = (
        r
        for r in small.read("baseline.country_value")
        if (r["indicator"], r["ref_area"], r["is_headline"]) == ("ASP_DIS_AFF", "PHL", True)
    )
    assert (row["baseline_value"], row["latest_value"]) == (360.0, 7.0), "shown"
    assert (row["change"], row["sentence_code"]) == (None, "end_not_usable")


def test_correction_excludes_a_value_while_it_is_published_as_expected(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    correction = {
        "correction_id": 1,
        "indicator": "ASP_COV_PENSN",
        "ref_area": "PHL",
        "time_period": 2020,
        "source": "unsd_sdg",
        "provider_series": "SI_COV_PENSN",
        "expected_text": "20.5",
        "action": "exclude_from_use",
    }
    small.write("reference.correction", [correction, {**correction, "correction_id": 2, "time_period": 2016}])
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "39.8", 2020: "20.5"}))
    assert set(chosen_values(small)) == {2016}
    small.make("lineage.correction")
    corrections = {r["correction_id"]: (r["applied"], r["found_text"]) for r in small.read("lineage.correction")}
    assert corrections == {1: (True, "20.5"), 2: (False, "39.8")}, "the expected value is no longer published"
    assert {r["time_period"] for r in small.read("harmonised.observation")} == {2016, 2020}, "published values stay"


def test_discrepancy_between_sources_is_recorded(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2021: "65.6"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "39.9", 2020: "20.5"}))
    small.staged().make("lineage.discrepancy")
    (row,) = small.read("lineage.discrepancy")
    assert (row["time_period"], row["other_time_period"]) == (2021, 2020)
    assert row["difference"] == pytest.approx(-45.1)


def wpp(years: range) -> list[Row]:
    """Total population of the members, the same in every year."""
    return [
        {"series": "TPopulation1July", "ref_area": area, "time_period": str(y), "obs_value": f"{thousands}"}
        for area, thousands in PEOPLE_2019.items()
        for y in years
    ]


def five_year_groups() -> list[Row]:
    """Half of each sex, all aged 0 to 4: only the total is used here."""
    return [
        {"series": s, "ref_area": a, "time_period": str(y), "obs_value": f"{k / 2}", "age_grp": "0-4"}
        for a, k in PEOPLE_2019.items()
        for y in (2010, 2015, 2020)
        for s in ("PopMale", "PopFemale")
    ]


def test_weighted_mean_of_four_members_equals_its_formula(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("un_wpp", "wpp2024_demographic", "2024-07-11", wpp(range(2010, 2024)))
    small.stage("un_wpp", "wpp2019_age_sex", "2019-06-17", five_year_groups())
    values = {"IDN": "27.8", "PHL": "36.7", "VNM": "38.8", "THA": "68"}
    rows = [ilo_row("TOTAL", area, 2019, v) for area, v in values.items()]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.aggregate")
    found = {(r["ref_area"], r["time_period"]): r for r in small.read("indicator_set.aggregate")}
    reporting = {a: PEOPLE_2019[a] for a in values}
    mean = sum(p * float(values[a]) for a, p in reporting.items()) / sum(reporting.values())
    asean = found[("ASEAN", 2020)]
    covered = sum(reporting.values()) / sum(PEOPLE_2019.values())
    assert covered > 0.75
    assert asean["obs_value"] == pytest.approx(mean, abs=1e-8)
    assert asean["weight_covered"] == pytest.approx(covered, abs=1e-8)
    assert (asean["n_areas"], asean["publication_class"]) == (4, "B"), "four members with three quarters of the weight"
    assert asean["areas"] == "IDN 2019, PHL 2019, THA 2019, VNM 2019"
    assert asean["mean_year"] == 2019
    assert asean["uncertainty"] == pytest.approx(0.37 * (1 - covered) * (68 - 27.8), abs=1e-8)
    rest = {a: p for a, p in reporting.items() if a != "IDN"}
    without = sum(p * float(values[a]) for a, p in rest.items()) / sum(rest.values())
    assert asean["without_largest"] == pytest.approx(without, abs=1e-8)
    assert (asean["minimum"], asean["maximum"], asean["median"]) == (27.8, 68.0, pytest.approx((36.7 + 38.8) / 2))
    assert ("ASEAN", 2018) not in found, "no figure before the first value"
    assert ("ASEAN", 2023) in found, "2019 is within four years of 2023"
    assert found[("CLMV", 2020)]["publication_class"] == "C", "one member only"
    assert found[("CLMV", 2020)]["obs_value"] is None


def test_no_regional_figure_for_a_year_without_population(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("un_wpp", "wpp2024_demographic", "2024-07-11", wpp(range(2018, 2024)))  # the baseline year is 2016
    small.stage("un_wpp", "wpp2019_age_sex", "2019-06-17", five_year_groups())
    rows = [ilo_row("TOTAL", area, year, "40") for area in ("IDN", "PHL", "VNM", "THA") for year in (2016, 2019)]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("indicator_set.aggregate_member")
    assert {r["reference_year"] for r in small.read("indicator_set.aggregate_member")} == set(range(2018, 2024))


def test_declared_indicator_shows_its_gap(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "39.8"}))
    small.staged().make("quality.availability")
    rows = {(r["indicator"], r["ref_area"], r["breakdown"]): r for r in small.read("quality.availability")}
    assert rows[("ASP_FIN_GDP", "PHL", "headline")]["availability"] == "declared"
    assert rows[("ASP_COV_PENSN", "PHL", "headline")]["availability"] == "old"
    assert rows[("ASP_COV_PENSN", "PHL", "headline")]["sentence_code"] == "last_value_old"
    assert_reports(rows[("ASP_COV_PENSN", "PHL", "headline")]["reason"], found="2016", expected="2019")
    assert rows[("ASP_COV_PENSN", "PHL", "sex")]["availability"] == "no_value"
    assert rows[("ASP_COV_PENSN", "THA", "headline")]["sentence_code"] == "no_source_for_member"
