"""Small builds with the real SQL, up to harmonised.observation: the outcome of each kind of published cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from messages import assert_reports
from small_build import Row, SmallBuild, ilo_row, national_row, un_row

from warehouse.build import audit_checks

PENSN = "SI_COV_PENSN"


def harmonised(tmp_path: Path, *rows: Row, vintage: str = "2023-12-17") -> tuple[list[Row], list[Row]]:
    """Observations and rejections of some rows of the UN database."""
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", vintage, [{"sex": "BOTHSEX", **r} for r in rows])
    small.staged().make("harmonised.observation", "lineage.rejection", "quality.row_account")
    (account,) = small.read("quality.row_account")
    assert account["difference"] == 0
    return small.read("harmonised.observation"), small.read("lineage.rejection")


# Text as published: number, lower bound, upper bound, status.
TEXTS: dict[str | None, tuple[float | None, float | None, float | None, str | None]] = {
    "39.8": (39.8, None, None, None),
    "0": (0.0, None, None, None),
    "89.24667358398438": (89.24667358398438, None, None, None),
    "1e-3": (0.001, None, None, None),
    "<0.5": (None, None, 0.5, None),
    "<2.5": (None, None, 2.5, None),
    ">=80": (None, 80.0, None, None),
    ">95": (None, 95.0, None, None),
    "<=5": (None, None, 5.0, None),
    "N": (None, None, None, "O"),
    "NaN": (None, None, None, "O"),
    None: (None, None, None, "O"),
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, Row]:
    """The observations of these texts, each published as the value of its own year."""
    rows = [un_row(PENSN, "608", 2000 + n, text) for n, text in enumerate(TEXTS)]
    found, rejected = harmonised(tmp_path_factory.mktemp("texts"), *rows)
    assert rejected == []
    names = list(TEXTS)
    return {names[r["time_period"] - 2000]: r for r in found}


@pytest.mark.parametrize("text", TEXTS)
def test_published_text_becomes_number_or_bound(texts: dict[str | None, Row], text: str | None) -> None:
    row = texts[text]
    assert (row["obs_value"], row["lower_bound"], row["upper_bound"], row["obs_status"]) == TEXTS[text]
    assert row["value_text"] == text, "a missing value is never 0 and never has a normal status"


def test_bounds_of_the_provider_are_kept(tmp_path: Path) -> None:
    (row,), _ = harmonised(tmp_path, un_row(PENSN, "608", 2016, "3", lower_bound="2.5", upper_bound="3.5"))
    assert (row["obs_value"], row["lower_bound"], row["upper_bound"]) == (3.0, 2.5, 3.5)


# Column and code of the UN database, our column and code.
CODES = [
    ("sex", "BOTHSEX", "sex", "_T"),
    ("sex", "FEMALE", "sex", "F"),
    ("sex", "NOTSPEC", "sex", "_T"),
    ("location", "URBAN", "urbanisation", "U"),
    ("location", "ALLAREA", "urbanisation", "_T"),
    ("location", "NOTSPEC", "urbanisation", "_T"),
    ("age", "ALLAGE", "age", "_T"),
    ("age", "15+", "age", "Y_GE15"),
    ("age", "NOTSPEC", "age", "_T"),
    ("age", "<1M", "age", "M0"),
    ("quantile", "Q1", "income_wealth_quantile", "Q1"),
    ("disability_status", "PD", "disability_status", "PD"),
    ("disability_status", "PWD", "disability_status", "PWD"),
    ("migratory_status", "MIGPER", "migratory_status", "MIGPER"),
    ("obs_status", "NOTSPEC", "obs_status", None),
    ("obs_status", None, "obs_status", None),
    ("obs_status", "U", "obs_status", "U"),
    ("nature", "NOTSPEC", "nature", None),
    ("nature", "CA", "nature", "CA"),
]


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Row]:
    """The observations of these codes, each published in its own year; by position in CODES."""
    rows = [un_row(PENSN, "608", 2000 + n, "1", **{column: code}) for n, (column, code, _, _) in enumerate(CODES)]
    found, rejected = harmonised(tmp_path_factory.mktemp("codes"), *rows)
    assert rejected == []
    return {r["time_period"] - 2000: r for r in found}


@pytest.mark.parametrize("number", range(len(CODES)), ids=[f"{c[0]} {c[1]}" for c in CODES])
def test_codes_are_translated(translated: dict[int, Row], number: int) -> None:
    _, _, ours, target = CODES[number]
    assert translated[number][ours] == target


# Changed columns of a row, the reason of its rejection, and fragments of the sentence.
FAULTS: list[tuple[Row, str, tuple[str, ...]]] = [
    ({"sex": "WOMEN"}, "unknown_code", ("Sex WOMEN", "indicator_defs/crosswalks/unsd_sdg/sex.csv")),
    ({"age": "15-99"}, "unknown_code", ("Age 15-99", "indicator_defs/crosswalks/unsd_sdg/age.csv")),
    ({"ref_area": "840"}, "unknown_code", ("area 840", "indicator_defs/crosswalks/unsd_sdg/ref_area.csv")),
    ({"unit_measure": "PERMILLE"}, "unknown_code", ("unit PERMILLE", "unsd_sdg/unit_measure.csv")),
    ({"obs_status": "R"}, "unknown_code", ("status R", "unsd_sdg/obs_status.csv")),
    ({"nature": "X"}, "unknown_code", ("nature X", "unsd_sdg/nature.csv")),
    ({"unit_measure": "NUMBER"}, "unit_differs", ("published in NUMBER", "ASP_COV_PENSN is in PT")),
    ({"obs_value": "-1"}, "below_minimum", ("value -1", "minimum of ASP_COV_PENSN")),
    ({"obs_value": "--"}, "unreadable_value", ("value --", "1e14", "<0.5")),
    ({"time_period": "2024"}, "future_year", ("year 2024", "vintage", "status is not F")),
    ({"lower_bound": "low"}, "unreadable_bound", ("bounds low and", "1e14")),
    (
        {"policy_instruments": "X"},
        "unmapped_dimension",
        ("dimension Policy instruments", "crosswalks/unsd_sdg", "where:"),
    ),
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], dict[str, Row]]:
    """A correct row and the faulty ones: the observations, and the rejections by row of the file."""
    correct = un_row(PENSN, "608", 1999, "39.8")
    rows = [{**correct, "time_period": str(2000 + n), **change} for n, (change, _, _) in enumerate(FAULTS)]
    accepted, rejected = harmonised(tmp_path_factory.mktemp("faults"), correct, *rows)
    return accepted, {r["snapshot_row"]: r for r in rejected}


def test_correct_row_among_faulty_ones_is_used(faulty: tuple[list[Row], dict[str, Row]]) -> None:
    assert [(r["time_period"], r["obs_value"]) for r in faulty[0]] == [(1999, 39.8)]


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{next(iter(f[0]))} {f[1]}" for f in FAULTS])
def test_faulty_row_is_rejected_with_its_reason(faulty: tuple[list[Row], dict[str, Row]], number: int) -> None:
    _, reason, fragments = FAULTS[number]
    row = faulty[1][f"answer.csv:{number + 3}"]
    assert (row["stage"], row["reason"]) == ("harmonised", reason)
    assert_reports(row["detail"], found=fragments)
    assert row["row_as_published"].startswith("area ")


def test_forecast_may_be_for_a_year_after_the_vintage(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", [ilo_row("PENSION", "PHL", 2025, "70", obs_status="F")])
    small.staged().make("harmonised.observation")
    assert [(r["time_period"], r["obs_status"]) for r in small.read("harmonised.observation")] == [(2025, "F")]


def test_status_codes_of_the_ilo_are_translated(tmp_path: Path) -> None:
    status_codes = {"M": "E", "R": "A", "C": "Q", "L": "E", "Z": "V", "U": "U"}
    small = SmallBuild(tmp_path)
    rows = [ilo_row("PENSION", "PHL", 2010 + n, "65.6", obs_status=code) for n, code in enumerate(status_codes)]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("harmonised.observation")
    found = {r["time_period"]: r["obs_status"] for r in small.read("harmonised.observation")}
    assert [found[2010 + n] for n in range(len(status_codes))] == list(status_codes.values())


def test_contingencies_are_indicators(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [ilo_row(c, "PHL", 2021, v) for c, v in (("PENSION", "65.6"), ("UNE", "0"), ("TOTAL", "47.1"), ("NEW", "1"))]
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", rows)
    small.staged().make("harmonised.observation", "quality.out_of_scope", "quality.row_account")
    assert {r["indicator"]: r["obs_value"] for r in small.read("harmonised.observation")} == {
        "ASP_COV_PENSN": 65.6,
        "ASP_COV_UEMP": 0.0,
        "ASP_COV_ANY": 47.1,
    }
    assert [(r["rule"], r["row_count"]) for r in small.read("quality.out_of_scope")] == [
        ("outside_definition_filter", 1)
    ]
    assert small.read("quality.row_account")[0]["difference"] == 0


def test_series_code_that_contains_the_quintile(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [
        {"series": f"per_sa_allsa.cov_{q}_tot", "ref_area": "THA", "time_period": "2013", "obs_value": v}
        for q, v in (("pop", "59.3"), ("q1", "80.1"), ("q5", "30.2"))
    ]
    small.stage("world_bank", "wdi", "2018-09-30", rows)
    small.staged().make("harmonised.observation")
    found = {
        r["income_wealth_quantile"]: (r["obs_value"], r["is_superseded"]) for r in small.read("harmonised.observation")
    }
    assert found == {"_T": (59.3, True), "Q1": (80.1, True), "Q5": (30.2, True)}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("Poverty headcount ratio at $1.90 a day (2011 PPP) (% of population)", []),
        ("Poverty headcount ratio at $3.00 a day (2021 PPP) (% of population)", ["meaning_changed"]),
        (None, ["meaning_changed"]),
    ],
)
def test_series_whose_title_changes_is_rejected(tmp_path: Path, name: str | None, outcome: list[str]) -> None:
    small = SmallBuild(tmp_path)
    row = {"series": "SI.POV.DDAY", "series_name": name, "ref_area": "IDN", "time_period": "2015", "obs_value": "5.8"}
    small.stage("world_bank", "wdi", "2026-06-30", [row])
    small.staged().make("harmonised.observation", "lineage.rejection")
    assert [r["reason"] for r in small.read("lineage.rejection")] == outcome
    assert len(small.read("harmonised.observation")) == 1 - len(outcome)


def test_values_of_the_earlier_vintage_stay_in_use_when_the_title_changes(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    row = {"series": "SI.POV.DDAY", "ref_area": "IDN", "time_period": "2015"}
    old = {
        **row,
        "series_name": "Poverty headcount ratio at $1.90 a day (2011 PPP) (% of population)",
        "obs_value": "5.8",
    }
    new = {
        **row,
        "series_name": "Poverty headcount ratio at $3.00 a day (2021 PPP) (% of population)",
        "obs_value": "25.1",
    }
    declared = small.stage("world_bank", "wdi", "2021-09-15", [old])
    other = small.stage("world_bank", "wdi", "2026-06-30", [new])
    small.staged().make("harmonised.observation", "lineage.rejection", "lineage.series_vintage", "indicator_set.value")
    assert [(r["obs_value"], r["snapshot_id"]) for r in small.read("harmonised.observation")] == [(5.8, declared)]
    assert [r["obs_value"] for r in small.read("indicator_set.value")] == [5.8]
    assert [(r["reason"], r["snapshot_id"]) for r in small.read("lineage.rejection")] == [("meaning_changed", other)]
    is_declared = {r["snapshot_id"]: r["is_declared"] for r in small.read("lineage.series_vintage")}
    assert is_declared == {declared: True, other: False}


@pytest.mark.parametrize(("vintage", "accepted"), [("2020-12-27", 0), ("2023-12-17", 1), ("2026-03-31", 0)])
def test_undeclared_vintage_is_rejected(tmp_path: Path, vintage: str, accepted: int) -> None:
    rows, rejected = harmonised(tmp_path, un_row("SI_POV_DAY1", "360", 2015, "8.3"), vintage=vintage)
    assert len(rows) == accepted
    assert [r["reason"] for r in rejected] == ["undeclared_vintage"] * (1 - accepted)


def test_reporting_type_other_than_global_is_out_of_scope(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [un_row(PENSN, "608", 2016, v, sex="BOTHSEX", reporting_type=t) for v, t in (("39.8", "G"), ("41", "N"))]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("harmonised.observation", "quality.out_of_scope")
    assert [r["value_text"] for r in small.read("harmonised.observation")] == ["39.8"]
    assert [(r["rule"], r["row_count"]) for r in small.read("quality.out_of_scope")] == [("outside_dataset_scope", 1)]


def test_dimension_constant_over_the_whole_series_needs_no_crosswalk(tmp_path: Path) -> None:
    rows = [un_row(PENSN, "608", y, "1", level_status="SUBNATIONAL") for y in (2016, 2019)]
    accepted, rejected = harmonised(tmp_path, *rows)
    assert (len(accepted), rejected) == (2, [])


def test_series_with_two_codes_of_an_unmapped_dimension_is_rejected(tmp_path: Path) -> None:
    rows = [un_row(PENSN, "608", y, "1", level_status=s) for y, s in ((2016, "SUBNATIONAL"), (2019, "NATIONAL"))]
    accepted, rejected = harmonised(tmp_path, *rows)
    assert accepted == []
    assert {r["reason"] for r in rejected} == {"unmapped_dimension"}
    assert_reports(rejected[0]["detail"], found="dimension Level status")


def test_dimension_in_some_rows_only_is_not_constant(tmp_path: Path) -> None:
    rows = [un_row(PENSN, "608", 2016, "1"), un_row(PENSN, "608", 2019, "2", level_status="NATIONAL")]
    accepted, rejected = harmonised(tmp_path, *rows)
    assert [r["time_period"] for r in accepted] == [2016]
    assert [r["reason"] for r in rejected] == ["unmapped_dimension"]


def test_newest_vintage_is_used_and_the_older_one_is_kept(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    old = [un_row(PENSN, "608", 2016, "39.8", sex="BOTHSEX"), un_row(PENSN, "608", 2020, "20.5", sex="BOTHSEX")]
    small.stage("unsd_sdg", "sdg", "2022-12-25", old)
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un_row(PENSN, "608", 2016, "40.1", sex="BOTHSEX")])
    small.staged().make("harmonised.observation", "lineage.vintage_value")
    assert [(r["time_period"], r["value_text"]) for r in small.read("harmonised.observation")] == [(2016, "40.1")]
    accepted = {(str(r["vintage_date"])[:10], r["value_text"]) for r in small.read("lineage.vintage_value")}
    assert accepted == {("2022-12-25", "39.8"), ("2022-12-25", "20.5"), ("2023-12-17", "40.1")}
    ids = {r["observation_id"] for r in small.read("lineage.vintage_value") if r["value_text"] in ("39.8", "40.1")}
    assert len(ids) == 1, "a cell has the same ID in all vintages"


def test_series_that_was_not_requested_again_keeps_its_older_vintage(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    coverage = "Coverage of social protection and labor programs (% of population)"
    for vintage, series, title in (
        ("2018-09-30", "per_allsp.cov_pop_tot", coverage),
        ("2024-06-28", "SI.POV.GINI", "Gini index"),
    ):
        row = {"series": series, "ref_area": "THA", "time_period": "2013", "obs_value": "38", "series_name": title}
        small.stage("world_bank", "wdi", vintage, [row])
    small.staged().make("harmonised.observation")
    assert {r["provider_series"] for r in small.read("harmonised.observation")} == {
        "per_allsp.cov_pop_tot",
        "SI.POV.GINI",
    }


def test_requested_series_that_is_not_returned_is_withdrawn(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2022-12-25", [un_row(PENSN, "608", 2016, "39.8", sex="BOTHSEX")])
    other = [un_row("SI_COV_UEMP", "608", 2016, "0", sex="BOTHSEX")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", other, series_asked=["SI_COV_UEMP", PENSN])
    small.staged().make("harmonised.observation")
    assert {r["provider_series"] for r in small.read("harmonised.observation")} == {"SI_COV_UEMP"}


def test_key_published_twice_keeps_both_values_and_neither_is_chosen(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [un_row(PENSN, "608", 2016, v, sex="BOTHSEX") for v in ("39.8", "41")]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("harmonised.observation", "indicator_set.candidate")
    found = small.read("harmonised.observation")
    assert {(r["candidate_no"], r["value_text"]) for r in found} == {(1, "39.8"), (2, "41")}
    assert len({r["observation_id"] for r in found}) == 2
    assert small.read("indicator_set.candidate") == []


def test_key_under_the_old_and_the_new_code_of_a_series_counts_as_published_twice(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [un_row("SI_COV_SOCASTPQ", "608", 2012, "10"), un_row("SI_COV_SOCAST", "608", 2012, "20", quantile="Q1")]
    small.stage("unsd_sdg", "sdg", "2018-10-15", rows)
    small.staged().make("harmonised.observation", "indicator_set.candidate")
    assert {r["candidate_no"] for r in small.read("harmonised.observation")} == {1, 2}
    assert small.read("indicator_set.candidate") == []
    check = next(c for c in audit_checks.checks() if c.name == "key_published_twice")
    (result,) = audit_checks.run_checks(small.build, [check])
    assert result.problems == 1


def test_same_value_published_twice_is_one_candidate(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un_row(PENSN, "608", 2016, "39.8", sex="BOTHSEX")] * 2)
    small.staged().make("indicator_set.candidate")
    assert [r["obs_value"] for r in small.read("indicator_set.candidate")] == [39.8]


def test_national_row_in_our_own_codes(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [
        national_row("ASP_COV_PENSN", "KHM", 2021, "12.5"),
        national_row("ASP_COV_PENSN", "KHM", 2021, "11", sex="F"),
    ]
    rows += [national_row("ASP_NOT_OURS", "KHM", 2021, "1"), national_row("ASP_COV_PENSN", "KHM", 2022, "1", sex="W")]
    small.stage("national", "submissions", "2026-10-01", rows, areas_asked=["KHM"])
    small.staged().make("harmonised.observation", "lineage.rejection", "quality.out_of_scope", "quality.row_account")
    assert {(r["sex"], r["obs_value"]) for r in small.read("harmonised.observation")} == {("_T", 12.5), ("F", 11.0)}
    details = {(r["series"], r["reason"]): r["detail"] for r in small.read("lineage.rejection")}
    assert set(details) == {("ASP_COV_PENSN", "unknown_code"), ("ASP_NOT_OURS", "unknown_indicator")}
    assert_reports(details["ASP_COV_PENSN", "unknown_code"], found="sex W", expected="indicator_defs/codelists/sex.csv")
    assert_reports(
        details["ASP_NOT_OURS", "unknown_indicator"], found="ASP_NOT_OURS", expected="indicator_defs/indicators"
    )
    assert small.read("quality.out_of_scope") == [], "a mistyped code is reported, not ignored"
    assert small.read("quality.row_account")[0]["difference"] == 0


def test_target_groups_most_specific_first(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows = [
        un_row(PENSN, "608", 2016, "1", sex="BOTHSEX"),
        un_row(PENSN, "608", 2017, "1", sex="FEMALE"),
        un_row(PENSN, "608", 2018, "1", sex="BOTHSEX", disability_status="PD"),
        un_row(PENSN, "608", 2019, "1", sex="BOTHSEX", disability_status="PWD"),
    ]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("harmonised.observation")
    groups: dict[str, list[str]] = {}
    for r in small.read("reference.cell_group"):
        groups.setdefault(f"{r['sex']} {r['disability_status']}", []).append(r["target_group"])
    assert groups == {"_T _T": ["OLDER"], "F _T": ["OLDER", "WOMEN"], "_T PD": ["OLDER", "PWD"], "_T PWD": ["OLDER"]}
    column = {r["time_period"]: r["target_group"] for r in small.read("harmonised.observation")}
    assert column == dict.fromkeys(range(2016, 2020), "OLDER")


def test_row_account_of_a_build_with_every_outcome(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    rows: list[Row] = [
        un_row(PENSN, "608", 2016, "39.8", sex="BOTHSEX"),
        un_row(PENSN, "608", 2017, "about 40", sex="BOTHSEX"),
        un_row(PENSN, "840", 2017, "40", sex="BOTHSEX"),
        un_row("XX_NOT_CLAIMED", "608", 2017, "40"),
    ]
    small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
    small.staged().make("quality.row_account", "lineage.rejection")
    (account,) = small.read("quality.row_account")
    counts: dict[str, Any] = {
        k: account[k] for k in ("rows_in", "harmonised", "out_of_scope", "rejected", "difference")
    }
    assert counts == {"rows_in": 4, "harmonised": 1, "out_of_scope": 1, "rejected": 2, "difference": 0}
    assert {r["stage"] for r in small.read("lineage.rejection")} == {"staged", "harmonised"}
