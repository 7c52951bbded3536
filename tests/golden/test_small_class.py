"""Small builds: the breaks of the members of a regional figure, and the tests of its class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from messages import assert_reports
from small_build import SmallBuild

from indicator_defs.breakdowns import BREAKDOWNS

FIGURE = {"indicator": "ASP_COV_UEMP", "area_group": "ASEAN", "cell": "|".join(["_T"] * len(BREAKDOWNS))}
PHL = {**FIGURE, "ref_area": "PHL"}
BREAK = {"indicator": "ASP_COV_UEMP", "why": "a new survey", "decided": "break", "break_file": "known.yaml:1"}


def breaks_of(tmp_path: Path, *members: dict[str, Any], breaks: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(reference year, member, break year, baseline year of the member, whether it counts) of each break."""
    small = SmallBuild(tmp_path)
    small.write("indicator_set.aggregate_member", members)
    small.write("reference.series_break", breaks)
    columns = ("reference_year", "ref_area", "break_year", "baseline_value_year", "counts")
    small.make("indicator_set.member_break")
    return [tuple(r[c] for c in columns) for r in small.read("indicator_set.member_break")]


def test_break_between_the_value_and_the_baseline_value_is_recorded(tmp_path: Path) -> None:
    baseline = {**PHL, "reference_year": 2016, "value_year": 2015, "weight_value": 10.0}
    before, after = ({**PHL, "reference_year": y, "value_year": y, "weight_value": 10.0} for y in (2019, 2020))
    breaks = breaks_of(tmp_path, baseline, before, after, breaks=[{**BREAK, "ref_area": "PHL", "break_year": 2020}])
    assert breaks == [(2020, "PHL", 2020, 2015, True)]


def test_without_a_baseline_value_the_baseline_year_counts(tmp_path: Path) -> None:
    member = {**PHL, "reference_year": 2020, "value_year": 2020}
    breaks = [{**BREAK, "ref_area": "PHL", "break_year": y} for y in (2016, 2017)]
    assert breaks_of(tmp_path, member, breaks=breaks) == [(2020, "PHL", 2017, 2016, False)]


def test_genuine_change_and_break_of_another_member_are_not_recorded(tmp_path: Path) -> None:
    member = {**PHL, "reference_year": 2020, "value_year": 2020, "weight_value": 10.0}
    breaks = [
        {**BREAK, "ref_area": "PHL", "break_year": 2018, "decided": "genuine"},
        {**BREAK, "ref_area": "THA", "break_year": 2018},
    ]
    assert breaks_of(tmp_path, member, breaks=breaks) == []


# -- classes ---------------------------------------------------------------------------------------------------------


FULL = {
    "cell_no": 1, "area_group": "ASEAN", "reference_year": 2020, "kind": "mean", "n_areas": 11, "weight_covered": 1.0,
    "recent_share": 1.0, "is_proxy": False,
}  # fmt: skip


def build_with_classes(
    tmp_path: Path, *figures: dict[str, Any], changes: list[dict[str, Any]] | None = None
) -> SmallBuild:
    """A build with the classes of figures of one cell (ASP_COV_UEMP, the total), and of changes."""
    small = SmallBuild(tmp_path)
    small.write("harmonised.cell", [{"cell_no": 1, "indicator": "ASP_COV_UEMP", "cell": FIGURE["cell"]}])
    small.write("indicator_set.group_figure", figures)
    small.write("baseline.group_change", changes or [])
    return small.make("indicator_set.figure_class", "baseline.change_class")


# Changed measures, the class, and fragments of its reason; None where there is no reason.
CASES: dict[str, tuple[dict[str, Any], str, tuple[str, ...] | None]] = {
    "all thresholds met": ({}, "A", None),
    "at the limits of A": ({"weight_covered": 0.6667, "n_areas": 6, "recent_share": 0.5}, "A", None),
    "weight of B": ({"weight_covered": 0.6666}, "B", ("weight covered 0.667", "class A needs 0.67")),
    "areas of B": ({"n_areas": 5}, "B", ("5 members", "class A needs 6")),
    "alternative of B": ({"n_areas": 4, "weight_covered": 0.75}, "B", ("4 members", "class A needs 6")),
    "old values and a proxy weight": (
        {"recent_share": 0.49, "is_proxy": True}, "B", ("old", "; ", "proxy"),
    ),
    "too little weight": ({"weight_covered": 0.49}, "C", ("weight covered 0.49", "needs 0.5")),
    "one area": ({"n_areas": 1, "weight_covered": 0.3}, "C", ("weight covered 0.3", "needs 0.5", "1 member", "needs 5")),
    "three of four in CLMV": ({"area_group": "CLMV", "n_areas": 3, "weight_covered": 0.7}, "A", None),
    "one of four in CLMV": ({"area_group": "CLMV", "n_areas": 1}, "C", ("1 member", "needs 2")),
    "sum of some": ({"kind": "sum", "n_areas": 10}, "B", ("all members",)),
    "sum of all": ({"kind": "sum"}, "A", None),
    "total within the tolerance": ({"sex_total_difference": 2.0}, "A", None),
    "total outside the tolerance": (
        {"sex_total_difference": 2.1}, "C", ("total", "by sex"),
    ),
    "no weight": ({"n_areas": None, "weight_covered": None, "recent_share": None, "is_proxy": None}, "C", None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_class_and_reason_are_determined_by_the_tests(tmp_path: Path, case: str) -> None:
    figure, expected_class, fragments = CASES[case]
    (found,) = build_with_classes(tmp_path, {**FULL, **figure}).read("indicator_set.figure_class")
    assert found["publication_class"] == expected_class
    assert (found["class_reason"] is None) == (fragments is None)
    assert_reports(found["class_reason"] or "", found=fragments or ())


def test_class_tests_have_measure_limit_and_years(tmp_path: Path) -> None:
    small = build_with_classes(tmp_path, {**FULL, "n_areas": 5, "area_group": "CLMV"})
    found = {(r["threshold"], r["criterion"]): r for r in small.read("indicator_set.class_test")}
    assert set(found) == {("A", c) for c in ("weight_covered", "n_areas", "recent_share", "proxy")} | {
        (t, c) for t in ("B", "B_alternative") for c in ("weight_covered", "n_areas")
    }
    shown = {k: (r["value"], r["limit_value"], r["years"], r["passed"]) for k, r in found.items()}
    assert shown["A", "n_areas"] == (5, 3, None, True)
    assert shown["A", "recent_share"] == (1, 0.5, 2, True)
    assert shown["B_alternative", "weight_covered"] == (1, 0.75, None, True)


@pytest.mark.parametrize(
    ("n_areas", "weight", "expected"), [(5, 0.5, "B"), (4, 0.75, "B"), (4, 0.74, "C"), (5, 0.49, "C")]
)
def test_change_is_tested_by_the_same_rule(tmp_path: Path, n_areas: int, weight: float, expected: str) -> None:
    change = {"cell_no": 1, "area_group": "ASEAN", "latest_year": 2023, "n_areas": n_areas, "weight_covered": weight}
    (found,) = build_with_classes(tmp_path, changes=[change]).read("baseline.change_class")
    assert (found["reference_year"], found["publication_class"]) == (2023, expected)
