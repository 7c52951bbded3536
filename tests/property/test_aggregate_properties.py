"""Properties of every regional figure, for any values and weights of the members: the real SQL on generated members.

One example is one small build. Its variants are separate indicators with separate weights in that build, so that they
are computed together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import md5
from typing import TypeVar

import pytest
from generated_cases import MEMBERS, cell_rows, few, model_indicator, weight_row
from hypothesis import given
from hypothesis import strategies as st
from small_build import TOTAL_CELL, Row, SmallBuild

# The tables that the build makes from values and weights, again for each set of examples.
MADE_TABLES = [
    f"indicator_set.{name}"
    for name in (
        "weight_cell", "sex_cell", "member_value", "aggregate_member", "member_break", "group_member", "sex_total",
        "group_figure", "class_test", "figure_class", "aggregate",
    )
]  # fmt: skip
GROUPS = {
    "ASEAN": MEMBERS,
    "ASEAN10": tuple(m for m in MEMBERS if m != "TLS"),
    "ASEAN6": ("BRN", "IDN", "MYS", "PHL", "SGP", "THA"),
    "CLMV": ("KHM", "LAO", "MMR", "VNM"),
}
YEAR = 2020
T = TypeVar("T")
ORDER = {"C": 0, "B": 1, "A": 2}
FEW = few(3)
CASES = 10


@dataclass(frozen=True)
class Case:
    """Values and weights of the members for one indicator; `years`: years other than the reference year."""

    values: dict[str, float]
    weights: dict[str, float]
    years: dict[str, int] = field(default_factory=dict)
    upper: dict[str, float] = field(default_factory=dict)
    method: str = "weighted_mean"


class Bench:
    """A small build that computes the regional figures of cases."""

    def __init__(self, small: SmallBuild) -> None:
        self.small = small
        self.model = model_indicator()

    def figures(self, *cases: Case) -> list[dict[str, Row]]:
        """The figures of each case by group, for the reference year."""
        indicators, values, weights = [], [], []
        for number, case in enumerate(cases):
            code, weight = f"ASP_T{number}", f"W{number}"
            indicators.append({**self.model, "indicator": code, "weight": weight, "method": case.method})
            for area, value in case.values.items():
                values.append(
                    {
                        "indicator": code,
                        "observation_id": md5(f"{code}{area}".encode()).hexdigest(),
                        "ref_area": area,
                        "time_period": case.years.get(area, YEAR),
                        "cell": TOTAL_CELL,
                        "obs_value": None if area in case.upper else value,
                        "lower_bound": value if area in case.upper else None,
                        "upper_bound": case.upper.get(area),
                        "in_aggregates": True,
                        "role": "chosen",
                        "is_headline": True,
                    }
                )
            weights += [weight_row(weight, area, YEAR, w) for area, w in case.weights.items()]
        weights += [weight_row("POP_TOTAL", area, YEAR, 1000.0 + i) for i, area in enumerate(MEMBERS)]
        self.small.write("reference.indicator", indicators)
        self.small.write("harmonised.cell", cell_rows(indicators))
        self.small.write("indicator_set.value", values)
        self.small.write("indicator_set.weight_value", weights)
        self.small.make(*MADE_TABLES)
        out: list[dict[str, Row]] = [{} for _ in cases]
        for row in self.small.read("indicator_set.aggregate"):
            if row["time_period"] == YEAR:
                out[int(row["indicator"].removeprefix("ASP_T"))][row["ref_area"]] = row
        return out


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(SmallBuild(tmp_path_factory.mktemp("bench")))


shares = st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 6))
sizes = st.integers(1, 10**7).map(float)  # persons: the warehouse keeps weights to a thousandth of a person
areas = st.sets(st.sampled_from(MEMBERS), min_size=1)
all_weights = st.fixed_dictionaries(dict.fromkeys(MEMBERS, sizes))


@st.composite
def cases(draw: st.DrawFn, fewest: int = 1, most: int = 11) -> Case:
    reporting = draw(st.sets(st.sampled_from(MEMBERS), min_size=fewest, max_size=most))
    return Case({a: draw(shares) for a in sorted(reporting)}, draw(all_weights))


def assert_same(one: Row, other: Row, *columns: str) -> None:
    for column in columns:
        a, b = one[column], other[column]
        assert (a is None) == (b is None), column
        assert a == b or a == pytest.approx(b, rel=1e-8, abs=1e-8), column


def lists_of(one: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """As many cases as one build has."""
    return st.lists(one, min_size=CASES, max_size=CASES)


@FEW
@given(examples=lists_of(st.tuples(cases(), st.permutations(MEMBERS), st.integers(2, 10**5))))
def test_figure_does_not_depend_on_names_and_units_of_weights(
    bench: Bench, examples: list[tuple[Case, list[str], int]]
) -> None:
    variants = []
    for case, order, factor in examples:
        names = dict(zip(MEMBERS, order, strict=True))
        permuted = Case({names[a]: v for a, v in case.values.items()}, {names[a]: w for a, w in case.weights.items()})
        variants += [case, permuted, replace(case, weights={a: w * factor for a, w in case.weights.items()})]
    found = [f["ASEAN"] for f in bench.figures(*variants)]
    measures = ("obs_value", "publication_class", "n_areas", "weight_covered", "minimum", "maximum", "median")
    for base, permuted_row, scaled in zip(found[::3], found[1::3], found[2::3], strict=True):
        assert_same(base, permuted_row, *measures)
        assert_same(base, scaled, *measures, "without_largest", "uncertainty")


@FEW
@given(examples=lists_of(st.tuples(cases(most=10), shares)))
def test_member_without_weight_changes_no_figure(bench: Bench, examples: list[tuple[Case, float]]) -> None:
    variants = []
    for case, value in examples:
        free = next(m for m in MEMBERS if m not in case.values)
        weightless = replace(case, weights={**case.weights, free: 0.0})
        variants += [weightless, replace(weightless, values={**case.values, free: value})]
    found = [f["ASEAN"] for f in bench.figures(*variants)]
    for base, more in zip(found[::2], found[1::2], strict=True):
        assert more["n_areas"] == base["n_areas"] + 1
        assert_same(base, more, "weight_covered")
        if base["publication_class"] != "C":
            assert_same(base, more, "obs_value")


@FEW
@given(examples=lists_of(st.tuples(areas, all_weights, shares, st.floats(-40, 40).map(lambda x: round(x, 3)))))
def test_constant_values_give_the_constant_and_shifted_values_shift_the_figure(
    bench: Bench, examples: list[tuple[set[str], dict[str, float], float, float]]
) -> None:
    variants = []
    for reporting, weights, value, shift in examples:
        spread = {a: 45.0 + i for i, a in enumerate(sorted(reporting))}
        variants += [Case(dict.fromkeys(sorted(reporting), value), weights), Case(spread, weights)]
        variants.append(Case({a: v + shift for a, v in spread.items()}, weights))
    found = bench.figures(*variants)
    for (_, _, value, shift), flat, base, moved in zip(examples, found[::3], found[1::3], found[2::3], strict=True):
        for group, row in flat.items():
            if row["publication_class"] != "C":
                assert row["obs_value"] == pytest.approx(value, abs=1e-8)
                assert row["uncertainty"] == pytest.approx(0, abs=1e-8)
                assert moved[group]["obs_value"] - base[group]["obs_value"] == pytest.approx(shift, abs=1e-6)


@FEW
@given(examples=lists_of(st.tuples(cases(), st.lists(st.integers(2016, 2020), min_size=11, max_size=11))))
def test_class_agrees_with_the_thresholds_and_the_figure_with_its_members(
    bench: Bench, examples: list[tuple[Case, list[int]]]
) -> None:
    aged = [replace(case, years=dict(zip(MEMBERS, years, strict=True))) for case, years in examples]
    for case, found in zip(aged, bench.figures(*aged), strict=True):
        assert set(found) == {g for g, members in GROUPS.items() if set(members) & set(case.values)}
        for group, row in found.items():
            _check_figure(case, group, row)


def _check_figure(case: Case, group: str, row: Row) -> None:
    reporting = [a for a in GROUPS[group] if a in case.values]
    weight = sum(case.weights[a] for a in reporting)
    covered = weight / sum(case.weights[a] for a in GROUPS[group])
    recent = sum(case.weights[a] for a in reporting if case.years[a] >= YEAR - 2) / weight
    assert row["weight_covered"] == pytest.approx(covered, abs=1e-8)
    small = len(GROUPS[group]) <= 6
    at_a_threshold = any(abs(covered - t) < 1e-4 for t in (0.5, 2 / 3, 0.75)) or abs(recent - 0.5) < 1e-4
    if not at_a_threshold:
        is_a = covered >= 2 / 3 and len(reporting) >= (3 if small else 6) and recent >= 0.5
        is_b = covered >= 0.5 and len(reporting) >= (2 if small else 5)
        is_b = is_b or (covered >= 0.75 and len(reporting) >= (2 if small else 4))
        assert row["publication_class"] == ("A" if is_a else "B" if is_b else "C")
    if row["publication_class"] == "C":
        assert (row["obs_value"], row["obs_status"]) == (None, "Q")
    else:
        mean = sum(case.weights[a] * case.values[a] for a in reporting) / weight
        assert row["obs_value"] == pytest.approx(mean, abs=1e-7)
        assert min(case.values[a] for a in reporting) - 1e-8 <= row["obs_value"]
        assert row["obs_value"] <= max(case.values[a] for a in reporting) + 1e-8


@FEW
@given(examples=lists_of(st.tuples(cases(most=10), shares)))
def test_one_more_member_never_lowers_the_class(bench: Bench, examples: list[tuple[Case, float]]) -> None:
    chains: list[list[Case]] = []
    for case, value in examples:
        chain = [case]
        for area in (m for m in MEMBERS if m not in case.values):
            chain.append(replace(chain[-1], values={**chain[-1].values, area: value}))
        chains.append(chain)
    found = iter(bench.figures(*(case for chain in chains for case in chain)))
    for chain in chains:
        classes = [ORDER[next(found)["ASEAN"]["publication_class"]] for _ in chain]
        assert classes == sorted(classes)
        assert classes[-1] == ORDER["A"], "all eleven members with values of this year"


@FEW
@given(examples=lists_of(st.tuples(st.sampled_from(MEMBERS), shares, st.floats(0.01, 0.999))))
def test_figure_of_one_member_is_withheld_for_any_weight(
    bench: Bench, examples: list[tuple[str, float, float]]
) -> None:
    variants = [
        Case({area: value}, {m: share if m == area else (1 - share) / 10 for m in MEMBERS})
        for area, value, share in examples
    ]
    for (area, _, _), found in zip(examples, bench.figures(*variants), strict=True):
        for row in found.values():
            assert (row["publication_class"], row["obs_value"], row["obs_status"]) == ("C", None, "Q")
            assert row["areas"] == f"{area} {YEAR}"


@FEW
@given(examples=lists_of(st.tuples(cases(fewest=6), st.floats(0.1, 20))))
def test_censored_member_gives_an_interval_around_the_figure(bench: Bench, examples: list[tuple[Case, float]]) -> None:
    variants = []
    for case, width in examples:
        area = min(case.values)
        low = min(case.values[area], 80.0)
        numbers = replace(case, values={**case.values, area: low})
        at_end = replace(case, values={**case.values, area: low + width})
        variants += [numbers, at_end, replace(numbers, upper={area: low + width})]
    found = [f["ASEAN"] for f in bench.figures(*variants)]
    for lower, upper, row in zip(found[::3], found[1::3], found[2::3], strict=True):
        if row["publication_class"] == "C":
            assert (row["lower"], row["upper"]) == (None, None)
            continue
        assert row["lower"] == pytest.approx(lower["obs_value"], abs=1e-7)
        assert row["upper"] == pytest.approx(upper["obs_value"], abs=1e-7)
        assert row["obs_value"] == pytest.approx((row["lower"] + row["upper"]) / 2, abs=1e-7)


@FEW
@given(examples=lists_of(st.tuples(cases(fewest=5), all_weights)))
def test_medians_and_sums_do_not_depend_on_the_weights(
    bench: Bench, examples: list[tuple[Case, dict[str, float]]]
) -> None:
    variants = []
    for case, other in examples:
        variants += [
            replace(case, method=m, weights=w) for m in ("median", "sum_reporting") for w in (case.weights, other)
        ]
    found = [f["ASEAN"] for f in bench.figures(*variants)]
    for number, (case, _) in enumerate(examples):
        median, median_again, total, total_again = found[4 * number : 4 * number + 4]
        values = sorted(case.values.values())
        assert_same(median, median_again, "obs_value", "publication_class")
        assert_same(total, total_again, "obs_value", "publication_class")
        if median["publication_class"] != "C":
            middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            assert median["obs_value"] == pytest.approx(middle, abs=1e-8)
            assert total["obs_value"] == pytest.approx(sum(values), abs=1e-7)
        if len(values) < len(MEMBERS):
            assert total["publication_class"] != "A"
            assert total["title_sentence_code"] == "title_of_sum"
            assert f"Sum over {len(values)} " in total["title"]


def test_without_members_no_group_has_a_figure(bench: Bench) -> None:
    empty, full = bench.figures(Case({}, dict.fromkeys(MEMBERS, 1.0)), Case({"PHL": 1.0}, dict.fromkeys(MEMBERS, 1.0)))
    assert empty == {}
    assert set(full) == {"ASEAN", "ASEAN10", "ASEAN6"}


@pytest.mark.parametrize(("year", "counts"), [(2015, False), (2016, True), (2020, True), (2021, False)])
def test_window_covers_the_four_years_before_and_none_after(bench: Bench, year: int, counts: bool) -> None:
    case = Case({"PHL": 40.0}, dict.fromkeys(MEMBERS, 1.0), {"PHL": year})
    (found,) = bench.figures(case)
    assert ("ASEAN" in found) is counts


def test_values_above_the_maximum_count_as_the_maximum(bench: Bench) -> None:
    full = dict.fromkeys(MEMBERS, 1.0)
    (found,) = bench.figures(Case(dict.fromkeys(MEMBERS, 104.0), full))
    assert found["ASEAN"]["obs_value"] == 100.0
    assert "capped" in found["ASEAN"]["flags"]
