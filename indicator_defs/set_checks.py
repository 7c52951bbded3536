"""How the sets and the regional baseline must fit the definitions, and which indicators stand in which table.

Belongs here: checks of sets/*.yaml against definitions and code lists, and the tables of the baseline with their
indicators in order.
Does not belong here: the fields themselves (set_model.py) and reading the files (catalog.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from indicator_defs.set_model import BaselineTable, Decision, IndicatorSet, RegionalBaseline, SetTier, Standing

if TYPE_CHECKING:
    from indicator_defs.model import IndicatorDefinition

Place = Callable[..., str]
ASEAN_BODY = "asean"


def check_set(
    s: IndicatorSet, at: Place, definitions: Mapping[str, object], bodies: Mapping[str, str], groups: set[str]
) -> Iterator[str]:
    """Problems of one set as `file:line: what`. `at`: path of keys to its place; `bodies`: code → type of body."""
    for i, group in enumerate(s.groups):
        if group not in groups:
            yield f"{at('groups', i)}: unknown area group (codelists/area_group.csv) {group!r}"
    named: dict[str, str] = {}
    for i, tier in enumerate(s.tiers):
        if tier.tier in named:
            yield f"{at('tiers', i)}: tier {tier.tier} stands in {named[tier.tier]} too"
        named[tier.tier] = at("tiers", i)
        yield from _standing(tier, lambda *path, i=i: at("tiers", i, *path), bodies)
    for tier_name in ("core", "extended"):
        if tier_name not in named:
            yield f"{at('tiers')}: tier {tier_name} is missing; the set says for each tier who decided on it"
    decided: dict[str, str] = {}
    for i, decision in enumerate(s.decisions):
        yield from _standing(decision, lambda *path, i=i: at("decisions", i, *path), bodies)
        for j, code in enumerate(decision.indicators):
            place = at("decisions", i, "indicators", j)
            if code not in definitions:
                yield f"{place}: unknown indicator {code!r}"
            if code in decided:
                yield f"{place}: a decision on {code} stands in {decided[code]} too; leave the one that holds"
            decided[code] = place


def _standing(standing: Standing, at: Place, bodies: Mapping[str, str]) -> Iterator[str]:
    if standing.body not in bodies:
        yield f"{at('body')}: unknown body (codelists/body.csv) {standing.body!r}"
    elif standing.status == "adopted" and bodies[standing.body] != ASEAN_BODY:
        yield (
            f"{at('body')}: {standing.body} is no ASEAN body; only a body of type {ASEAN_BODY} (codelists/body.csv) "
            "adopts"
        )


def check_baseline(
    b: RegionalBaseline,
    at: Place,
    definitions: Mapping[str, IndicatorDefinition],
    sets: Mapping[str, IndicatorSet],
    groups: set[str],
) -> Iterator[str]:
    """Problems of the regional baseline as `file:line: what`. `groups`: codes of codelists/indicator_group.csv."""
    if not b.baseline_from <= b.baseline_year <= b.baseline_to:
        yield f"{at('baseline_year')}: {b.baseline_year} lies outside {b.baseline_from}-{b.baseline_to}"
    if b.set not in sets:
        yield f"{at('set')}: unknown set {b.set!r}; sets are {', '.join(sorted(sets))}"
    elif b.baseline_to >= sets[b.set].latest_reference_year:
        yield (
            f"{at('baseline_to')}: the baseline period ends in {b.baseline_to}, not before the latest reference year "
            f"{sets[b.set].latest_reference_year} of {b.set}"
        )
    codes: dict[str, str] = {}
    named: dict[str, str] = {}
    taken: dict[tuple[str, str], str] = {}
    for i, table in enumerate(b.tables):
        place = at("tables", i, "code")
        if table.code in codes:
            yield f"{place}: table {table.code} stands in {codes[table.code]} too"
        codes[table.code] = place
        for j, code in enumerate(table.indicators):
            here = at("tables", i, "indicators", j)
            if code not in definitions:
                yield f"{here}: unknown indicator {code!r}"
            if code in named:
                yield f"{here}: {code} stands in {named[code]} too; an indicator stands in one table"
            named[code] = here
        for j, group in enumerate(table.groups):
            here = at("tables", i, "groups", j)
            if group not in groups:
                yield f"{here}: unknown group (codelists/indicator_group.csv) {group!r}"
            for tier in table.tiers:
                if (group, tier) in taken:
                    yield f"{here}: {tier} indicators of {group} stand in {taken[group, tier]} too"
                taken[group, tier] = here
    placed = baseline_tables(b, definitions)
    for i, table in enumerate(b.tables):
        if not placed[i][1]:
            yield f"{at('tables', i)}: table {table.code} holds no indicator"
    homeless = [d.code for d in definitions.values() if d.tier == "core"]
    held = {code for _, codes_of in placed for code in codes_of}
    for code in sorted(set(homeless) - held):
        yield f"{at('tables')}: core indicator {code} stands in no table; core indicators are the main tables"


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
