"""The causes of a difference between an edition and a release: sources, corrections, definitions, weights, members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.edition.definition_changes import CLAIM, WORDS, DefinitionChange, columns_of

NEW_VINTAGE = "new vintage"
WITHDRAWN = "withdrawn by the source"
OTHER_FEED = "another feed chosen"
CORRECTION = "correction"
DEFINITION = "definition"
SETTINGS = "settings of the set"
BREAK = "break"
WEIGHTS = "weights"
MEMBERSHIP = "membership"
CALCULATION = "calculation"
ALTERED = "altered release"
UNEXPLAINED = "not explained"

ENDS = ("baseline", "latest")
COMPARISON = "comparison"
# The ends of the baseline that each setting affects; a setting not listed here affects the comparison of both ends.
SETTINGS_OF = {
    "baseline_year": ("baseline",),
    "baseline_from": ("baseline",),
    "baseline_to": ("baseline",),
    "latest_reference_year": ("latest",),
    "first_reference_year": (),
    "edition": (),
    "title": (),
}


@dataclass(frozen=True)
class Cause:
    """One cause, by its name in this module, with details."""

    cause: str
    detail: str

    def __str__(self) -> str:
        """The cause in one line."""
        return f"{self.cause}: {self.detail}"


@dataclass(frozen=True)
class MovedSource:
    """A dataset whose vintages differ from those of the edition."""

    dataset: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class _FigureOrigin:
    observation_id: str
    time_period: int
    obs_value: float | None
    value_text: str | None
    source: str
    feed: str
    breakdown_family: str
    vintage_date: Any
    correction: str | None
    snapshot_id: str | None

    @property
    def dataset(self) -> str:
        return "/".join(self.feed.split("/")[:2])


FigureKey = tuple[str, str, str, str]
MemberPart = tuple[float | None, float | None, int | None, float | None]


def moved_sources(then: dict[str, Any], now: dict[str, Any]) -> list[MovedSource]:
    """The datasets whose snapshots differ between two manifests, with their vintages, oldest first."""
    before, after = _vintages(then), _vintages(now)
    return [
        MovedSource(dataset, tuple(sorted(before[dataset].values())), tuple(sorted(after[dataset].values())))
        for dataset in sorted(before.keys() | after.keys())
        if before[dataset] != after[dataset]
    ]


def _vintages(manifest: dict[str, Any]) -> defaultdict[str, dict[str, str]]:
    out: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for s in manifest["sources"]:
        out[f"{s['provider']}/{s['dataset']}"][s["snapshot"]] = str(s["vintage_date"])
    return out


class CauseFinder:
    """The causes of differences between one edition and one release."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        then: dict[str, Any],
        now: dict[str, Any],
        changes: list[DefinitionChange],
        altered: bool,
    ) -> None:
        """`con`: both databases, with the tables of sql/; `altered`: the release's database is not as published."""
        self._then, self._now, self._altered = then, now, altered
        self._before_vintages, self._after_vintages = _vintages(then), _vintages(now)
        self._origin = {when: _origins(con, when) for when in ("then", "now")}
        self._choice = {
            when: {row[:3]: row[3:] for row in con.execute(f"SELECT * FROM choice_{when}").fetchall()}
            for when in ("then", "now")
        }
        self._member = {when: _members(con, when) for when in ("then", "now")}
        self._present_now = {
            row[0]
            for row in con.execute(
                "SELECT observation_id FROM release.harmonised.observation "
                "WHERE observation_id IN (SELECT observation_id FROM origin_then)"
            ).fetchall()
        }
        origins = [o for by_figure in self._origin.values() for of_figure in by_figure.values() for o in of_figure]
        datasets_of_values = {o.dataset for o in origins}
        self._moved = [m for m in moved_sources(then, now) if m.dataset not in datasets_of_values]
        self._providers: defaultdict[str, set[str]] = defaultdict(set)
        for by_figure in self._origin.values():
            for figure, of_figure in by_figure.items():
                self._providers[figure[0]] |= {o.source for o in of_figure}
        self._weights = _weights_moved(con)
        rules = con.execute(
            "SELECT i.indicator, i.method, i.weight, i.publication_rule FROM release.reference.indicator AS i"
        ).fetchall()
        self._rules_of = {row[0]: row[1:] for row in rules}
        self._roles: defaultdict[str, set[str]] = defaultdict(set)
        if columns_of(con, "release.reference.weight_role"):
            for name, role in con.execute("SELECT weight, role FROM release.reference.weight_role").fetchall():
                self._roles[name].add(role)
        groups = con.execute(
            "SELECT area_group FROM edition.reference.area_group UNION SELECT area_group FROM release.reference.area_group"
        ).fetchall()
        self._groups = {row[0] for row in groups}
        self._causes: dict[FigureKey, list[Cause]] = {}
        self._changes: defaultdict[str, list[DefinitionChange]] = defaultdict(list)
        for change in changes:
            self._changes[change.table].append(change)

    def of(self, indicator: str, area: str, cell: str, item: str) -> tuple[Cause, ...]:
        """The causes of one difference, the most direct first; never empty."""
        end = item.split(":")[0]
        ends = (end,) if end in ENDS else ENDS
        causes: list[Cause] = []
        for at_end in ends:
            figure = (indicator, area, cell, at_end)
            if figure not in self._causes:
                self._causes[figure] = self._group(figure) if area in self._groups else self._country(figure)
            causes += self._causes[figure]
        if end not in ENDS:
            causes += self._breaks(indicator, area)
            ends = (*ends, COMPARISON)
        causes += self._rules(indicator, ends)
        return tuple(dict.fromkeys(causes or self._crosswalks(indicator))) or (self._other_cause(),)

    def _other_cause(self) -> Cause:
        if self._altered:
            return Cause(ALTERED, "the database of the release was altered after it was published")
        if self._then["inputs"].get("code") != self._now["inputs"].get("code"):
            return Cause(
                CALCULATION,
                f"made by other code (edition: version {self._then['code_version']}, release: version "
                f"{self._now['code_version']}); sources, corrections, definitions and weights are the same",
            )
        return Cause(UNEXPLAINED, "sources, corrections, definitions, weights, members and code are the same")

    def _country(self, figure: FigureKey) -> list[Cause]:
        before, after = self._origin["then"].get(figure, []), self._origin["now"].get(figure, [])
        causes = self._corrections(figure, before, after)
        if before and after:
            causes += self._replaced(before, after)
        elif before:
            causes += self._disappeared(figure, before)
        elif after:
            new_origins = [o for o in after if o.snapshot_id not in self._before_vintages[o.dataset]]
            new_vintage_causes = (
                [Cause(NEW_VINTAGE, f"{_dataset_vintages(new_origins)}, not in the edition")] if new_origins else []
            )
            causes += new_vintage_causes or self._chosen(figure, after)
        return causes

    def _replaced(self, before: list[_FigureOrigin], after: list[_FigureOrigin]) -> list[Cause]:
        """Causes where both the edition and the release have a value."""
        if {o.snapshot_id for o in before} == {o.snapshot_id for o in after}:
            return []
        feeds, feeds_now = {o.feed for o in before}, {o.feed for o in after}
        if feeds == feeds_now:
            return [Cause(NEW_VINTAGE, f"{_dataset_vintages(before)} -> {_dataset_vintages(after)}")]
        causes = [Cause(OTHER_FEED, f"{', '.join(sorted(feeds))} -> {', '.join(sorted(feeds_now))}")]
        new_origins = [o for o in after if o.snapshot_id not in self._before_vintages[o.dataset]]
        return causes + (
            [Cause(NEW_VINTAGE, f"{_dataset_vintages(new_origins)}, not in the edition")] if new_origins else []
        )

    def _disappeared(self, figure: FigureKey, before: list[_FigureOrigin]) -> list[Cause]:
        """Causes where only the edition has a value."""
        causes = []
        missing = [o for o in before if o.observation_id not in self._present_now]
        for dataset in sorted({o.dataset for o in missing}):
            new_vintages = {
                s: v for s, v in self._after_vintages[dataset].items() if s not in self._before_vintages[dataset]
            }
            if new_vintages:
                causes.append(
                    Cause(WITHDRAWN, f"{dataset} of {', '.join(sorted(new_vintages.values()))} no longer has it")
                )
            elif not self._after_vintages[dataset]:
                causes.append(Cause(WITHDRAWN, f"the release has no snapshot of {dataset}"))
        return causes or self._chosen(figure, before)

    def _chosen(self, figure: FigureKey, origins: list[_FigureOrigin]) -> list[Cause]:
        """Causes in the choice of the feed, where one side has no value of the cell in the chosen feed."""
        causes = []
        for family in sorted({o.breakdown_family for o in origins}):
            before = self._choice["then"].get((*figure[:2], family))
            after = self._choice["now"].get((*figure[:2], family))
            if before and after and before[0] != after[0]:
                causes.append(Cause(OTHER_FEED, f"{before[0]} -> {after[0]}"))
            elif before and after and before != after:
                causes.append(Cause(NEW_VINTAGE, f"{after[0]} of {before[1]} -> of {after[1]}"))
        return causes

    def _corrections(self, figure: FigureKey, before: list[_FigureOrigin], after: list[_FigureOrigin]) -> list[Cause]:
        indicator, area, _, _ = figure
        causes = [
            Cause(CORRECTION, str(c))
            for c in self._changes["reference.correction"]
            if c.indicator == indicator and c.ref_area == area
        ]
        applied, applied_now = {o.correction for o in before}, {o.correction for o in after}
        if not causes and before and after and applied != applied_now:
            causes.append(Cause(CORRECTION, f"{_listed(applied)} -> {_listed(applied_now)}"))
        return causes

    def _group(self, figure: FigureKey) -> list[Cause]:
        indicator, group, cell, at_end = figure
        causes = [Cause(MEMBERSHIP, str(c)) for c in self._changes["reference.area_group"] if c.key[0] == group]
        before, after = self._member["then"].get(figure, {}), self._member["now"].get(figure, {})
        by_cause: defaultdict[Cause, list[str]] = defaultdict(list)
        for area in sorted(before.keys() | after.keys()):
            before_part, after_part = before.get(area), after.get(area)
            if before_part is None or after_part is None or before_part[:3] != after_part[:3]:
                member_figure = (indicator, area, cell, at_end)
                own_causes = [*self._country(member_figure), *self._breaks(indicator, area)]
                for cause in own_causes or ([] if self._rules(indicator, (at_end,)) else [self._other_cause()]):
                    by_cause[cause].append(area)
        causes += [Cause(c.cause, f"{', '.join(areas)}: {c.detail}") for c, areas in by_cause.items()]
        weight = self._rules_of.get(indicator, (None, None, None))[1]
        moved = {a for a in before.keys() & after.keys() if before[a][3] != after[a][3]}
        moved |= self._weights.get(str(weight), set())
        if moved:
            causes.append(Cause(WEIGHTS, f"{weight}: {', '.join(sorted(moved))}{self._weight_vintages()}"))
            series = (c for c in self._changes["reference.weight_series"] if c.key[0] in self._roles[weight])
            causes += [Cause(WEIGHTS, str(c)) for c in series]
        return causes

    def _weight_vintages(self) -> str:
        """The datasets of weights with other vintages: changed datasets that have no value of the baseline."""
        return "".join(f"; {m.dataset} {', '.join(m.before)} -> {', '.join(m.after)}" for m in self._moved)

    def _breaks(self, indicator: str, area: str) -> list[Cause]:
        return [
            Cause(BREAK, str(c))
            for c in self._changes["reference.series_break"]
            if c.indicator == indicator and (c.ref_area == area or area in self._groups)
        ]

    def _rules(self, indicator: str, ends: Iterable[str]) -> list[Cause]:
        """Causes in the definition of the indicator, its method, weight and rule, and in the settings of the set."""
        method, weight, rule = self._rules_of.get(indicator, (None, None, None))
        causes = [
            Cause(DEFINITION, str(c))
            for c in (*self._changes["reference.indicator"], *self._changes[CLAIM])
            if c.indicator == indicator and c.field not in WORDS
        ]
        for table, key in (("method", method), ("weight", weight), ("publication_rule", rule)):
            cause = WEIGHTS if table == "weight" else DEFINITION
            causes += [Cause(cause, str(c)) for c in self._changes[f"reference.{table}"] if c.key[0] == key]
        for c in self._changes["reference.indicator_set"]:
            if set(ends) & set(SETTINGS_OF.get(c.field or "", (COMPARISON,))):
                causes.append(Cause(SETTINGS, str(c)))
        return causes

    def _crosswalks(self, indicator: str) -> list[Cause]:
        return [
            Cause(DEFINITION, str(c))
            for c in self._changes["reference.crosswalk"]
            if c.key[0] in self._providers[indicator]
        ]


def _origins(con: duckdb.DuckDBPyConnection, when: str) -> dict[FigureKey, list[_FigureOrigin]]:
    out: defaultdict[FigureKey, list[_FigureOrigin]] = defaultdict(list)
    for row in con.execute(f"SELECT * FROM origin_{when}").fetchall():
        out[row[:4]].append(_FigureOrigin(*row[4:]))
    return dict(out)


def _members(con: duckdb.DuckDBPyConnection, when: str) -> dict[FigureKey, dict[str, MemberPart]]:
    out: defaultdict[FigureKey, dict[str, MemberPart]] = defaultdict(dict)
    for row in con.execute(f"SELECT * FROM member_{when}").fetchall():
        out[row[:4]][row[4]] = row[5:]
    return dict(out)


def _weights_moved(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Areas whose weight differs, by weight."""
    out: defaultdict[str, set[str]] = defaultdict(set)
    found = con.execute(
        "SELECT DISTINCT t.weight, t.ref_area FROM weight_then AS t JOIN weight_now AS n "
        "USING (weight, ref_area, time_period, sex, age, urbanisation) "
        "WHERE t.weight_value IS DISTINCT FROM n.weight_value"
    ).fetchall()
    for weight, area in found:
        out[weight].add(area)
    return dict(out)


def _dataset_vintages(origins: list[_FigureOrigin]) -> str:
    return ", ".join(sorted({f"{o.dataset} of {o.vintage_date}" for o in origins}))


def _listed(corrections: set[str | None]) -> str:
    return ", ".join(sorted(c for c in corrections if c)) or "none"
