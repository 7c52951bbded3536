"""Every regional figure of the release, computed a second time without SQL, equals the stored one."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from recomputation import BREAKDOWNS, Figure, Key, Recomputation

TABLES = (
    "reference.indicator",
    "reference.method",
    "reference.publication_rule",
    "reference.area_group",
    "reference.set_group",
    "indicator_set.value",
    "indicator_set.weight_value",
)


@pytest.fixture(scope="module")
def again(ask: Any) -> Recomputation:
    tables = {name: ask(f"SELECT * FROM {name}") for name in TABLES}
    tables["reference.indicator_set"] = ask(
        "SELECT * FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'"
    )
    return Recomputation(tables)


@pytest.fixture(scope="module")
def recomputed(again: Recomputation) -> dict[Key, Figure]:
    return again.figures()


@pytest.fixture(scope="module")
def stored(ask: Any) -> dict[Key, dict[str, Any]]:
    rows = ask("SELECT * FROM indicator_set.aggregate")
    return {(r["indicator"], r["ref_area"], r["time_period"], tuple(r[b] for b in BREAKDOWNS)): r for r in rows}


def close(one: float | None, other: float | None) -> bool:
    """Equal to 1e-9, relative to their size where that is above one; two gaps are equal."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def test_there_are_the_same_figures(recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]]) -> None:
    assert len(stored) > 10_000
    assert sorted(set(recomputed) - set(stored))[:3] == []
    assert sorted(set(stored) - set(recomputed))[:3] == []


@pytest.mark.parametrize("kind", ["mean", "median", "sum"])
def test_values_are_equal(
    again: Recomputation, recomputed: dict[Key, Figure], stored: dict[Key, dict[str, Any]], kind: str
) -> None:
    of_kind = [k for k in stored if again.methods[again.indicators[k[0]]["method"]]["kind"] == kind]
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


@pytest.mark.parametrize("column", ["n_areas", "weight_covered", "without_largest"])
def test_what_stands_beside_is_equal(
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


def test_changes_of_groups_are_equal(again: Recomputation, ask: Any) -> None:
    """Over the members comparable at both ends only: the difference of two weighted means, or of two sums."""
    countries: dict[tuple[str, tuple[str, ...]], dict[str, dict[str, Any]]] = defaultdict(dict)
    for r in ask("SELECT * FROM baseline.value WHERE area_type = 'country' AND comparable"):
        countries[(r["indicator"], tuple(r[b] for b in BREAKDOWNS))][r["ref_area"]] = r
    base, last = again.settings["baseline_year"], again.settings["latest_reference_year"]
    seen = Counter()
    for r in ask("SELECT * FROM baseline.value WHERE area_type = 'group' AND comparable"):
        cell = tuple(r[b] for b in BREAKDOWNS)
        i = again.indicators[r["indicator"]]
        kind = again.methods[i["method"]]["kind"]
        most = i["maximum"] if i["maximum"] is not None else float("inf")
        ends = {"baseline": [0.0, 0.0], "latest": [0.0, 0.0]}
        areas = []
        for area, c in countries[(r["indicator"], cell)].items():
            rows = {"baseline": again.weight(r["indicator"], cell, area, base)}
            rows["latest"] = again.weight(r["indicator"], cell, area, last)
            if area not in again.members[r["ref_area"]] or (kind == "mean" and None in rows.values()):
                continue
            areas.append(area)
            for end, row in rows.items():
                w = row["weight_value"] if kind == "mean" and row is not None else 1.0
                ends[end][0] += w * min(c[f"{end}_value"], most)
                ends[end][1] += w
        sums = {end: total / (weight if kind == "mean" else 1.0) for end, (total, weight) in ends.items()}
        assert r["change_areas"] == ", ".join(sorted(areas)), (r["indicator"], r["ref_area"], cell)
        assert close(round(sums["latest"] - sums["baseline"], 9), round(r["change"], 9)), (r["indicator"], cell)
        seen[kind] += 1
    assert seen["mean"] > 20
