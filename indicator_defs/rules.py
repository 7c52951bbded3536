"""What is said of many indicators, or of single figures: weights, tolerances, target groups, breaks, corrections, gaps.

Belongs here: reading these files, and whether what they name is there and stands once.
Does not belong here: their fields (model.py), and the arithmetic of weights (warehouse/sql/).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from indicator_defs.codelists import AGES, AREA_GROUP, Codelists, is_age
from indicator_defs.definitions import NATIONAL, Claim
from indicator_defs.files import Files, Problems, Row, is_whole, repeated
from indicator_defs.model import Break, Correction, IndicatorDefinition, NotApplicable, SeriesRename, Tolerance, Weight

TOLERANCES = "tolerances.yaml"
# The tolerances of indicators that have none of their own.
EVERY_INDICATOR = "all"
TARGET_GROUP_RULES = "target_group_rules.csv"
RULE_COLUMNS = (
    "target_group",
    "match",
    "priority",
    "sex",
    "age_within_from",
    "age_within_to",
    "disability_status",
    "income_wealth_quantile",
    "migratory_status",
    "formality",
    "note",
)
# Of one group and one cell there is one rule.
RULE_KEY = tuple(c for c in RULE_COLUMNS if c not in ("match", "priority", "note"))


def read_weights(files: Files, definitions: Mapping[str, IndicatorDefinition]) -> dict[str, Weight]:
    """The weights by name; each stands once and says what it is made of, and none leads back to itself."""
    listed, problems = files.items("weights.yaml", "weights", Weight), files.problems
    for same in repeated(listed, lambda w: w.name):
        for before, w in pairwise(same):
            problems.say(w.place, f"weight {w.name} stands in {before.place} too")
    weights = {w.name: w for w in listed}
    for w in weights.values():
        if w.kind == "series" and not w.series:
            problems.say(w.place, f"weight {w.name} of kind series names no series")
        if w.kind == "beneficiaries":
            code = w.coverage_indicator or ""
            is_there = problems.known(w.place, "indicator", code, definitions, "coverage_indicator")
            way = _way_of(w, weights, definitions)
            if is_there and way[-1] == w.name:
                problems.say(w.place, f"weight {w.name} leads back to itself: {' -> '.join(way)}")
    return weights


def _way_of(weight: Weight, weights: dict[str, Weight], definitions: Mapping[str, IndicatorDefinition]) -> list[str]:
    """From a weight to the indicator it is made of, to that one's weight and so on; ends where a name comes again."""
    way, at = [weight.name], weight
    while (indicator := at.coverage_indicator or "") in definitions:
        name = definitions[indicator].aggregation.weight
        way.append(indicator)
        if name is None or name not in weights:
            break
        way.append(name)
        if name in way[:-1]:
            break
        at = weights[name]
    return way


def read_tolerances(files: Files, definitions: Collection[str]) -> dict[str, Tolerance]:
    """The tolerances by indicator, checked."""
    problems = files.problems
    told = len(problems)
    tolerances = files.items(TOLERANCES, "tolerances", Tolerance)
    all_readable = len(problems) == told
    for t in tolerances:
        if t.indicator != EVERY_INDICATOR:
            problems.known(t.place, "indicator", t.indicator, definitions)
    for same in repeated(tolerances, lambda t: t.indicator):
        for before, t in pairwise(same):
            problems.say(t.place, f"{t.indicator} has tolerances in {before.place} too")
    by_indicator = {t.indicator: t for t in tolerances}
    if all_readable and EVERY_INDICATOR not in by_indicator:
        problems.say(
            f"{files.label(TOLERANCES)}:1",
            f"no entry for `indicator: {EVERY_INDICATOR}`, which holds for the indicators without their own",
        )
    return by_indicator


def read_breaks(files: Files, definitions: Collection[str], codelists: Codelists) -> list[Break]:
    """The breaks of all files of breaks/, each of an indicator and an area that are there."""
    breaks = [b for name in files.names("breaks/*.yaml") for b in files.items(name, "breaks", Break)]
    for b in breaks:
        _check_cell(b, definitions, codelists, files.problems)
    for first, *others in repeated(breaks, lambda b: (b.indicator, b.area, b.year)):
        for b in others:
            files.problems.say(b.place, f"{b.indicator}, {b.area}, {b.year} stands in {first.place} too")
    return breaks


def read_corrections(
    files: Files,
    definitions: Collection[str],
    codelists: Codelists,
    claims: Iterable[Claim],
    renames: Iterable[SeriesRename],
) -> list[Correction]:
    """The corrections of all files of corrections/, each of a cell that can be, of a series that its indicator claims."""
    names = files.names("corrections/*.yaml")
    corrections = [c for name in names for c in files.items(name, "corrections", Correction)]
    series = _series_of(definitions, claims, renames)
    for c in corrections:
        if _check_cell(c, definitions, codelists, files.problems):
            providers = series[c.indicator]
            what = f"provider of {c.indicator}"
            if files.problems.known(c.place, what, c.provider, providers, "provider"):
                what = f"series of {c.indicator} at {c.provider}"
                files.problems.known(c.place, what, c.series, providers[c.provider], "series")
        for concept, code in c.breakdown.items():
            files.problems.known(c.place, f"{concept} code", code, codelists.codes(concept))
    for first, *others in repeated(
        corrections,
        lambda c: (c.indicator, c.area, c.year, c.provider, c.series, frozenset(c.breakdown.items()), c.expected),
    ):
        for c in others:
            what = f"{c.indicator}, {c.area}, {c.year}, {c.series} {c.expected}"
            files.problems.say(c.place, f"{what} is corrected in {first.place} too; one value has one correction")
    return corrections


def _series_of(
    definitions: Collection[str], claims: Iterable[Claim], renames: Iterable[SeriesRename]
) -> dict[str, dict[str, set[str]]]:
    """indicator → provider → series that it claims, with the codes that these had before, and its national data."""
    before: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for r in renames:
        before[r.provider, r.dataset, r.new_series].add(r.old_series)
    out: dict[str, dict[str, set[str]]] = {code: {NATIONAL: {code}} for code in definitions}
    for c in claims:
        known = out[c.indicator].setdefault(c.provider, set())
        known |= {c.series.code, *before[c.provider, c.dataset, c.series.code]}
    return out


def _check_cell(
    cell: Break | Correction, definitions: Collection[str], codelists: Codelists, problems: Problems
) -> bool:
    """Whether indicator and area are there."""
    is_indicator = problems.known(cell.place, "indicator", cell.indicator, definitions)
    return (
        problems.known(cell.place, "area", cell.area, codelists.codes("area"), names=codelists.areas) and is_indicator
    )


def read_target_group_rules(files: Files, codelists: Codelists) -> list[Row]:
    """The general rules, by breakdown, of which target group a cell is about, checked."""
    rows, problems = files.rows(TARGET_GROUP_RULES, RULE_COLUMNS, RULE_KEY), files.problems
    for row in rows:
        problems.known(row.place, "target group", row["target_group"], codelists.codes("target_group"))
        problems.expected(row, "match", row["match"] in ("exact", "proxy"), "exact or proxy")
        problems.expected(row, "priority", is_whole(row["priority"], 9999), "a whole number up to 9999")
        for column in ("age_within_from", "age_within_to"):
            problems.expected(row, column, not row[column] or is_age(row[column]), AGES)
        for concept in ("sex", "disability_status", "income_wealth_quantile", "migratory_status", "formality"):
            if row[concept]:
                problems.known(row.place, f"{concept} code", row[concept], codelists.codes(concept))
    return rows


def read_not_applicable(files: Files, definitions: Collection[str], codelists: Codelists) -> list[NotApplicable]:
    """The figures that cannot exist, checked."""
    entries = files.lines("not_applicable.csv", NotApplicable, ("indicator", "ref_area", "breakdown"))
    problems = files.problems
    members = {row["member"] for row in codelists[AREA_GROUP] if not row["valid_to"]}
    for e in entries:
        if e.indicator != "*":
            problems.known(e.place, "indicator", e.indicator, definitions)
        if e.ref_area != "*":
            problems.known(e.place, "Member State", e.ref_area, members, names=codelists.areas)
        if e.indicator == e.ref_area == "*":
            problems.say(e.place, "indicator and ref_area are both *; name at least one of them")
    return entries
