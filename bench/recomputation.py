"""An independent recomputation of the regional figures in plain Python, from values, weights and reference tables.

tests/golden compares every figure of a release with it, and the pandas code of the bench uses its class rule. It is
written from docs/methods.md (sections Regional figures, and Baseline, latest value, change), not from the SQL: it
uses no query, no data frame and no stored members.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from indicator_defs.breakdowns import BREAKDOWNS  # only the names of the key columns, not a part of the method

Row = dict[str, Any]
# Breakdowns for which the members' shares are known; figures by the others have no weight.
WITH_WEIGHT = ("sex", "age", "urbanisation", "income_wealth_quantile")
WITHOUT_WEIGHT = tuple(b for b in BREAKDOWNS if b not in WITH_WEIGHT)
Cell = tuple[str, ...]
Key = tuple[str, str, int, Cell]


@dataclass(frozen=True)
class Point:
    """One member's value for a reference year: its own year and both ends of its interval."""

    year: int
    low: float
    high: float
    capped_low: float
    capped_high: float
    estimated: bool | None = None
    """Whether it is estimated, modelled or imputed; None if the producer gives neither nature nor status."""

    @property
    def middle(self) -> float:
        return (self.capped_low + self.capped_high) / 2


@dataclass(frozen=True)
class Figure:
    """A recomputed regional figure."""

    value: float | None
    publication_class: str
    n_areas: int
    weight_covered: float | None
    without_largest: float | None
    areas: tuple[str, ...]
    lower: float | None = None
    upper: float | None = None
    median: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    mean_year: float | None = None
    recent_share: float | None = None
    share_estimated: float | None = None
    uncertainty: float | None = None


class ClassRule:
    """The rule that gives the publication class from measured quantities, which can be numbers or columns of numbers."""

    def __init__(self, criteria: Sequence[Row], limits: Sequence[Row]) -> None:
        """`criteria`, `limits`: the rows of reference.class_criterion and reference.class_limit."""
        self._bounds = {r["criterion"]: r["bound"] for r in criteria}
        self._limits: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for r in limits:
            self._limits[(r["publication_rule"], r["threshold"])].append(r)

    def holds(self, rule: str, threshold: str, measured: Mapping[str, Any], is_small: bool) -> Any:
        """Whether all criteria of a threshold are met; criteria that are not in `measured` do not apply."""
        met: Any = True
        for r in self._limits[(rule, threshold)]:
            if r["criterion"] in measured:
                value, limit = measured[r["criterion"]], r["limit_small" if is_small else "limit_value"]
                met = met & (value >= limit if self._bounds[r["criterion"]] == "at_least" else value <= limit)
        return met


# One member's value: year, both ends, whether it is estimated.
Value = tuple[int, float, float, bool | None]


class Recomputation:
    """All regional figures of a release."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        """`tables`: reference.indicator, .method, .publication_rule, .class_criterion, .class_limit, .area_group,
        .settings, .set_group and indicator_set.value, .weight_value by full name."""
        self.indicators = {r["indicator"]: r for r in tables["reference.indicator"]}
        self.methods = {r["method"]: r for r in tables["reference.method"]}
        self.rules: dict[str, dict[str, Row]] = defaultdict(dict)
        for r in tables["reference.publication_rule"]:
            self.rules[r["publication_rule"]][r["threshold"]] = r
        self.class_rule = ClassRule(tables["reference.class_criterion"], tables["reference.class_limit"])
        (self.settings,) = tables["reference.settings"]
        groups = [r["area_group"] for r in tables["reference.set_group"]]
        self.members = {
            g: [r["ref_area"] for r in tables["reference.area_group"] if r["area_group"] == g and r["is_member_today"]]
            for g in groups
        }
        self.weights: dict[tuple[str, str, int, str, str, str], Row] = {
            (r["weight"], r["ref_area"], r["time_period"], r["sex"], r["age"], r["urbanisation"]): r
            for r in tables["indicator_set.weight_value"]
        }
        base, first, last = (
            self.settings[k] for k in ("baseline_year", "first_reference_year", "latest_reference_year")
        )
        listed = {year for name, _, year, *_ in self.weights if name == "POP_TOTAL"}
        self.years = sorted(y for y in listed if first <= y <= last or y == base)
        self._kinds: dict[tuple[str, Cell], tuple[str, str, str, str] | None] = {}
        self.points: dict[tuple[str, str, Cell], list[Value]] = defaultdict(list)
        self.out_of_use: set[tuple[str, str, Cell, int]] = set()
        for r in tables["indicator_set.value"]:
            i = self.indicators[r["indicator"]]
            if self.methods[i["method"]]["kind"] == "none":
                continue
            low = next((x for x in (r["obs_value"], r["lower_bound"], i["minimum"]) if x is not None), None)
            high = next((x for x in (r["obs_value"], r["upper_bound"], i["maximum"]) if x is not None), None)
            if low is not None and high is not None:
                cell = tuple(r[b] for b in BREAKDOWNS)
                self.points[(r["indicator"], r["ref_area"], cell)].append((r["time_period"], low, high, _estimated(r)))
                if not r["in_aggregates"]:
                    self.out_of_use.add((r["indicator"], r["ref_area"], cell, r["time_period"]))

    def figures(self) -> dict[Key, Figure]:
        """Every figure by indicator, group, year and cell."""
        chosen: dict[tuple[str, int], dict[Cell, dict[str, Point]]] = defaultdict(lambda: defaultdict(dict))
        all_members = {m for members in self.members.values() for m in members}
        for (indicator, area, cell), points in self.points.items():
            if area in all_members:
                out = {p[0] for p in points if (indicator, area, cell, p[0]) in self.out_of_use}
                for year in self.years:
                    point = self._choose(indicator, points, year, out)
                    if point is not None:
                        chosen[(indicator, year)][cell][area] = point
        out: dict[Key, Figure] = {}
        for (indicator, year), cells in chosen.items():
            remaining = {cell: self._with_partners(indicator, cell, cells) for cell in cells}
            for group, members in self.members.items():
                for cell, areas in remaining.items():
                    in_group = {a: p for a, p in areas.items() if a in members}
                    if in_group:
                        key = (indicator, group, year, cell)
                        out[key] = self._figure(indicator, group, year, cell, in_group, remaining)
        return out

    def _choose(self, indicator: str, points: list[Value], year: int, out_of_use: set[int]) -> Point | None:
        """The value for a reference year; None if there is none. `out_of_use`: years whose values are only shown."""
        i, s = self.indicators[indicator], self.settings
        event = self.methods[i["method"]]["event_count"]
        usable = [p for p in points if p[0] not in out_of_use]
        if year == s["baseline_year"]:
            in_period = [p for p in (usable if event else points) if s["baseline_from"] <= p[0] <= s["baseline_to"]]
            if not in_period:
                return None
            if event:
                low, high = (sum(p[k] for p in in_period) / len(in_period) for k in (1, 2))
                return self._point(i, (year, low, high, None))
            nearest = min(in_period, key=lambda p: (abs(p[0] - year), p[0]))
            return None if nearest[0] in out_of_use else self._point(i, nearest)
        in_window = [p for p in usable if year - i["lookback_years"] <= p[0] <= year]
        return self._point(i, max(in_window, key=lambda p: p[0])) if in_window else None

    @staticmethod
    def _point(i: Row, point: Value) -> Point:
        year, low, high, estimated = point
        maximum = i["maximum"] if i["maximum"] is not None else float("inf")
        return Point(year, low, high, min(low, maximum), min(high, maximum), estimated)

    def _total_cell(self, indicator: str, cell: Cell) -> Cell:
        age = self.indicators[indicator]["sex_total_age"] or cell[1]
        return ("_T", age, *cell[2:])

    def _by_sex(self, indicator: str, cell: Cell) -> bool:
        return cell[0] in ("F", "M") and self.indicators[indicator]["headline_sex"] == "_T"

    def _with_partners(self, indicator: str, cell: Cell, cells: dict[Cell, dict[str, Point]]) -> dict[str, Point]:
        """The values of a cell; those by sex only of members that have both sexes and the total."""
        areas = cells[cell]
        if not self._by_sex(indicator, cell):
            return dict(areas)
        other = cells.get(("M" if cell[0] == "F" else "F", *cell[1:]), {})
        total = cells.get(self._total_cell(indicator, cell), {})
        return {a: p for a, p in areas.items() if a in other and a in total}

    def weight(self, indicator: str, cell: Cell, area: str, year: int) -> Row | None:
        """The weight of one member for a cell; None if there is none."""
        kind = (indicator, cell)
        if kind not in self._kinds:
            self._kinds[kind] = self._kind_of_weight(indicator, cell)
        named = self._kinds[kind]
        return None if named is None else self.weights.get((named[0], area, year, *named[1:]))

    def _kind_of_weight(self, indicator: str, cell: Cell) -> tuple[str, str, str, str] | None:
        """Weight, sex, age and urbanisation for a cell."""
        i = self.indicators[indicator]
        if self.methods[i["method"]]["kind"] != "mean":
            return "POP_TOTAL", "_T", "_T", "_T"
        named: dict[str, str] = dict(zip(BREAKDOWNS, cell, strict=True))
        if any(named[b] != i[f"headline_{b}"] for b in WITHOUT_WEIGHT):
            return None
        age = "_T" if named["age"] == i["headline_age"] else named["age"]
        return i["weight"], named["sex"], age, named["urbanisation"]

    def _group_weight(self, indicator: str, cell: Cell, group: str, year: int) -> float | None:
        rows = [self.weight(indicator, cell, a, year) for a in self.members[group]]
        values = [r["weight_value"] for r in rows if r is not None]
        return sum(values) if values else None

    def _mean(self, indicator: str, cell: Cell, year: int, points: dict[str, Point]) -> float | None:
        pairs = []
        for area, point in points.items():
            row = self.weight(indicator, cell, area, year)
            if row is not None:
                pairs.append((row["weight_value"], point.middle))
        total = sum(w for w, _ in pairs)
        return sum(w * x for w, x in pairs) / total if total else None

    def _value(self, kind: str, indicator: str, cell: Cell, year: int, points: dict[str, Point]) -> float | None:
        if not points:
            return None
        if kind == "mean":
            return self._mean(indicator, cell, year, points)
        if kind == "sum":
            return sum(p.middle for p in points.values())
        low = median(p.capped_low for p in points.values())
        return (low + median(p.capped_high for p in points.values())) / 2

    def _figure(
        self,
        indicator: str,
        group: str,
        year: int,
        cell: Cell,
        points: dict[str, Point],
        all_cells: dict[Cell, dict[str, Point]],
    ) -> Figure:
        i = self.indicators[indicator]
        kind = self.methods[i["method"]]["kind"]
        weights = {a: self.weight(indicator, cell, a, year) for a in points}
        counted = {a: p for a, p in points.items() if kind != "mean" or weights[a] is not None}
        if not counted:
            return Figure(None, "C", len(points), None, None, tuple(sorted(points)))
        w = {a: row["weight_value"] for a in counted if (row := weights[a]) is not None}
        everything = self._group_weight(indicator, cell, group, year)
        reporting = sum(w.values())
        covered = reporting / everything if everything else None
        people = {
            a: self.weights[("POP_TOTAL", a, year, "_T", "_T", "_T")]["weight_value"] for a in self.members[group]
        }
        largest = max(people, key=lambda a: (people[a], [-ord(c) for c in a]))
        value = self._value(kind, indicator, cell, year, counted)
        rest = {a: p for a, p in counted.items() if a != largest}
        publication_class = self._class(indicator, group, year, cell, counted, w, covered, all_cells)
        withheld = publication_class == "C"
        figure = Figure(
            None if withheld else value,
            publication_class,
            len(counted),
            covered,
            None if withheld else self._value(kind, indicator, cell, year, rest),
            tuple(sorted(counted)),
        )
        return replace(figure, **self._accompanying(indicator, cell, year, counted, w, figure))

    def _accompanying(
        self, indicator: str, cell: Cell, year: int, points: dict[str, Point], w: dict[str, float], figure: Figure
    ) -> dict[str, float | None]:
        """The quantities published with a figure (docs/methods.md, Regional figures)."""
        i = self.indicators[indicator]
        kind = self.methods[i["method"]]["kind"]
        rule = self.rules[i["publication_rule"]]["A"]
        reach = year - rule["recent_years_survey" if i["is_survey"] else "recent_years"]
        total = sum(w.values())
        stated = sum(w[a] for a in w if points[a].estimated is not None)
        out: dict[str, float | None] = {
            "mean_year": sum(w[a] * points[a].year for a in w) / total if total else None,
            "recent_share": sum(w[a] for a in w if points[a].year >= reach) / total if total else None,
            "share_estimated": sum(w[a] for a in w if points[a].estimated) / stated if stated else None,
        }
        if figure.publication_class == "C":
            return out
        middles = [p.middle for p in points.values()]
        out |= {"median": median(middles), "minimum": min(middles), "maximum": max(middles)}
        if any(p.capped_low < p.capped_high for p in points.values()):
            ends = ("low", "high")
            low, high = (
                self._value(kind, indicator, cell, year, {a: _end(p, e) for a, p in points.items()}) for e in ends
            )
            out |= {"lower": low, "upper": high}
        if kind == "mean" and figure.weight_covered is not None:
            out["uncertainty"] = (
                rule["uncertainty_factor"] * max(0.0, 1 - figure.weight_covered) * (max(middles) - min(middles))
            )
        return out

    def _class(
        self,
        indicator: str,
        group: str,
        year: int,
        cell: Cell,
        points: dict[str, Point],
        w: dict[str, float],
        covered: float | None,
        all_cells: dict[Cell, dict[str, Point]],
    ) -> str:
        i = self.indicators[indicator]
        kind = self.methods[i["method"]]["kind"]
        rule = i["publication_rule"]
        if covered is None:
            return "C"
        a = self.rules[rule]["A"]
        members = self.members[group]
        years = a["recent_years_survey" if i["is_survey"] else "recent_years"]
        proxy = bool(i["weight_is_proxy"]) and i["proxy_accepted"] is None
        for area in points:
            row = self.weight(indicator, cell, area, year)
            proxy = proxy or (row is not None and bool(row["is_proxy"]))
        measured: dict[str, float] = {
            "weight_covered": covered,
            "n_areas": len(points),
            "recent_share": sum(w[x] for x in w if points[x].year >= year - years) / (sum(w.values()) or 1.0),
            "proxy": int(proxy),
        }
        if kind == "sum":
            measured["all_members"] = len(points) / len(members)
        if kind == "mean" and self._by_sex(indicator, cell):
            total_cell = self._total_cell(indicator, cell)
            totals = {a: p for a, p in all_cells.get(total_cell, {}).items() if a in members}
            # areas with figures by sex, with or without a weight for this cell
            with_sexes = {a: totals[a] for a in all_cells[cell] if a in totals}
            of_those, of_all = (self._mean(indicator, total_cell, year, t) for t in (with_sexes, totals))
            if of_those is not None and of_all is not None:
                measured["sex_total"] = abs(of_those - of_all)
        is_small = len(members) <= a["small_group"]
        holds = {t: self.class_rule.holds(rule, t, measured, is_small) for t in ("A", "B", "B_alternative")}
        return "A" if holds["A"] else "B" if holds["B"] or holds["B_alternative"] else "C"


def _end(point: Point, end: str) -> Point:
    """The point with one of its ends as the value."""
    value = point.capped_low if end == "low" else point.capped_high
    return replace(point, capped_low=value, capped_high=value)


def _estimated(r: Row) -> bool | None:
    nature, status = r["nature"], r["obs_status"]
    return None if nature is None and status is None else nature in ("E", "M") or status in ("E", "I")
