"""A few rows through the real SQL, from staged to baseline: which feed is chosen, what is compared, what is summed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
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


def chosen(small: SmallBuild) -> dict[int, tuple[float | None, str, str]]:
    """Year: value, role, status of the chosen values."""
    small.staged().make("indicator_set.value", "indicator_set.choice", "harmonised.observation")
    return {r["time_period"]: (r["obs_value"], r["role"], r["obs_status"]) for r in small.read("indicator_set.value")}


def test_one_feed_is_chosen_and_never_spliced(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48", 2021: "65.6"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "39.8", 2020: "20.5", 2022: "70"}))
    assert chosen(small) == {2019: (48.0, "chosen", None), 2021: (65.6, "chosen", None)}
    reasons = {r["feed"]: r["reason"] for r in small.read("indicator_set.choice")}
    assert reasons[ILO_FEED] == "vintage 2024-09-12, rank 1, first of 2 feeds"
    assert reasons[UN_FEED] == f"vintage 2023-12-17 is older than 2024-09-12 of {ILO_FEED}"


def test_newer_relay_wins_over_the_owner(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2026-03-31", un_pensions({2019: "49"}))
    assert chosen(small) == {2019: (49.0, "chosen", None)}


def test_feeds_that_are_equal_in_all_that_is_compared_are_told_so(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2023-12-17", pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "49"}))
    assert chosen(small) == {2019: (48.0, "chosen", None)}
    reasons = {r["feed"]: r["reason"] for r in small.read("indicator_set.choice")}
    assert reasons[UN_FEED] == f"equal in all that is compared; the name of {ILO_FEED} comes first"


def test_agreeing_feed_extends_backwards_only(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48", 2021: "65.6"}))
    un = un_pensions({2005: "25", 2010: "30", 2016: "39.8", 2018: "44", 2020: "47.9", 2022: "66"})
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    found = chosen(small)
    assert found[2005] == (25.0, "extended backwards", "B")
    assert found[2010] == (30.0, "extended backwards", "B")
    assert set(found) == {2005, 2010, 2015, 2019, 2021}, "never filled between or after"
    breaks = {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")}
    assert breaks[2015] == "extension", "extended points are not comparable"


def test_one_agreeing_point_is_not_enough(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2005: "25", 2016: "39.8", 2020: "20.5"}))
    assert set(chosen(small)) == {2015, 2019}


def test_two_points_that_agree_with_one_are_one(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2005: "25", 2014: "39.8", 2016: "39.8", 2020: "20.5"}))
    assert set(chosen(small)) == {2015, 2019}, "both agree with 2015, none with 2019"


def test_one_feed_extends_though_two_agree(tmp_path: Path) -> None:
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


def test_same_fact_under_another_year_is_one_observation(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2015: "39.8", 2019: "48"}))
    un = un_pensions({2005: "25", 2014: "39.8", 2016: "39.8", 2018: "48"})
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    assert set(chosen(small)) == {2005, 2015, 2019}, "2014 repeats 2015: the newer vintage's year stands"


def test_national_submission_comes_first_and_a_document_last(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    document = national_row("ASP_COV_PENSN", "PHL", 2018, "12", obs_status="V", kind="document")
    small.stage("national", "documents", "2025-01-01", [document], areas_asked=["PHL"])
    assert chosen(small) == {2019: (48.0, "chosen", None)}
    small.stage(
        "national", "submissions", "2020-01-01", [national_row("ASP_COV_PENSN", "PHL", 2019, "50", obs_status="A")]
    )
    assert chosen(small) == {2019: (50.0, "chosen", "A")}, "though its vintage is the oldest"
    reasons = {r["feed"]: r["reason"] for r in small.read("indicator_set.choice")}
    assert "national submission" in reasons["national/documents/ASP_COV_PENSN"]


def test_national_figure_of_another_concept_stands_beside(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    other = [national_row("ASP_COV_PENSN", "PHL", y, v, obs_status="D") for y, v in ((2019, "70"), (2022, "75"))]
    other.append(national_row("ASP_COV_PENSN", "PHL", 2022, "66", sex="F", obs_status="D"))
    small.stage("national", "submissions", "2026-10-01", other, areas_asked=["PHL"])
    assert chosen(small)[2019] == (48.0, "chosen", None), "another concept never takes the place of the indicator's own"
    found = {
        (r["time_period"], r["sex"]): (r["obs_status"], r["in_aggregates"]) for r in small.read("indicator_set.value")
    }
    assert found == {(2019, "_T"): (None, True), (2022, "F"): ("D", False)}, "shown where nobody else has the breakdown"
    assert len(small.read("harmonised.observation")) == 4, "and kept"


def test_national_figure_of_our_concept_comes_first_beside_one_of_another(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    rows = [
        national_row("ASP_COV_PENSN", "PHL", y, v, obs_status=s) for y, v, s in ((2019, "50", "A"), (2022, "75", "D"))
    ]
    small.stage("national", "submissions", "2026-10-01", rows, areas_asked=["PHL"])
    assert chosen(small) == {2019: (50.0, "chosen", "A")}


def test_national_figure_of_another_concept_is_not_told_as_refused(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2012: "48"}))
    other = national_row("ASP_COV_PENSN", "PHL", 2022, "75", obs_status="D")
    small.stage("national", "submissions", "2026-10-01", [other], areas_asked=["PHL"])
    small.staged().make("quality.availability")
    found = {(r["indicator"], r["ref_area"], r["breakdown"]): r for r in small.read("quality.availability")}
    gap = found[("ASP_COV_PENSN", "PHL", "headline")]
    assert (gap["availability"], gap["reason_code"]) == ("old", "out_of_window")


def test_history_keeps_a_figure_of_another_concept_while_it_stands_alone(tmp_path: Path) -> None:
    """Every state is chosen by the same rules; today's values are the newest of them."""
    small = SmallBuild(tmp_path)
    other = [
        national_row("ASP_COV_PENSN", "PHL", 2019, v, sex=s, obs_status="D") for v, s in (("70", "_T"), ("66", "F"))
    ]
    small.stage("national", "submissions", "2021-10-01", other, areas_asked=["PHL"])
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2019: "48"}))
    small.staged().make("indicator_set.value")
    alone, taken_over = date(2021, 10, 1), date(2024, 9, 12)
    history = {
        (r["sex"], r["obs_value"]): (r["known_from"].date(), r["known_to"] and r["known_to"].date(), r["obs_status"])
        for r in small.read("indicator_set.value_history")
    }
    assert history == {
        ("_T", 70.0): (alone, taken_over, "D"),
        ("_T", 48.0): (taken_over, None, None),
        ("F", 66.0): (alone, None, "D"),
    }
    assert {(r["sex"], r["obs_value"]) for r in small.read("indicator_set.value")} == {("_T", 48.0), ("F", 66.0)}


def test_only_source_of_an_indicator_is_withdrawn(tmp_path: Path) -> None:
    """Today's values are those of the newest state, also where that state has none."""
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2021-12-17", un_pensions({2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2022-12-17", [], series_asked=["SI_COV_PENSN"])
    small.staged().make("indicator_set.value", "indicator_set.choice")
    assert (small.read("indicator_set.value"), small.read("indicator_set.choice")) == ([], [])
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "48"}))
    assert chosen(small) == {2019: (48.0, "chosen", None)}, "withdrawn and come back"
    days = [
        (r["known_from"].year, r["known_to"] and r["known_to"].year) for r in small.read("indicator_set.value_history")
    ]
    assert days == [(2021, 2022), (2023, None)]


def test_of_two_vintages_of_one_day_the_later_one_stands_alone(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2018: "47", 2019: "48"}))
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2019: "49"}))
    assert chosen(small) == {2019: (49.0, "chosen", None)}
    assert len(small.read("indicator_set.value_history")) == 1


def test_correction_holds_in_the_vintages_that_have_its_text(tmp_path: Path) -> None:
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
    assert chosen(small) == {2020: (20.7, "chosen", None)}
    history = [
        (r["known_from"].year, r["obs_value"], r["obs_status"]) for r in small.read("indicator_set.value_history")
    ]
    assert history == [(2021, 20.6, "U"), (2022, 20.7, None)]


def test_value_that_is_open_at_an_end_is_not_replaced_by_an_older_number(tmp_path: Path) -> None:
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
    there = {(r["ref_area"], r["reference_year"]) for r in small.read("indicator_set.aggregate_member")}
    assert there == {("THA", 2016), ("THA", 2018)}, "a ratio has no highest value that could be its other end"


def test_member_whose_baseline_value_is_unusable_has_no_other_year_in_the_aggregate(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [*un_pensions({2014: "30"}), *un_pensions({2016: "40"}, obs_status="U")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", [*rows, *un_pensions({2015: "20"}, "THA")])
    weight = {"weight": "POP_TOTAL", "ref_area": "THA", "time_period": 2016, "weight_value": 1.0}
    small.staged().write("indicator_set.weight_value", [weight])
    small.make("indicator_set.aggregate_member")
    there = {
        (r["ref_area"], r["value_year"])
        for r in small.read("indicator_set.aggregate_member")
        if r["reference_year"] == 2016
    }
    assert there == {("THA", 2015)}, (
        "exactly the baseline values: 40 of 2016 is shown with status U and not replaced by 2014"
    )


def test_document_is_shown_where_nothing_else_is_and_never_aggregated(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    document = national_row("ASP_COV_PENSN", "KHM", 2018, "3", obs_status="V", kind="document")
    small.stage("national", "documents", "2025-01-01", [document], areas_asked=["KHM"])
    assert chosen(small) == {2018: (3.0, "chosen", "V")}
    (row,) = small.read("indicator_set.value")
    assert (row["in_aggregates"], row["dataset_kind"]) == (False, "document")


def test_superseded_vintage_without_successor_is_shown_as_such(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    old = {"series": "per_sa_allsa.cov_pop_tot", "ref_area": "THA", "time_period": "2011", "obs_value": "92.227869"}
    small.stage("world_bank", "wdi", "2018-09-30", [old])
    found = chosen(small)
    assert found == {2011: (92.227869, "chosen", "V")}
    assert small.read("indicator_set.value")[0]["in_aggregates"] is False
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un_row("SI_COV_SOCAST", "764", 2011, "62.5831")])
    assert chosen(small) == {2011: (62.5831, "chosen", None)}


def test_families_of_breakdowns_are_chosen_apart(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", pensions({2021: "65.6"}))
    un = [un_row("SI_COV_PENSN", "608", 2020, "12", sex="FEMALE"), *un_pensions({2020: "20.5"})]
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    small.staged().make("indicator_set.value")
    found = {(r["sex"], r["breakdown_family"], r["source"]): r["obs_value"] for r in small.read("indicator_set.value")}
    assert found == {("_T", "total", "ilostat"): 65.6, ("F", "sex", "unsd_sdg"): 12.0}


def test_steps_are_breaks_until_somebody_has_looked(tmp_path: Path) -> None:
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


def test_step_shows_across_a_censored_value(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", un_pensions({2016: "50", 2018: "<0.5", 2021: "5"}))
    small.staged().make("indicator_set.value", "baseline.country_value")
    found = {r["time_period"]: r["break_before"] for r in small.read("indicator_set.value")}
    assert found == {2016: None, 2018: None, 2021: "step"}
    (row,) = (r for r in small.read("baseline.country_value") if r["baseline_value"] is not None)
    assert (row["comparable"], row["reason"]) == (False, "break between: step 2021")


def test_break_that_the_provider_flags(tmp_path: Path) -> None:
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
    assert row["reason"] == "break between: declared 2019"


# Member: values by year, their status, and baseline, latest, change and reason that follow.
BASELINES: dict[str, tuple[dict[int, str], str | None, float | None, float | None, float | None, str | None]] = {
    "BRN": ({2015: "40", 2021: "45"}, None, 40, 45, 5, None),
    "IDN": ({2015: "40", 2017: "42", 2021: "45"}, None, 40, 45, 5, None),  # a tie: the earlier
    "KHM": ({2014: "39", 2017: "42", 2021: "45"}, None, 42, 45, 3, None),  # the nearest to 2016
    "LAO": ({2013: "40", 2021: "45"}, None, None, 45, None, "no value in the baseline period"),
    "MMR": ({2015: "40", 2018: "45"}, None, 40, None, None, "no value in the window of the latest year"),
    "MYS": ({2018: "40", 2020: "45"}, None, 40, 45, None, "baseline and latest are less than 3 years apart"),
    "PHL": ({2015: "40", 2021: "<0.5"}, None, 40, None, None, "a value is censored or missing"),
    "SGP": ({2015: "40", 2021: "45"}, "U", 40, 45, None, "superseded, unreliable or from a document"),
    "THA": ({2005: "40"}, None, None, None, None, "last value is of 2005"),
    "TLS": ({}, None, None, None, None, "no value in any year"),
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
    _, _, baseline, latest, change, reason = BASELINES[area]
    row = baselines[area]
    assert (row["baseline_value"], row["latest_value"]) == (baseline, latest)
    assert row["change"] == (None if change is None else pytest.approx(change, abs=1e-9))
    assert (row["comparable"], row["reason"]) == (reason is None, reason)


def test_events_are_averaged_over_the_baseline_years_and_never_carried(tmp_path: Path) -> None:
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
    assert row["latest_value"] is None, "nothing of 2023: the figure of 2021 is not carried"


def test_mean_of_events_that_holds_an_unreliable_count_is_not_compared(tmp_path: Path) -> None:
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
    assert (row["change"], row["reason"]) == (None, "superseded, unreliable or from a document")


def test_correction_excludes_while_its_expected_value_stands(tmp_path: Path) -> None:
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
    assert set(chosen(small)) == {2016}
    small.make("lineage.correction")
    reported = {r["correction_id"]: (r["applied"], r["found_text"]) for r in small.read("lineage.correction")}
    assert reported == {1: (True, "20.5"), 2: (False, "39.8")}, "and says so where its value is gone"
    assert {r["time_period"] for r in small.read("harmonised.observation")} == {2016, 2020}, "published values stay"


def test_discrepancy_of_sources_is_noted(tmp_path: Path) -> None:
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
    """Of each sex half, all aged 0 to 4: only the total is used here."""
    return [
        {"series": s, "ref_area": a, "time_period": str(y), "obs_value": f"{k / 2}", "age_grp": "0-4"}
        for a, k in PEOPLE_2019.items()
        for y in (2010, 2015, 2020)
        for s in ("PopMale", "PopFemale")
    ]


def test_weighted_mean_of_real_members_by_hand(tmp_path: Path) -> None:
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
    assert ("ASEAN", 2018) not in found, "nothing before the first value"
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
    assert rows[("ASP_COV_PENSN", "PHL", "headline")]["reason"] == "last value is of 2016, the window starts in 2019"
    assert rows[("ASP_COV_PENSN", "PHL", "sex")]["availability"] == "no_value"
    assert rows[("ASP_COV_PENSN", "THA", "headline")]["reason"] == "no source publishes it for this member"
