"""Single figures of the release equal the published files to the last digit.

Sources: UN SDG Global Database of 2023-12-17, ILOSTAT (World Social Protection Report 2024-26), World Bank of
2024-06-28 and 2018-09, from the originals next to the project. The tests quote figures of these files.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

UN_FILE = "unsd/2023-12-17.csv.gz"
ILO_FILE = "ilo/SDG_0131_SEX_SOC_RT_wspr2024-26.csv.gz"
SEX = {"BOTHSEX": "_T", "FEMALE": "F", "MALE": "M", "SEX_T": "_T", "SEX_F": "F", "SEX_M": "M"}
CONTINGENCY = {
    "ASP_COV_ANY": "SOC_CONTIG_TOTAL",
    "ASP_COV_CHLD": "SOC_CONTIG_CHILD",
    "ASP_COV_DISAB": "SOC_CONTIG_DISAB",
    "ASP_COV_INJ": "SOC_CONTIG_INJ",
    "ASP_COV_MATNL": "SOC_CONTIG_MAT",
    "ASP_COV_PENSN": "SOC_CONTIG_PENSION",
    "ASP_COV_POOR": "SOC_CONTIG_POOR",
    "ASP_COV_UEMP": "SOC_CONTIG_UNE",
    "ASP_COV_VULN": "SOC_CONTIG_VULN",
}


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def un_lines(figures: Path) -> list[dict[str, str]]:
    return lines(figures / UN_FILE)


@pytest.fixture(scope="module")
def ilo_lines(figures: Path) -> list[dict[str, str]]:
    return lines(figures / ILO_FILE)


def test_pensions_of_the_philippines_in_the_un_database(un_lines: list[dict[str, str]], rows_of: Any) -> None:
    expected = {
        (int(r["timePeriod"]), SEX[json.loads(r["dimensions"])["Sex"]]): (float(r["value"]), r["value"])
        for r in un_lines
        if r["series"] == "SI_COV_PENSN" and r["geoAreaCode"] == "608"
    }
    assert len(expected) == 5
    rows = rows_of(
        "SELECT time_period, sex, obs_value, value_text FROM harmonised.observation "
        "WHERE provider_series = 'SI_COV_PENSN' AND ref_area = 'PHL'"
    )
    assert {(r["time_period"], r["sex"]): (r["obs_value"], r["value_text"]) for r in rows} == expected


def test_all_programmes_in_thailand_all_years(figures: Path, rows_of: Any) -> None:
    expected = {
        int(r["date"]): (float(r["value"]), r["value"])
        for r in lines(figures / "worldbank/2024-06-28.csv.gz")
        if r["indicator"] == "per_allsp.cov_pop_tot" and r["iso3"] == "THA"
    }
    assert len(expected) == 7
    assert expected[2019][1] == "89.24667358398438"
    rows = rows_of(
        "SELECT time_period, obs_value, value_text, vintage_date FROM harmonised.observation "
        "WHERE provider_series = 'per_allsp.cov_pop_tot' AND ref_area = 'THA'"
    )
    assert {r["time_period"]: (r["obs_value"], r["value_text"]) for r in rows} == expected
    assert {str(r["vintage_date"])[:10] for r in rows} == {"2024-06-28"}, "not the vintages of 2018 or 2022"


def test_unemployment_of_thailand_by_disability(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT disability_status, obs_value, value_text FROM harmonised.observation "
        "WHERE provider_series = 'SL_TLF_UEMDIS' AND ref_area = 'THA' AND time_period = 2019 AND sex = '_T'"
    )
    assert {r["disability_status"]: r["obs_value"] for r in rows} == {"_T": 0.81, "PD": 3.97, "PWD": 0.76}


def test_value_without_disability_is_close_to_the_total_in_every_year(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT time_period, disability_status, obs_value FROM harmonised.observation "
        "WHERE provider_series = 'SL_TLF_UEMDIS' AND ref_area = 'THA' AND sex = '_T'"
    )
    by_year: dict[int, dict[str, float]] = {}
    for r in rows:
        by_year.setdefault(r["time_period"], {})[r["disability_status"]] = r["obs_value"]
    both = {year: v for year, v in by_year.items() if {"_T", "PWD"} <= set(v)}
    assert len(both) >= 4
    for year, values in both.items():
        assert abs(values["PWD"] - values["_T"]) < 0.06, f"PWD is without disability: {year} {values}"


@pytest.mark.parametrize("year", [2019, 2020, 2021])
def test_severe_food_insecurity_of_indonesia_is_a_bound(rows_of: Any, year: int) -> None:
    rows = rows_of(
        "SELECT obs_value, value_text, lower_bound, upper_bound FROM harmonised.observation "
        "WHERE provider_series = 'AG_PRD_FIESS' AND ref_area = 'IDN' AND time_period = ? AND sex = '_T'",
        year,
    )
    assert rows == [{"obs_value": None, "value_text": "<0.5", "lower_bound": None, "upper_bound": 0.5}]


def test_undernourishment_of_eastern_asia_is_a_bound_since_2010(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT time_period, obs_value, value_text, upper_bound FROM harmonised.observation "
        "WHERE provider_series = 'SN_ITK_DEFC' AND ref_area = 'EAS_UN'"
    )
    censored = {r["time_period"] for r in rows if r["value_text"] == "<2.5"}
    assert censored == set(range(2010, 2023))
    for r in rows:
        if r["time_period"] in censored:
            assert (r["obs_value"], r["upper_bound"]) == (None, 2.5)
        else:
            assert r["obs_value"] == float(r["value_text"])
            assert r["upper_bound"] is None


def test_every_number_equals_its_published_text(rows_of: Any) -> None:
    rows = rows_of("SELECT value_text, obs_value, lower_bound, upper_bound FROM harmonised.observation")
    assert len(rows) > 24_000
    censored = 0
    for r in rows:
        text = r["value_text"]
        if r["obs_value"] is None:
            censored += 1
            assert text.startswith("<")
            assert r["upper_bound"] == float(text.removeprefix("<"))
        else:
            assert r["obs_value"] == float(text)
    assert censored == 33


@pytest.mark.parametrize(("indicator", "contingency"), sorted(CONTINGENCY.items()))
def test_contingencies_of_the_ilo_equal_its_file(
    ilo_lines: list[dict[str, str]], rows_of: Any, indicator: str, contingency: str
) -> None:
    areas = {"X84": "ASEAN_ILO", "X54": "SEA", "X40": "ASIAPAC_ILO", "X01": "WLD"}
    expected = {
        (areas.get(r["REF_AREA"], r["REF_AREA"]), int(r["TIME_PERIOD"]), SEX[r["SEX"]]): r["OBS_VALUE"]
        for r in ilo_lines
        if r["SOC"] == contingency
    }
    rows = rows_of(
        "SELECT ref_area, time_period, sex, value_text, obs_status FROM harmonised.observation "
        "WHERE source = 'ilostat' AND indicator = ?",
        indicator,
    )
    assert {(r["ref_area"], r["time_period"], r["sex"]): r["value_text"] or "" for r in rows} == expected
    assert {r["obs_status"] for r in rows} == {None}, "the file states no status, so it is not stated"


def test_every_row_of_the_un_file_is_staged_as_published(un_lines: list[dict[str, str]], rows_of: Any) -> None:
    expected = Counter(
        (r["series"], r["geoAreaCode"], r["timePeriod"], r["value"], r["Units"], r["Nature"], r["Observation Status"])
        for r in un_lines
    )
    rows = rows_of(
        "SELECT series, ref_area, time_period, coalesce(obs_value, '') AS v, coalesce(unit_measure, '') AS u, "
        "coalesce(nature, '') AS n, coalesce(obs_status, '') AS s FROM staged.unsd_sdg__sdg "
        "WHERE snapshot_id LIKE 'unsd_sdg/sdg/2023-12-17%'"
    )
    found = Counter((r["series"], r["ref_area"], r["time_period"], r["v"], r["u"], r["n"], r["s"]) for r in rows)
    assert sum(found.values()) == 43_007
    assert found == expected


def test_every_dimension_of_the_un_file_is_in_the_series_key(un_lines: list[dict[str, str]], rows_of: Any) -> None:
    expected = Counter()
    for r in un_lines:
        dimensions = json.loads(r["dimensions"]) if r["dimensions"] else {}
        expected[(r["series"], ";".join(f"{k}={v}" for k, v in sorted(dimensions.items())))] += 1
    rows = rows_of(
        "SELECT series, series_key, count(*) AS n FROM staged.unsd_sdg__sdg "
        "WHERE snapshot_id LIKE 'unsd_sdg/sdg/2023-12-17%' GROUP BY ALL"
    )
    found = Counter({(r["series"], r["series_key"].removesuffix(";Reporting Type=G")): r["n"] for r in rows})
    assert found == expected


def test_every_staged_row_has_exactly_one_outcome(rows_of: Any) -> None:
    (counts,) = rows_of(
        """
        WITH staged_row AS (
            SELECT snapshot_id, snapshot_row, series FROM staged.unsd_sdg__sdg
            UNION ALL SELECT snapshot_id, snapshot_row, series FROM staged.world_bank__wdi
            UNION ALL SELECT snapshot_id, snapshot_row, series FROM staged.ilostat__SDG_0131_SEX_SOC_RT
            UNION ALL SELECT snapshot_id, snapshot_row, series FROM staged.national__documents
            UNION ALL SELECT snapshot_id, snapshot_row, series FROM staged.un_wpp__wpp2019_age_sex
            UNION ALL SELECT snapshot_id, snapshot_row, series FROM staged.un_wpp__wpp2024_demographic
        ),
        harmonised_row AS (
            SELECT snapshot_id, snapshot_row, count(*) AS n FROM lineage.vintage_value GROUP BY ALL
        ),
        rejected_row AS (
            SELECT snapshot_id, snapshot_row, series, count(*) AS n FROM lineage.rejection GROUP BY ALL
        )
        SELECT
            count(*) AS row_count,
            count(*) FILTER (WHERE u.n = 1 AND r.n IS NULL) AS harmonised,
            count(*) FILTER (WHERE u.n IS NULL AND r.n = 1) AS rejected,
            count(*) FILTER (WHERE u.n IS NULL AND r.n IS NULL) AS neither,
            (SELECT sum(row_count) FROM quality.out_of_scope) AS out_of_scope,
            (SELECT sum(rows_in) FROM quality.row_account) AS rows_in,
            (SELECT max(abs(difference)) FROM quality.row_account) AS difference
        FROM staged_row AS s
        LEFT JOIN harmonised_row AS u ON u.snapshot_id = s.snapshot_id AND u.snapshot_row = s.snapshot_row
            AND s.snapshot_id NOT LIKE 'un_wpp%'
        LEFT JOIN rejected_row AS r
            ON r.snapshot_id = s.snapshot_id AND r.snapshot_row = s.snapshot_row AND r.series = s.series
        """
    )
    assert counts["row_count"] == counts["rows_in"] == 156_092
    assert counts["neither"] == counts["out_of_scope"]
    assert counts["harmonised"] + counts["rejected"] + counts["neither"] == counts["row_count"]
    assert counts["difference"] == 0


def test_figures_quoted_in_documents_enter_no_regional_figure(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT indicator, ref_area, time_period, time_detail, value_text, obs_status, source_citation "
        "FROM harmonised.observation WHERE source = 'national'"
    )
    assert len(rows) == 8
    found = {r["indicator"]: r for r in rows}
    assert {r["ref_area"] for r in rows} == {"LAO", "THA", "KHM"}
    assert {r["obs_status"] for r in rows} == {"V"}
    assert found["ASP_DOC_PENSN_LF"]["time_detail"] == "2009/2010"
    assert found["ASP_DOC_PENSN_LF"]["value_text"] == "6.15"
    assert all("newsletter" in r["source_citation"] for r in rows)
    used = rows_of(
        "SELECT count(*) AS n FROM indicator_set.aggregate_member AS m JOIN indicator_set.value AS v "
        "ON v.observation_id = m.observation_id WHERE v.dataset_kind = 'document'"
    )
    assert used == [{"n": 0}]
    assert rows_of("SELECT count(*) AS n FROM indicator_set.aggregate WHERE indicator LIKE 'ASP_DOC_%'") == [{"n": 0}]


def test_legal_entitlement_is_not_counted_as_coverage(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT DISTINCT indicator FROM harmonised.observation WHERE source = 'national' AND value_text = '100'"
    )
    assert rows == [{"indicator": "ASP_DOC_LEGAL_HLT"}]


@pytest.mark.parametrize(
    ("where", "group", "match"),
    [
        ("indicator = 'ASP_COV_PENSN' AND sex = '_T'", "OLDER", "exact"),
        ("indicator = 'ASP_COV_PENSN' AND sex = 'F'", "WOMEN", "exact"),
        ("indicator = 'ASP_COV_CHLD' AND sex = '_T'", "CHILD", "exact"),
        ("provider_series = 'SL_TLF_UEMDIS' AND disability_status = 'PD'", "PWD", "exact"),
        ("indicator = 'ASP_COV_UEMP' AND sex = '_T'", "AT_RISK", "proxy"),
        ("indicator = 'ASP_COV_SA' AND income_wealth_quantile = 'Q1'", "POOR", "proxy"),
    ],
)
def test_target_groups_of_observations(rows_of: Any, where: str, group: str, match: str) -> None:
    rows = rows_of(
        "SELECT o.observation_id, bool_or(g.target_group = ? AND g.match = ?) AS found "
        "FROM harmonised.observation AS o LEFT JOIN reference.observation_group AS g USING (observation_id) "
        f"WHERE {where} GROUP BY ALL",
        group,
        match,
    )
    assert rows
    assert all(r["found"] for r in rows)


def test_without_disability_is_not_the_target_group(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT count(*) AS n FROM harmonised.observation AS o JOIN reference.observation_group AS g "
        "USING (observation_id) WHERE o.disability_status = 'PWD' AND g.target_group = 'PWD' "
        "AND o.provider_series = 'SL_TLF_UEMDIS'"
    )
    assert rows == [{"n": 0}]


def test_column_target_group_is_one_of_the_groups_of_the_observation(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT count(*) AS n FROM harmonised.observation AS o WHERE o.target_group <> '_T' AND NOT EXISTS "
        "(SELECT 1 FROM reference.observation_group AS g "
        "WHERE g.observation_id = o.observation_id AND g.target_group = o.target_group)"
    )
    assert rows == [{"n": 0}]
    without = rows_of(
        "SELECT count(*) AS n FROM harmonised.observation AS o JOIN reference.observation_group AS g "
        "USING (observation_id) WHERE o.target_group = '_T'"
    )
    assert without == [{"n": 0}]


def test_status_notspec_is_read_as_not_stated(rows_of: Any) -> None:
    rows = rows_of("SELECT DISTINCT obs_status FROM harmonised.observation WHERE provider_series = 'SL_ISV_IFEM'")
    assert rows == [{"obs_status": None}], "every row is NOTSPEC: not stated, never normal"


@pytest.mark.parametrize("table", ["value", "value_history"])
def test_member_states_are_marked_and_come_first(rows_of: Any, table: str) -> None:
    members = {
        r["ref_area"]
        for r in rows_of("SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN' AND is_member_today")
    }
    rows = rows_of(f"SELECT ref_area, is_member FROM indicator_set.{table} ORDER BY rowid")
    assert {r["ref_area"] for r in rows if r["is_member"]} == members
    assert members.isdisjoint(r["ref_area"] for r in rows if not r["is_member"])
    is_member = [r["is_member"] for r in rows]
    assert is_member == sorted(is_member, reverse=True)


def test_every_published_title_is_confirmed(rows_of: Any) -> None:
    """Every claim and weight lists the titles of its series; a series without a title has the check not_checked."""
    rows = rows_of("SELECT series, title, title_check, used_in FROM lineage.series_description")
    followed = [r for r in rows if r["title_check"] != "renamed_series"]
    assert [r for r in followed if r["title_check"] != ("confirmed" if r["title"] else "not_checked")] == []
    checked = rows_of("SELECT source, title_check, count(*) AS n FROM harmonised.observation GROUP BY ALL")
    assert {(r["source"], r["title_check"]) for r in checked} == {
        ("ilostat", "not_checked"),
        ("national", "not_checked"),
        ("unsd_sdg", "confirmed"),
        ("world_bank", "confirmed"),
    }
