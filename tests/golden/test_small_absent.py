"""Each reason why a member does not count in a regional figure, with a few values of one indicator."""

from __future__ import annotations

import pytest
from small_build import TOTAL_CELL, Row, SmallBuild, catalogue

WOMEN = TOTAL_CELL.replace("_T", "F", 1)
# area, year, cell, value, whether it may enter regional figures, status
VALUES = [
    ("SGP", 2015, TOTAL_CELL, "7", True, None),
    ("SGP", 2022, TOTAL_CELL, "8", True, None),
    ("KHM", 2012, TOTAL_CELL, "1", True, None),  # before the window and before the baseline period
    ("IDN", 2015, TOTAL_CELL, "5", True, None),
    ("IDN", 2021, TOTAL_CELL, "6", False, "U"),  # the newest value is unreliable; no older one replaces it
    ("MYS", 2015, TOTAL_CELL, "2", False, "V"),  # as near to 2016 as 2017: the earlier one counts
    ("MYS", 2017, TOTAL_CELL, "3", True, None),
    ("LAO", 2022, TOTAL_CELL, ">4", True, None),
    ("PHL", 2022, WOMEN, "9", True, None),
    ("VNM", 2024, TOTAL_CELL, "9", True, None),  # after the years of the figures
]
EXPECTED = {
    (2016, TOTAL_CELL): {
        "KHM": ("not_in_baseline_period", 2012, "1", None),
        "MYS": ("kept_out_at_baseline", 2015, "2", "V"),
        "LAO": ("no_value_at_baseline", None, None, None),
        "VNM": ("no_value_at_baseline", None, None, None),
    },
    (2023, TOTAL_CELL): {
        "KHM": ("before_window", 2012, "1", None),
        "IDN": ("kept_out", 2021, "6", "U"),
        "MYS": ("before_window", 2017, "3", None),
        "LAO": ("open_end", 2022, ">4", None),
        "VNM": ("no_value", None, None, None),
    },
    (2023, WOMEN): {
        "PHL": ("sex_without_the_other", 2022, "9", None),
        "SGP": ("no_value", None, None, None),
    },
}
REPORTING = {(2016, TOTAL_CELL): ["SGP", "IDN"], (2023, TOTAL_CELL): ["SGP"], (2023, WOMEN): []}


@pytest.fixture(scope="module")
def absent(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The absent members of three figures of one indicator, which is looked back three years and has no bounds."""
    small = SmallBuild(tmp_path_factory.mktemp("absent"))
    small.write("reference.indicator", [{"indicator": "A", "lookback_years": 3, "headline_sex": "_T"}])
    values = [
        {
            "indicator": "A",
            "ref_area": area,
            "time_period": year,
            "cell": cell,
            "sex": cell.split("|")[0],
            "value_text": text,
            "obs_value": None if text.startswith(">") else float(text),
            "lower_bound": float(text[1:]) if text.startswith(">") else None,
            "in_aggregates": in_aggregates,
            "obs_status": status,
        }
        for area, year, cell, text, in_aggregates, status in VALUES
    ]
    small.write("indicator_set.value", values)
    figures = [{"indicator": "A", "ref_area": "ASEAN", "time_period": year, "cell": cell} for year, cell in EXPECTED]
    small.write("indicator_set.aggregate", figures)
    members = [
        {"indicator": "A", "area_group": "ASEAN", "reference_year": year, "cell": cell, "ref_area": area}
        for (year, cell), areas in REPORTING.items()
        for area in areas
    ]
    small.write("indicator_set.aggregate_member", members)
    return small.make("indicator_set.absent_member").read("indicator_set.absent_member")


@pytest.mark.parametrize("figure", EXPECTED, ids=["baseline", "2023", "women"])
def test_reason_and_newest_value_of_each_absent_member(figure: tuple[int, str], absent: list[Row]) -> None:
    found = {
        r["ref_area"]: (r["absence"], r["newest_year"], r["newest_text"], r["newest_status"])
        for r in absent
        if (r["reference_year"], r["cell"]) == figure
    }
    assert {area: reason for area, reason in found.items() if area in EXPECTED[figure]} == EXPECTED[figure]
    assert set(found) == set(catalogue().codelists.members("ASEAN")) - set(REPORTING[figure])


def test_every_reason_occurs_and_is_in_the_code_list(absent: list[Row]) -> None:
    assert {r["absence"] for r in absent} == {
        row["code"] for row in catalogue().codelists["sentence"] if row["description"] == "indicator_set.absent_member"
    }
