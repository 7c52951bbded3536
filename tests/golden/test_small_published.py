"""Aggregates that providers publish, compared with our figure: the columns, and the likely reason of a difference."""

from __future__ import annotations

from typing import Any

import pytest
from messages import assert_reports
from small_build import TOTAL_CELL, Row, SmallBuild

ANY = "ASP_COV_ANY"
YEAR = 2020
FEED = "unsd_sdg/sdg/SI_COV_BENFTS"
# The tables that every test makes, each after its inputs.
MADE = (
    "quality.aggregate_pair",
    "quality.aggregate_pair_member",
    "quality.aggregate_test",
    "quality.published_aggregate",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """A build with the reference tables; every test writes what it needs."""
    return SmallBuild(tmp_path_factory.mktemp("published"))


def observed(area: str, value: float | None, year: int = YEAR, **more: Any) -> Row:
    return {
        "observation_id": f"{area}{year}",
        "indicator": ANY,
        "ref_area": area,
        "time_period": year,
        "obs_value": value,
        "value_text": str(value),
        "source": "unsd_sdg",
        "dataset": "sdg",
        "provider_series": "SI_COV_BENFTS",
        "feed": FEED,
        "candidate_no": 1,
        **more,
    }


def published_aggregate(
    small: SmallBuild,
    published: Row,
    feed: list[Row] | None = None,
    people: tuple[float, float] = (1.0, 1.0),
    members: str = "PHL, THA",
    group: tuple[str, ...] = ("PHL", "THA"),
    value_year: int = YEAR,
    **ours: Any,
) -> Row:
    """The row for our figure of 30: the Philippines 20, Thailand 40, of equal weight."""
    key = {"indicator": ANY, "cell": TOTAL_CELL}
    small.write(
        "reference.area_group", [{"area_group": "ASEAN", "ref_area": a, "is_member_today": True} for a in group]
    )
    small.write(
        "reference.published_aggregate",
        [{"provider": "unsd_sdg", "ref_area": "SEA", "area_group": "ASEAN", "members": members, "imputes": True}],
    )
    small.write("harmonised.observation", [published, *(feed or [])])
    figure = {"obs_value": 30.0, "publication_class": "A", "weight_covered": 1.0, "mean_year": 2020.0}
    small.write(
        "indicator_set.aggregate",
        [{**key, "ref_area": "ASEAN", "time_period": YEAR, "method": "weighted_mean", "n_areas": 2, **figure, **ours}],
    )
    small.write(
        "indicator_set.aggregate_member",
        [
            {**key, "area_group": "ASEAN", "reference_year": YEAR, "ref_area": a, "value_low": v, "value_high": v}
            | {"weight_value": 1.0, "value_year": value_year}
            for a, v in (("PHL", 20.0), ("THA", 40.0))
        ],
    )
    small.write(
        "indicator_set.weight_value",
        [
            {"weight": "POP_TOTAL", "ref_area": a, "time_period": YEAR, "weight_value": p}
            for a, p in zip(("PHL", "THA"), people, strict=True)
        ],
    )
    small.make(*MADE)
    (row,) = small.read("quality.published_aggregate")
    return row


SEA = observed("SEA", 40.0)
THREE = ("PHL", "THA", "VNM")
# What differs: the arguments, the reason, and fragments of the explanation.
CASES: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "nearly the same": ({"published": observed("SEA", 30.4)}, "agrees", ()),
    "values of the provider's own vintage": (
        {"published": SEA, "feed": [observed("PHL", 40.0), observed("THA", 40.0)]},
        "vintage",
        ("1 member", "provider's vintage", "would be 40.0"),
    ),
    "values nearer to the year": (
        {"published": SEA, "value_year": 2018, "feed": [observed("PHL", 20.0, 2018), observed("PHL", 40.0, 2021)]},
        "older_values",
        ("nearest to the year", "would be 40.0"),
    ),
    "another weight": (
        {"published": observed("SEA", 22.5), "people": (9.0, 1.0)},
        "weights",
        ("total population", "would be 22.0"),
    ),
    "other members": ({"published": SEA, "members": "PHL, THA, VNM"}, "membership", ("other members",)),
    "a missing member that could explain it": (
        {"published": observed("SEA", 34.0), "group": THREE, "members": ", ".join(THREE), "weight_covered": 0.8},
        "imputation",
        ("Viet Nam (20.0 %", "would need 50.0"),
    ),
    "a missing member that could not": (
        {"published": observed("SEA", 45.0), "group": THREE, "members": ", ".join(THREE), "weight_covered": 0.8},
        "unexplained",
        ("Viet Nam", "105.0", "not plausible"),
    ),
    "old values": ({"published": SEA, "mean_year": 2018.2}, "older_values", ("mean year 2018.2",)),
    "a carried weight": ({"published": SEA, "flags": "carried_weight"}, "weights", ("carried forward",)),
    "no explanation": ({"published": SEA}, "unexplained", ("no tested reason",)),
    "a bound": (
        {"published": observed("SEA", None, value_text="<2.5", upper_bound=2.5)},
        "censored",
        ("published as <2.5",),
    ),
    "a median": ({"published": SEA, "method": "median"}, "method", ("median",)),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_reason_follows_the_rules(small: SmallBuild, case: str) -> None:
    arguments, reason, fragments = CASES[case]
    row = published_aggregate(small, **arguments)
    assert row["likely_reason"] == reason
    assert_reports(row["explanation"] or "", found=fragments)
    if row["published_value"] is not None:
        assert row["difference"] == pytest.approx(row["published_value"] - 30.0)


def test_withheld_figure_has_no_difference_and_no_tests(small: SmallBuild) -> None:
    row = published_aggregate(small, SEA, obs_value=None, publication_class="C", class_reason="2 members, needs 5")
    assert (row["our_value"], row["difference"], row["is_large"]) == (None, None, False)
    assert (row["likely_reason"], row["publication_class"]) == ("withheld", "C")
    assert_reports(row["explanation"], found=("withheld (class C)", "2 members"), expected="needs 5")
    tests = [row[c] for c in ("with_population", "with_their_values", "with_nearest_values", "needed_of_missing")]
    assert tests == [None] * 4, "the tests do not disclose a withheld figure"


@pytest.mark.parametrize(("value", "large"), [(31.9, False), (33.2, False), (34.0, True), (26.0, True)])
def test_large_is_more_than_two_points_and_a_tenth(small: SmallBuild, value: float, large: bool) -> None:
    assert published_aggregate(small, observed("SEA", value))["is_large"] is large


@pytest.mark.parametrize(
    ("value", "ours", "reason", "large"),
    [
        (92.0, 95.5, "unexplained", True),  # 8 against 4.5 not covered, although only 4 % of the published value
        (96.0, 96.4, "agrees", False),
        (8.0, 4.5, "unexplained", True),
        (50.0, 52.4, "agrees", False),
    ],
)
def test_relative_tolerances_are_measured_from_the_nearer_end_of_a_percentage(
    small: SmallBuild, value: float, ours: float, reason: str, large: bool
) -> None:
    row = published_aggregate(small, observed("SEA", value), obs_value=ours)
    assert (row["likely_reason"], row["is_large"]) == (reason, large)


def test_no_row_without_our_figure_or_for_another_provider(small: SmallBuild) -> None:
    published_aggregate(small, SEA)
    small.write("harmonised.observation", [observed("SEA", 40.0, 2019), observed("SEA", 40.0, source="world_bank")])
    small.make(*MADE)
    assert small.read("quality.published_aggregate") == []
