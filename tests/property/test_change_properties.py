"""Properties of every regional change, for any values and weights of the members: the real SQL on generated members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import md5
from random import Random

import pytest
from generated_cases import MEMBERS, cell_rows, few, model_indicator, weight_row
from hypothesis import given
from hypothesis import strategies as st
from messages import assert_reports
from small_build import TOTAL_CELL, Row, SmallBuild

BASE, LAST = 2016, 2023
CASES = 8
FEW = few(2)


@dataclass(frozen=True)
class Case:
    """Values and weights of the members for one indicator, at both ends."""

    first: dict[str, float]
    last: dict[str, float]
    weights: dict[str, tuple[float, float]]
    feeds: tuple[str, ...] = ()
    """Members whose latest value is from another feed and therefore not comparable."""


class Bench:
    """A small build that computes the changes of ASEAN of cases."""

    def __init__(self, small: SmallBuild) -> None:
        self.small = small
        self.model = model_indicator()

    def changes(self, *cases: Case) -> list[tuple[Row | None, list[Row]]]:
        """The row of ASEAN and its contributions, case by case."""
        indicators, values, weights = [], [], []
        for number, case in enumerate(cases):
            code, weight = f"ASP_T{number}", f"W{number}"
            indicators.append({**self.model, "indicator": code, "weight": weight})
            for year, numbers in ((BASE, case.first), (LAST, case.last)):
                for area, value in numbers.items():
                    feed = "b" if year == LAST and area in case.feeds else "a"
                    values.append(_value(code, area, year, value, feed))
            for area, both in case.weights.items():
                weights += [weight_row(weight, area, y, w) for y, w in zip((BASE, LAST), both, strict=True)]
        weights += [weight_row("POP_TOTAL", a, y, 1000.0 + i) for y in (BASE, LAST) for i, a in enumerate(MEMBERS)]
        self.small.write("reference.indicator", indicators)
        self.small.write("harmonised.cell", cell_rows(indicators))
        self.small.write("indicator_set.value", values)
        self.small.write("indicator_set.weight_value", weights)
        self.small.make(
            "indicator_set.weight_cell",
            "indicator_set.sex_cell",
            "indicator_set.member_value",
            "indicator_set.aggregate_member",
            "indicator_set.member_break",
            "indicator_set.group_member",
            "indicator_set.sex_total",
            "indicator_set.group_figure",
            "baseline.country_value",
            "baseline.change_contribution",
            "baseline.group_change",
            "baseline.class_test",
            "baseline.change_class",
            "indicator_set.class_test",
            "indicator_set.figure_class",
            "indicator_set.aggregate",
            "baseline.value",
        )
        rows = {r["indicator"]: r for r in self.small.read("baseline.value") if r["ref_area"] == "ASEAN"}
        parts: dict[str, list[Row]] = {}
        for r in self.small.read("baseline.change_contribution"):
            if r["area_group"] == "ASEAN":
                parts.setdefault(r["indicator"], []).append(r)
        return [(rows.get(f"ASP_T{n}"), parts.get(f"ASP_T{n}", [])) for n in range(len(cases))]


def _value(code: str, area: str, year: int, value: float, feed: str) -> Row:
    return {
        "indicator": code,
        "observation_id": md5(f"{code}{area}{year}".encode()).hexdigest(),
        "ref_area": area,
        "time_period": year,
        "cell": TOTAL_CELL,
        "is_headline": True,
        "obs_value": value,
        "in_aggregates": True,
        "role": "chosen",
        "feed": feed,
        "dataset_kind": "statistical",
    }


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(SmallBuild(tmp_path_factory.mktemp("changes")))


shares = st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 6))
sizes = st.integers(1, 10**7).map(float)
both_weights = st.fixed_dictionaries(dict.fromkeys(MEMBERS, st.tuples(sizes, sizes)))


@st.composite
def cases(draw: st.DrawFn, fewest: int = 5) -> Case:
    first, last = (sorted(draw(st.sets(st.sampled_from(MEMBERS), min_size=fewest))) for _ in range(2))
    other = tuple(sorted(draw(st.sets(st.sampled_from(MEMBERS), max_size=2))))
    return Case({a: draw(shares) for a in first}, {a: draw(shares) for a in last}, draw(both_weights), other)


examples_of = st.lists(cases(), min_size=CASES, max_size=CASES)


def comparable(case: Case) -> list[str]:
    return [a for a in MEMBERS if a in case.first and a in case.last and a not in case.feeds]


def mean(values: dict[str, float], weights: dict[str, tuple[float, float]], end: int, areas: list[str]) -> float:
    return sum(weights[a][end] * values[a] for a in areas) / sum(weights[a][end] for a in areas)


@FEW
@given(examples=examples_of)
def test_change_is_over_the_members_comparable_at_both_ends(bench: Bench, examples: list[Case]) -> None:
    for case, (row, parts) in zip(examples, bench.changes(*examples), strict=True):
        areas = comparable(case)
        assert [p["ref_area"] for p in parts] == areas
        if row is None or row["change"] is None:
            assert row is None or row["reason"]
            continue
        expected = mean(case.last, case.weights, 1, areas) - mean(case.first, case.weights, 0, areas)
        assert row["change"] == pytest.approx(expected, abs=1e-6)
        assert sum(p["contribution"] for p in parts) == pytest.approx(row["change"], abs=1e-6)
        assert row["change_areas"] == ", ".join(areas)
        rest = [a for a in areas if a != "VNM"]  # the most populous member in this build
        without = mean(case.last, case.weights, 1, rest) - mean(case.first, case.weights, 0, rest)
        assert row["change_without_largest"] == pytest.approx(without, abs=1e-6)


@FEW
@given(examples=examples_of, order=st.permutations(MEMBERS), factor=st.integers(2, 1000))
def test_change_does_not_depend_on_names_units_and_members_without_weight(
    bench: Bench, examples: list[Case], order: list[str], factor: int
) -> None:
    names = dict(zip(MEMBERS, order, strict=True))
    variants = []
    for case in examples:
        free = comparable(case)[0] if comparable(case) else "BRN"
        weightless = replace(case, weights={**case.weights, free: (0.0, 0.0)})
        variants += [
            case,
            Case(
                {names[a]: v for a, v in case.first.items()},
                {names[a]: v for a, v in case.last.items()},
                {names[a]: w for a, w in case.weights.items()},
                tuple(names[a] for a in case.feeds),
            ),
            replace(case, weights={a: (x * factor, y * factor) for a, (x, y) in case.weights.items()}),
            weightless,
            replace(weightless, last={**weightless.last, free: 100 - weightless.last.get(free, 0.0)}),
        ]
    found = [row["change"] if row is not None else None for row, _ in bench.changes(*variants)]
    for base, permuted, scaled, light, other in zip(*(found[i::5] for i in range(5)), strict=True):
        for one, two in ((base, permuted), (base, scaled), (light, other)):
            assert (one is None) == (two is None)
            assert one is None or one == pytest.approx(two, abs=1e-6)


def test_constant_series_has_no_change(bench: Bench) -> None:
    draw = Random(1)
    weights = [{m: (draw.uniform(1, 1e7), draw.uniform(1, 1e7)) for m in MEMBERS} for _ in range(CASES)]
    flat = dict.fromkeys(MEMBERS, 37.5)
    for row, parts in bench.changes(*(Case(flat, flat, w) for w in weights)):
        assert row is not None
        assert row["change"] == pytest.approx(0, abs=1e-7)
        assert len(parts) == len(MEMBERS)


def test_without_enough_common_members_there_is_no_change(bench: Bench) -> None:
    weights = dict.fromkeys(MEMBERS, (1.0, 1.0))
    alone, apart, without = bench.changes(
        Case({"IDN": 10.0}, {"IDN": 20.0}, {**weights, "IDN": (1000.0, 1000.0)}),
        Case(dict.fromkeys(MEMBERS[:6], 10.0), dict.fromkeys(MEMBERS[5:], 20.0), weights),
        Case({}, {}, weights),
    )
    assert alone[0] is not None
    assert (alone[0]["change"], alone[0]["sentence_code"]) == (None, "figure_withheld_at_one_end")
    assert apart[0] is not None
    assert (apart[0]["change"], apart[0]["sentence_code"]) == (None, "few_members_at_both_ends")
    assert_reports(apart[0]["reason"], found="only for Malaysia")
    assert without == (None, [])
