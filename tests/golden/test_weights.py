"""Weights of the regional means equal the figures from which they are made (UN WPP 2019 and 2024, World Bank)."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def totals(figures: Path) -> dict[tuple[str, int], float]:
    rows = lines(figures / "wpp/population_births_2024.csv.gz")
    return {(r["iso3"], int(r["year"])): 1000 * float(r["population_thousands"]) for r in rows}


@pytest.fixture(scope="module")
def by_age(figures: Path) -> dict[tuple[str, str, str, int], float]:
    rows = lines(figures / "wpp/population_by_age_sex_2019.csv.gz")
    return {(r["iso3"], r["age"], r["sex"], int(r["year"])): float(r["thousands"]) for r in rows}


def weights(rows_of: Any, name: str, sex: str = "_T") -> dict[tuple[str, int], float]:
    rows = rows_of(
        "SELECT ref_area, time_period, weight_value FROM indicator_set.weight_value "
        "WHERE weight = ? AND sex = ? AND age = '_T' AND urbanisation = '_T'",
        name,
        sex,
    )
    return {(r["ref_area"], r["time_period"]): r["weight_value"] for r in rows}


def test_total_population_equals_wpp_2024(rows_of: Any, totals: dict[tuple[str, int], float]) -> None:
    found = weights(rows_of, "POP_TOTAL")
    assert {a for a, _ in found} == {a for a, _ in found if (a, 2023) in totals}
    assert len({a for a, _ in found}) == 11
    for key, value in found.items():
        assert value == pytest.approx(totals[key], rel=1e-9), key


def test_births_equal_wpp_2024(rows_of: Any, figures: Path) -> None:
    rows = lines(figures / "wpp/population_births_2024.csv.gz")
    births = {(r["iso3"], int(r["year"])): r["births_thousands"] for r in rows}
    for key, value in weights(rows_of, "BIRTHS").items():
        assert value == pytest.approx(1000 * float(births[key]), rel=1e-9), key


@pytest.mark.parametrize(("area", "year"), [("PHL", 2016), ("IDN", 2023), ("TLS", 2015)])
@pytest.mark.parametrize("sex", ["_T", "F"])
def test_older_people_are_interpolated_and_scaled(
    rows_of: Any,
    totals: dict[tuple[str, int], float],
    by_age: dict[tuple[str, str, str, int], float],
    area: str,
    year: int,
    sex: str,
) -> None:
    start = year - year % 5

    def persons(sexes: str, youngest: int) -> float:
        total = 0.0
        for (iso, age, s, y), value in by_age.items():
            if iso != area or s not in sexes or y not in (start, start + 5):
                continue
            if int(age.rstrip("+").split("-")[0]) >= youngest:
                share = (year - start) / 5
                total += value * ((1 - share) if y == start else share)
        return total

    old = persons("FM" if sex == "_T" else sex, 65) / persons("FM", 0) * totals[(area, year)]
    assert weights(rows_of, "POP_Y_GE65", sex)[(area, year)] == pytest.approx(old, abs=0.01)


def test_band_that_cuts_a_group_takes_its_share_of_years(
    rows_of: Any, totals: dict[tuple[str, int], float], by_age: dict[tuple[str, str, str, int], float]
) -> None:
    def group(age: str) -> float:
        return by_age[("VNM", age, "F", 2015)] + by_age[("VNM", age, "M", 2015)]

    all_persons = sum(v for (iso, _, _, y), v in by_age.items() if iso == "VNM" and y == 2015)
    children = group("0-4") + group("5-9") + group("10-14") + group("15-19") * 3 / 5
    expected = children / all_persons * totals[("VNM", 2015)]
    assert weights(rows_of, "POP_Y0T17")[("VNM", 2015)] == pytest.approx(expected, abs=0.01)


def test_unemployed_are_carried_forward_from_2017_and_marked(rows_of: Any, figures: Path) -> None:
    rows = {
        (r["indicator"], r["iso3"], int(r["date"])): float(r["value"])
        for r in lines(figures / "worldbank/2018-09.csv.gz")
        if r["indicator"] in ("SL.TLF.TOTL.IN", "SL.UEM.TOTL.ZS") and r["value"]
    }
    found = weights(rows_of, "UNEMPLOYED")
    for area in ("IDN", "PHL", "VNM"):
        expected = rows[("SL.TLF.TOTL.IN", area, 2017)] * rows[("SL.UEM.TOTL.ZS", area, 2017)] / 100
        for year in (2017, 2020, 2023):
            assert found[(area, year)] == pytest.approx(expected, abs=0.01)
    filling = rows_of(
        "SELECT DISTINCT filling FROM indicator_set.weight_value "
        "WHERE weight = 'UNEMPLOYED' AND time_period > 2017 AND sex = '_T'"
    )
    assert filling == [{"filling": "carried"}]


def test_urban_and_rural_parts_add_up_to_the_whole(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT weight, ref_area, time_period, sex, age, "
        "max(CASE WHEN urbanisation = '_T' THEN weight_value END) AS whole, "
        "sum(CASE WHEN urbanisation <> '_T' THEN weight_value END) AS parts FROM indicator_set.weight_value "
        "GROUP BY ALL HAVING parts IS NOT NULL"
    )
    assert len(rows) > 100
    for r in rows:
        assert r["parts"] == pytest.approx(r["whole"], rel=1e-9, abs=0.01)


def test_women_and_men_add_up_to_the_whole_labour_force(rows_of: Any) -> None:
    for name in ("LABOUR_FORCE", "UNEMPLOYED", "EMPLOYED", "POP_Y_GE15", "POP_TOTAL"):
        both, women, men = (weights(rows_of, name, sex) for sex in ("_T", "F", "M"))
        assert set(women) == set(men)
        assert women
        for key in women:
            assert women[key] + men[key] == pytest.approx(both[key], rel=1e-9, abs=0.01), (name, key)


def test_every_weight_has_its_inputs_and_their_rows(rows_of: Any) -> None:
    missing = rows_of(
        "SELECT * EXCLUDE (weight_value) FROM indicator_set.weight_value AS v WHERE weight_value IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM lineage.weight_input AS i WHERE i.weight = v.weight AND i.ref_area = v.ref_area "
        "AND i.time_period = v.time_period AND i.sex = v.sex AND i.age = v.age AND i.urbanisation = v.urbanisation)"
    )
    assert missing == []
    years = "SELECT role, ref_area, {} AS time_period FROM lineage.weight_input"
    unpublished = rows_of(
        f"({years.format('first_year')} UNION {years.format('last_year')}) "
        "EXCEPT SELECT role, ref_area, time_period FROM lineage.weight_source"
    )
    assert unpublished == []


def test_rows_of_weights_have_the_published_texts(rows_of: Any) -> None:
    rows = rows_of(
        "SELECT w.value_text, s.obs_value FROM lineage.weight_source AS w JOIN staged.observation AS s "
        "ON s.snapshot_id = w.snapshot_id AND s.snapshot_row = w.file || ':' || w.first_row "
        "AND s.series = w.provider_series WHERE w.row_count = 1 AND w.role IN (SELECT role FROM reference.weight_series)"
    )
    assert len(rows) > 500
    assert all(r["value_text"] == r["obs_value"] for r in rows)


@pytest.mark.parametrize(
    ("weight", "sex", "urbanisation", "expected"),
    [
        ("POP_TOTAL", "_T", "_T", {"total_population": (2018, 2018)}),
        ("POP_TOTAL", "F", "_T", {"total_population": (2018, 2018), "population_by_age": (2015, 2020)}),
        (
            "POP_Y_GE65",
            "_T",
            "R",
            {"total_population": (2018, 2018), "population_by_age": (2015, 2020), "urban_share": (2018, 2018)},
        ),
        ("BIRTHS", "_T", "U", {"births": (2018, 2018), "urban_share": (2018, 2018)}),
        ("GDP_PPP", "_T", "_T", {"gross_domestic_product": (2018, 2018)}),
        ("LABOUR_FORCE", "_T", "_T", {"labour_force": (2017, 2017)}),
        (
            "EMPLOYED",
            "M",
            "_T",
            {
                "labour_force": (2017, 2017),
                "women_in_labour_force": (2017, 2017),
                "unemployment_rate_of_men": (2017, 2017),
            },
        ),
        ("UNEMPLOYED", "_T", "_T", {"labour_force": (2017, 2017), "unemployment_rate": (2017, 2017)}),
        ("BENEFICIARIES_SA", "_T", "_T", {"total_population": (2018, 2018), "ASP_COV_SA": (2018, 2018)}),
    ],
)
def test_roles_and_years_of_the_inputs_of_a_weight(
    weight: str, sex: str, urbanisation: str, expected: dict[str, tuple[int, int]], rows_of: Any
) -> None:
    rows = rows_of(
        "SELECT role, first_year, last_year FROM lineage.weight_input WHERE ref_area = 'IDN' AND time_period = 2018 "
        "AND weight = ? AND sex = ? AND age = '_T' AND urbanisation = ?",
        weight,
        sex,
        urbanisation,
    )
    assert {r["role"]: (r["first_year"], r["last_year"]) for r in rows} == expected
