"""The definitions of the indicators: indicators/*/*.yaml and the series that they claim.

Belongs here: reading them, and checking them against code lists, methods, weights and each other.
Does not belong here: the fields of a definition (model.py) and whether data exist for it (an asset check).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import PurePosixPath

from indicator_defs.codelists import Codelists
from indicator_defs.files import Files, Problems, repeated
from indicator_defs.model import Feed, IndicatorDefinition, Method, SeriesClaim, VintageUnit
from indicator_defs.yaml_lines import Lines, parse

# The provider of national data: every indicator takes them, also where its definition does not name them.
NATIONAL = "national"
NATIONAL_DATASETS = {"submissions": 0, "documents": 9}
# What a code of a list is called in messages, where that is not "LIST code".
_WORDS = {
    "indicator_group": "group (codelists/indicator_group.csv)",
    "unit": "unit (codelists/unit.csv)",
    "sector": "sector (codelists/sector.csv)",
    "body": "body (codelists/body.csv)",
    "article": "article (codelists/article.csv)",
    "target_group": "target group",
}


@dataclass(frozen=True)
class Claim:
    """One series claim of a definition's feed, flattened, with its place."""

    claim_id: int
    indicator: str
    feed: str
    provider: str
    dataset: str
    rank: int
    series: SeriesClaim
    source: Feed
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    @property
    def filters(self) -> Iterator[tuple[str, str]]:
        """(dimension, code) of the claim's filter, one per allowed code."""
        for dimension, codes in self.series.where.items():
            for code in [codes] if isinstance(codes, str) else codes:
                yield dimension, code


@dataclass(frozen=True)
class Definitions:
    """The definitions and the line numbers of their files by code, and the claims of all of them."""

    by_code: dict[str, IndicatorDefinition] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)


def read_definitions(files: Files) -> Definitions:
    """All definitions, by the names of their files."""
    out = Definitions()
    for name in files.names("indicators/**/*.yaml"):
        data, lines = files.yaml(name)
        definition = None if data is None else parse(IndicatorDefinition, data, lines, (), files.problems)
        if definition is None:
            files.problems.faulty.add(PurePosixPath(name).stem)
            continue
        code = definition.code
        _check_name(definition, lines, name, files.problems)
        if code in out.by_code:
            files.problems.say(f"{lines.file}:1", f"{code} is defined in {out.lines[code].file} too")
        out.by_code[code] = definition
        out.lines[code] = lines
        _claim(definition, lines, out.claims)
    return out


def _check_name(d: IndicatorDefinition, lines: Lines, name: str, problems: Problems) -> None:
    path = PurePosixPath(name)
    if path.stem != d.code:
        problems.say(lines.place("code"), f"code {d.code} differs from the file's name")
    if path.parent.name != d.group:
        problems.say(lines.place("group"), f"group {d.group} differs from the folder {path.parent.name}")


def _claim(d: IndicatorDefinition, lines: Lines, claims: list[Claim]) -> None:
    for i, feed in enumerate(d.sources):
        for j, series in enumerate(feed.series):
            claims.append(
                Claim(
                    claim_id=len(claims) + 1,
                    indicator=d.code,
                    feed=f"{feed.provider}/{feed.dataset}/{feed.series[0].code}",
                    provider=feed.provider,
                    dataset=feed.dataset,
                    rank=feed.rank,
                    series=series,
                    source=feed,
                    file=lines.file,
                    line=lines.at(("sources", i, "series", j)),
                )
            )


def check_definitions(
    definitions: Definitions,
    codelists: Codelists,
    methods: Mapping[str, Method],
    rules: Collection[str],
    weights: Collection[str],
    problems: Problems,
) -> None:
    """Adds what definitions name that is not there. `rules`, `weights`: names of publication rules and weights."""
    for code, d in definitions.by_code.items():
        lines = definitions.lines[code]
        for codelist, named, path in _codes_named(d):
            what = _WORDS.get(codelist, f"{codelist} code")
            field = ".".join(map(str, path))
            problems.known(lines.place(*path), what, named, codelists.codes(codelist), field)
        rule = "publication_rule"
        problems.known(lines.place(rule), "publication rule (methods.yaml)", d.publication_rule, rules, rule)
        _check_aggregation(d, lines, methods, weights, problems)


def _codes_named(d: IndicatorDefinition) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """(code list, code, path of keys) of every code of ours that a definition names."""
    yield "indicator_group", d.group, ("group",)
    yield "unit", d.unit, ("unit",)
    yield "sector", d.sector, ("sector",)
    for i, body in enumerate(d.body):
        yield "body", body, ("body", i)
    for i, body in enumerate(d.gap.body if d.gap else []):
        yield "body", body, ("gap", "body", i)
    for i, article in enumerate(d.articles):
        yield "article", article, ("articles", i)
    for concept, code in d.headline.items():
        yield concept, code, ("headline", concept)
    for i, rule in enumerate(d.target_groups):
        yield "target_group", rule.group, ("target_groups", i)
        for concept, code in rule.where.items():
            yield concept, code, ("target_groups", i, "where")
    for i, feed in enumerate(d.sources):
        for j, series in enumerate(feed.series):
            for concept, code in series.set.items():
                yield concept, code, ("sources", i, "series", j, "set")
    if d.aggregation.sex_total_age is not None:
        yield "age", d.aggregation.sex_total_age, ("aggregation", "sex_total_age")


def _check_aggregation(
    d: IndicatorDefinition,
    lines: Lines,
    methods: Mapping[str, Method],
    weights: Collection[str],
    problems: Problems,
) -> None:
    a = d.aggregation
    place, field = lines.place("aggregation", "method"), "aggregation.method"
    known = problems.known(place, "method (methods.yaml)", a.method, methods, field)
    if known and methods[a.method].needs_weight and a.weight is None:
        problems.say(lines.place("aggregation"), f"aggregation: method {a.method} needs a weight")
    if a.weight is not None:
        place, field = lines.place("aggregation", "weight"), "aggregation.weight"
        problems.known(place, "weight (weights.yaml)", a.weight, weights, field)


def check_claims(claims: list[Claim], problems: Problems) -> None:
    """Adds the cells of a series that two claims would take."""
    for same in repeated(claims, lambda c: (c.provider, c.dataset, c.series.code)):
        for one, other in combinations(same, 2):
            if _overlap(one.series.where, other.series.where):
                problems.say(
                    other.place,
                    f"{other.indicator} claims cells of {one.series.code} ({_where(other)}) that {one.indicator} claims "
                    f"in {one.place} ({_where(one)}); one provider row serves one indicator",
                )


def check_titles(definitions: Definitions, problems: Problems) -> None:
    """Adds titles of a claim that do not state the unit which its feed asks for, and titles listed twice."""
    for claim in definitions.claims:
        unit = claim.source.series_name_contains
        for title in claim.series.titles:
            if unit is not None and unit not in title:
                problems.say(claim.place, f"titles: {title!r} does not hold {unit!r} (series_name_contains)")
        for same in repeated(claim.series.titles, lambda t: " ".join(t.split()).lower()):
            problems.say(claim.place, f"titles: {same[0]!r} is listed {len(same)} times")


def read_vintage_units(files: Files, claims: Iterable[Claim]) -> list[VintageUnit]:
    """The units of vintages without a title: each of a series whose claim asks for that unit, and listed once."""
    key = ("provider", "dataset", "series", "vintage_date")
    units, problems = files.lines("vintage_units.csv", VintageUnit, key), files.problems
    asked: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for c in claims:
        if c.source.series_name_contains is not None:
            asked[c.provider, c.dataset, c.series.code].add(c.source.series_name_contains)
    for u in units:
        known = asked.get((u.provider, u.dataset, u.series), set())
        if not known:
            problems.say(u.place, f"no claim of {u.series} of {u.provider}/{u.dataset} has series_name_contains")
        else:
            problems.known(u.place, "unit (series_name_contains)", u.unit, known, "unit")
    return units


def national_claims(claims: list[Claim], places: Mapping[str, str]) -> Iterator[Claim]:
    """The claims of national data that no definition needs to make. `places`: the file of each definition."""
    declared = {(c.indicator, c.dataset) for c in claims if c.provider == NATIONAL}
    implied = [(i, d) for i in sorted(places) for d in NATIONAL_DATASETS if (i, d) not in declared]
    for claim_id, (indicator, dataset) in enumerate(implied, start=len(claims) + 1):
        series = SeriesClaim(code=indicator)
        yield Claim(
            claim_id=claim_id,
            indicator=indicator,
            feed=f"{NATIONAL}/{dataset}/{indicator}",
            provider=NATIONAL,
            dataset=dataset,
            rank=NATIONAL_DATASETS[dataset],
            series=series,
            source=Feed(provider=NATIONAL, dataset=dataset, series=[series]),
            file=places[indicator],
            line=1,
        )


def _where(claim: Claim) -> str:
    """The filter of a claim in words."""
    told = ", ".join(
        f"{dimension} {codes if isinstance(codes, str) else ' or '.join(codes)}"
        for dimension, codes in claim.series.where.items()
    )
    return f"where {told}" if told else "all of it"


def _overlap(one: dict[str, str | list[str]], other: dict[str, str | list[str]]) -> bool:
    """Whether two filters on the same series can hold for one row."""
    for dimension in one.keys() & other.keys():
        a, b = one[dimension], other[dimension]
        if not set([a] if isinstance(a, str) else a) & set([b] if isinstance(b, str) else b):
            return False
    return True
