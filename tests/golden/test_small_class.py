"""What the build records of a regional figure, on a few rows: breaks of its members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_build import SmallBuild

FIGURE = {"indicator": "ASP_COV_UEMP", "area_group": "ASEAN", "cell": "|".join(["_T"] * 11)}
PHL = {**FIGURE, "ref_area": "PHL"}
BREAK = {"indicator": "ASP_COV_UEMP", "why": "a new survey", "decided": "break", "break_file": "known.yaml:1"}


def breaks_of(tmp_path: Path, *members: dict[str, Any], breaks: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(reference year, member, year of the break, year at the baseline, whether it counts) as the build records them."""
    small = SmallBuild(tmp_path)
    small.write("indicator_set.aggregate_member", members)
    small.write("reference.series_break", breaks)
    columns = ("reference_year", "ref_area", "break_year", "baseline_value_year", "counts")
    small.make("indicator_set.member_break")
    return [tuple(r[c] for c in columns) for r in small.read("indicator_set.member_break")]


def test_break_between_the_value_and_that_of_the_baseline_year_is_recorded(tmp_path: Path) -> None:
    baseline = {**PHL, "reference_year": 2016, "value_year": 2015, "weight_value": 10.0}
    before, after = ({**PHL, "reference_year": y, "value_year": y, "weight_value": 10.0} for y in (2019, 2020))
    seen = breaks_of(tmp_path, baseline, before, after, breaks=[{**BREAK, "ref_area": "PHL", "break_year": 2020}])
    assert seen == [(2020, "PHL", 2020, 2015, True)]


def test_without_a_baseline_value_the_baseline_year_counts(tmp_path: Path) -> None:
    alone = {**PHL, "reference_year": 2020, "value_year": 2020}
    breaks = [{**BREAK, "ref_area": "PHL", "break_year": y} for y in (2016, 2017)]
    assert breaks_of(tmp_path, alone, breaks=breaks) == [(2020, "PHL", 2017, 2016, False)]


def test_genuine_step_and_break_of_another_member_are_not_recorded(tmp_path: Path) -> None:
    alone = {**PHL, "reference_year": 2020, "value_year": 2020, "weight_value": 10.0}
    breaks = [
        {**BREAK, "ref_area": "PHL", "break_year": 2018, "decided": "genuine"},
        {**BREAK, "ref_area": "THA", "break_year": 2018},
    ]
    assert breaks_of(tmp_path, alone, breaks=breaks) == []
