"""The sets and the regional baseline: sets/*.yaml, and which indicators stand in which table.

Belongs here: reading them, checking them against definitions and code lists, and the tables of the baseline with their
indicators in order.
Does not belong here: the fields themselves (set_model.py) and their rows as tables (set_tables.py).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TypeVar

from indicator_defs.codelists import Codelists
from indicator_defs.files import Files, Problems, repeated
from indicator_defs.model import IndicatorDefinition
from indicator_defs.set_model import BaselineTable, Decision, IndicatorSet, RegionalBaseline, SetTier, Standing
from indicator_defs.yaml_lines import Lines, parse

BASELINE = "sets/regional_baseline.yaml"
# The set whose reference years hold for aggregates and baseline.
INDICATOR_SET = "asean_indicator_set"
ASEAN_BODY = "asean"
# The group that the baseline, its changes and the country pages are about.
REGION = "ASEAN"
K = TypeVar("K", bound=Hashable)


@dataclass
class Sets:
    """The sets and the line numbers of their files by name, and the regional baseline, None where it is faulty."""

    by_name: dict[str, IndicatorSet] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    baseline: RegionalBaseline | None = None
    baseline_lines: Lines = field(default_factory=lambda: Lines(BASELINE))


def read_sets(files: Files) -> Sets:
    """All files of sets/."""
    sets = Sets()
    for name in files.names("sets/*.yaml"):
        data, lines = files.yaml(name)
        if data is None:
            files.problems.faulty.add(PurePosixPath(name).stem)
            continue
        if name == BASELINE:
            sets.baseline = parse(RegionalBaseline, data, lines, (), files.problems)
            sets.baseline_lines = lines
        elif (s := parse(IndicatorSet, data, lines, (), files.problems)) is not None:
            sets.by_name[s.name] = s
            sets.lines[s.name] = lines
        else:
            files.problems.faulty.add(PurePosixPath(name).stem)
    files.required(BASELINE)
    if INDICATOR_SET not in sets.by_name and INDICATOR_SET not in files.problems.faulty:
        files.missing(f"sets/{INDICATOR_SET}.yaml", "the set")
    return sets


def check_sets(
    sets: Sets, definitions: Mapping[str, IndicatorDefinition], codelists: Codelists, problems: Problems
) -> None:
    """Adds what does not fit the definitions, the code lists or each other."""
    for name, s in sets.by_name.items():
        _check_set(s, sets.lines[name], definitions, codelists, problems)
    b, lines = sets.baseline, sets.baseline_lines
    if b is None:
        return
    _check_period(b, lines, sets.by_name, problems)
    _check_tables(b, lines, definitions, codelists.codes("indicator_group"), problems)
    _check_contents(b, lines, definitions, problems)


def _check_set(
    s: IndicatorSet, lines: Lines, definitions: Collection[str], codelists: Codelists, problems: Problems
) -> None:
    groups, bodies = codelists.groups, {row["code"]: row["type"] for row in codelists["body"]}
    for i, group in enumerate(s.groups):
        problems.known(lines.place("groups", i), "area group (codelists/area_group.csv)", group, groups)
    for group, place, before in _twice((group, lines.place("groups", i)) for i, group in enumerate(s.groups)):
        problems.say(place, f"area group {group} stands in {before} too")
    if REGION not in s.groups:
        problems.say(lines.place("groups"), f"groups: {REGION} is missing; the baseline is about it")
    if s.first_reference_year > s.latest_reference_year:
        problems.say(
            lines.place("first_reference_year"),
            f"first_reference_year: {s.first_reference_year} lies after latest_reference_year {s.latest_reference_year}",
        )
    for tier, place, before in _twice((tier.tier, lines.place("tiers", i)) for i, tier in enumerate(s.tiers)):
        problems.say(place, f"tier {tier} stands in {before} too")
    for tier in ("core", "extended"):
        if tier not in {t.tier for t in s.tiers}:
            problems.say(lines.place("tiers"), f"tier {tier} is missing; the set says for each tier who decided on it")
    for key, standings in (("tiers", s.tiers), ("decisions", s.decisions)):
        for i, standing in enumerate(standings):
            _check_body(standing, lines.place(key, i, "body"), bodies, problems)
    decided = list(_indicators("decisions", s.decisions, lines))
    _check_indicators(decided, definitions, problems)
    for code, place, before in _twice(decided):
        problems.say(place, f"a decision on {code} stands in {before} too; leave the one that holds")


def _check_body(standing: Standing, place: str, bodies: Mapping[str, str], problems: Problems) -> None:
    """`bodies`: code → type of body."""
    if not problems.known(place, "body (codelists/body.csv)", standing.body, bodies):
        return
    if standing.status == "adopted" and bodies[standing.body] != ASEAN_BODY:
        problems.say(
            place, f"{standing.body} is no ASEAN body; only a body of type {ASEAN_BODY} (codelists/body.csv) adopts"
        )


def _check_period(b: RegionalBaseline, lines: Lines, sets: Mapping[str, IndicatorSet], problems: Problems) -> None:
    if not b.baseline_from <= b.baseline_year <= b.baseline_to:
        problems.say(lines.place("baseline_year"), f"{b.baseline_year} lies outside {b.baseline_from}-{b.baseline_to}")
    if problems.known(lines.place("set"), "set", b.set, sets) and b.baseline_to >= sets[b.set].latest_reference_year:
        problems.say(
            lines.place("baseline_to"),
            f"the baseline period ends in {b.baseline_to}, not before the latest reference year "
            f"{sets[b.set].latest_reference_year} of {b.set}",
        )


def _check_tables(
    b: RegionalBaseline, lines: Lines, definitions: Collection[str], groups: Collection[str], problems: Problems
) -> None:
    for code, place, before in _twice((t.code, lines.place("tables", i, "code")) for i, t in enumerate(b.tables)):
        problems.say(place, f"table {code} stands in {before} too")
    named = list(_indicators("tables", b.tables, lines))
    _check_indicators(named, definitions, problems)
    for code, place, before in _twice(named):
        problems.say(place, f"{code} stands in {before} too; an indicator stands in one table")
    taken = []
    for i, table in enumerate(b.tables):
        for j, group in enumerate(table.groups):
            place = lines.place("tables", i, "groups", j)
            problems.known(place, "group (codelists/indicator_group.csv)", group, groups)
            taken += [((group, tier), place) for tier in table.tiers]
    for (group, tier), place, before in _twice(taken):
        problems.say(place, f"{tier} indicators of {group} stand in {before} too")


def _check_contents(
    b: RegionalBaseline, lines: Lines, definitions: Mapping[str, IndicatorDefinition], problems: Problems
) -> None:
    placed = baseline_tables(b, definitions)
    for i, (table, codes) in enumerate(placed):
        if not codes:
            problems.say(lines.place("tables", i), f"table {table.code} holds no indicator")
    core = {d.code for d in definitions.values() if d.tier == "core"}
    held = {code for _, codes in placed for code in codes}
    for code in sorted(core - held):
        problems.say(
            lines.place("tables"),
            f"core indicator {code} stands in no table; core indicators are the main tables",
        )


def _indicators(key: str, entries: Iterable[Decision | BaselineTable], lines: Lines) -> Iterator[tuple[str, str]]:
    """(code, place) of the indicators that the entries of a list name."""
    for i, entry in enumerate(entries):
        for j, code in enumerate(entry.indicators):
            yield code, lines.place(key, i, "indicators", j)


def _check_indicators(named: Iterable[tuple[str, str]], definitions: Collection[str], problems: Problems) -> None:
    for code, place in named:
        problems.known(place, "indicator", code, definitions)


def _twice(named: Iterable[tuple[K, str]]) -> Iterator[tuple[K, str, str]]:
    """(what, place, place before) of what stands more than once."""
    for same in repeated(named, lambda n: n[0]):
        for (what, before), (_, place) in pairwise(same):
            yield what, place, before


def baseline_tables(
    b: RegionalBaseline, definitions: Mapping[str, IndicatorDefinition]
) -> list[tuple[BaselineTable, list[str]]]:
    """The tables in their order, each with the codes of its indicators: those named first, then by group and code."""
    named = {code for table in b.tables for code in table.indicators}
    out = []
    for table in b.tables:
        codes = list(table.indicators)
        for group in table.groups:
            codes += sorted(
                d.code
                for d in definitions.values()
                if d.group == group and d.tier in table.tiers and d.code not in named
            )
        out.append((table, codes))
    return out


def standing_of(s: IndicatorSet, definition: IndicatorDefinition) -> Standing:
    """What was decided on one indicator: on itself, else on its tier."""
    decisions: list[Decision | SetTier] = [d for d in s.decisions if definition.code in d.indicators]
    decisions += [t for t in s.tiers if t.tier == definition.tier]
    return decisions[0]
