"""Every regional figure of the release equals the figure recomputed without SQL (bench/recomputation.py)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from bench.recomputation import Figure, Key, Recomputation
from indicator_defs.breakdowns import BREAKDOWNS

TABLES = (
    "reference.indicator",
    "reference.method",
    "reference.publication_rule",
    "reference.class_criterion",
    "reference.class_limit",
    "reference.area_group",
    "reference.set_group",
    "reference.settings",
    "indicator_set.value",
    "indicator_set.weight_value",
)


@pytest.fixture(scope="module")
def recomputation(rows_of: Any) -> Recomputation:
    tables = {name: rows_of(f"SELECT * FROM {name}") for name in TABLES}
    return Recomputation(tables)


@pytest.fixture(scope="module")
def recomputed(recomputation: Recomputation) -> dict[Key, Figure]:
    return recomputation.figures()


@pytest.fixture(scope="module")
def stored(rows_of: Any) -> dict[Key, dict[str, Any]]:
    rows = rows_of("SELECT * FROM indicator_set.aggregate")
    return {(r["indicator"], r["ref_area"], r["time_period"], tuple(r[b] for b in BREAKDOWNS)): r for r in rows}


def close(one: float | None, other: float | None) -> bool:
    """Equal to 1e-9, relative to their size where that is above one; two missing values are equal."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def test_same_figures_exist(recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]]) -> None:
    assert len(stored) > 10_000
    assert sorted(set(recomputed) - set(stored))[:3] == []
    assert sorted(set(stored) - set(recomputed))[:3] == []


@pytest.mark.parametrize("kind", ["mean", "median", "sum"])
def test_values_are_equal(
    recomputation: Recomputation, recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]], kind: str
) -> None:
    of_kind = [k for k in stored if recomputation.methods[recomputation.indicators[k[0]]["method"]]["kind"] == kind]
    published = [k for k in of_kind if stored[k]["obs_value"] is not None]
    assert len(published) > 50
    wrong = [
        (k, recomputed[k].value, stored[k]["obs_value"])
        for k in of_kind
        if not close(recomputed[k].value, stored[k]["obs_value"])
    ]
    assert wrong[:3] == []


def test_classes_are_equal(recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]]) -> None:
    assert len(set(Counter(r["publication_class"] for r in stored.values()))) == 3
    wrong = [
        (k, recomputed[k].publication_class, stored[k]["publication_class"])
        for k in stored
        if recomputed[k].publication_class != stored[k]["publication_class"]
    ]
    assert wrong[:3] == []


MEASURES = (
    "n_areas",
    "weight_covered",
    "without_largest",
    "lower",
    "upper",
    "median",
    "minimum",
    "maximum",
    "mean_year",
)


@pytest.mark.parametrize("column", [*MEASURES, "recent_share", "share_estimated", "uncertainty"])
def test_measures_of_figures_are_equal(
    recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]], column: str
) -> None:
    wrong = [
        (k, getattr(recomputed[k], column), stored[k][column])
        for k in stored
        if not close(getattr(recomputed[k], column), stored[k][column])
    ]
    assert wrong[:3] == []


def test_reporting_areas_are_equal(recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]]) -> None:
    wrong = [
        k for k in stored if recomputed[k].areas != tuple(part.split()[0] for part in stored[k]["areas"].split(", "))
    ]
    assert wrong[:3] == []


def test_changes_of_groups_are_equal(recomputation: Recomputation, rows_of: Any) -> None:
    """Over the members comparable at both ends only: the difference of two weighted means, or of two sums."""
    countries: dict[tuple[str, tuple[str, ...]], dict[str, dict[str, Any]]] = defaultdict(dict)
    for r in rows_of("SELECT * FROM baseline.value WHERE area_type = 'country' AND comparable"):
        countries[(r["indicator"], tuple(r[b] for b in BREAKDOWNS))][r["ref_area"]] = r
    base, last = recomputation.settings["baseline_year"], recomputation.settings["latest_reference_year"]
    compared = Counter()
    for r in rows_of("SELECT * FROM baseline.value WHERE area_type = 'group' AND comparable"):
        cell = tuple(r[b] for b in BREAKDOWNS)
        i = recomputation.indicators[r["indicator"]]
        kind = recomputation.methods[i["method"]]["kind"]
        most = i["maximum"] if i["maximum"] is not None else float("inf")
        ends = {"baseline": [0.0, 0.0], "latest": [0.0, 0.0]}
        areas = []
        for area, c in countries[(r["indicator"], cell)].items():
            rows = {"baseline": recomputation.weight(r["indicator"], cell, area, base)}
            rows["latest"] = recomputation.weight(r["indicator"], cell, area, last)
            if area not in recomputation.members[r["ref_area"]] or (kind == "mean" and None in rows.values()):
                continue
            areas.append(area)
            for end, row in rows.items():
                w = row["weight_value"] if kind == "mean" and row is not None else 1.0
                ends[end][0] += w * min(c[f"{end}_value"], most)
                ends[end][1] += w
        sums = {end: total / (weight if kind == "mean" else 1.0) for end, (total, weight) in ends.items()}
        assert r["change_areas"] == ", ".join(sorted(areas)), (r["indicator"], r["ref_area"], cell)
        assert close(round(sums["latest"] - sums["baseline"], 9), round(r["change"], 9)), (r["indicator"], cell)
        compared[kind] += 1
    assert compared["mean"] > 20


YearAndValue = tuple[int, float | None]


def ends_of(
    recomputation: Recomputation, rows: list[dict[str, Any]], indicator: str
) -> tuple[YearAndValue | None, YearAndValue | None]:
    """Baseline and latest (year, value) of one member and cell, from its chosen values."""
    s, i = recomputation.settings, recomputation.indicators[indicator]
    base, last = s["baseline_year"], s["latest_reference_year"]
    early = [r for r in rows if s["baseline_from"] <= r["time_period"] <= s["baseline_to"]]
    late = [r for r in rows if last - i["lookback_years"] <= r["time_period"] <= last]
    first = None
    if early and recomputation.methods[i["method"]]["event_count"]:
        numbers = [r["obs_value"] for r in early if r["obs_value"] is not None]
        first = (base, sum(numbers) / len(numbers) if numbers else None)
    elif early:
        nearest = min(early, key=lambda r: (abs(r["time_period"] - base), r["time_period"]))
        first = (nearest["time_period"], nearest["obs_value"])
    newest = max(late, key=lambda r: r["time_period"]) if late else None
    return first, None if newest is None else (newest["time_period"], newest["obs_value"])


def test_baselines_and_latest_values_of_members_are_equal(recomputation: Recomputation, rows_of: Any) -> None:
    rows: dict[tuple[str, str, tuple[str, ...]], list[dict[str, Any]]] = defaultdict(list)
    members = {m for group in recomputation.members.values() for m in group}
    for r in rows_of("SELECT * FROM indicator_set.value"):
        if r["ref_area"] in members:
            rows[(r["indicator"], r["ref_area"], tuple(r[b] for b in BREAKDOWNS))].append(r)
    expected = {key: ends for key, found in rows.items() if any(ends := ends_of(recomputation, found, key[0]))}
    stored = {}
    for r in rows_of("SELECT * FROM baseline.value WHERE area_type = 'country'"):
        key = (r["indicator"], r["ref_area"], tuple(r[b] for b in BREAKDOWNS))
        ends = [
            (r[f"{e}_year"], r[f"{e}_value"]) if r[f"{e}_year"] is not None else None for e in ("baseline", "latest")
        ]
        if any(ends):
            stored[key] = tuple(ends)
    assert len(stored) > 1500
    assert sorted(set(stored) ^ set(expected))[:3] == []
    for key, ends in stored.items():
        for one, other in zip(ends, expected[key], strict=True):
            assert (one is None) == (other is None), key
            assert one is None or other is None or (one[0] == other[0] and close(one[1], other[1])), key


def test_regional_baseline_has_exactly_the_baseline_values_of_its_members(
    recomputation: Recomputation, rows_of: Any
) -> None:
    """Methods, section 4: at the baseline year regional figures use exactly the values of section 5."""
    rows = rows_of(
        "SELECT m.indicator, m.ref_area, m.cell, m.value_year, m.value_low, m.value_high, b.baseline_year, "
        "b.baseline_value, b.baseline_text, i.maximum FROM indicator_set.aggregate_member AS m "
        "JOIN reference.indicator AS i ON i.indicator = m.indicator "
        "LEFT JOIN baseline.value AS b ON b.indicator = m.indicator AND b.ref_area = m.ref_area AND b.cell = m.cell "
        "WHERE m.reference_year = ? AND m.area_group = 'ASEAN'",
        recomputation.settings["baseline_year"],
    )
    assert len(rows) > 1000
    for r in rows:
        assert r["value_year"] == r["baseline_year"], r
        if r["baseline_value"] is None:
            assert r["value_low"] < r["value_high"], r
        else:
            most = r["maximum"] if r["maximum"] is not None else float("inf")
            assert close(r["value_low"], min(r["baseline_value"], most)), r
