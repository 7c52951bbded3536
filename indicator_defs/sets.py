"""The indicator set with its tiers and the regional baseline with its tables: sets/*.yaml."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, Problems, repeated
from indicator_defs.indicator_definitions import IndicatorCode, IndicatorDefinition
from indicator_defs.model import Number, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, listed, position, rows_of
from indicator_defs.system import clock
from indicator_defs.yaml_lines import Lines, parse

BASELINE = "sets/regional_baseline.yaml"
# The set whose reference years hold for aggregates and baseline.
INDICATOR_SET = "asean_indicator_set"
ASEAN_BODY = "asean"
# The group that the baseline, its changes and the country pages are about.
REGION = "ASEAN"
Tier = Literal["core", "extended"]
A_DAY = datetime.timedelta(days=1)  # it may be tomorrow where the decision is taken
K = TypeVar("K", bound=Hashable)


class Adoption(Strict):
    """What was decided on some indicators: by whom, when, and in which paper."""

    status: Literal["proposed", "adopted"] = Field(
        description="proposed: put forward; adopted: an ASEAN body has decided on it."
    )
    date: datetime.date = Field(description="Day of the proposal or of the decision.")
    body: str = Field(description="Who proposed or adopted (code of codelists/body.csv).", examples=["ACSS"])
    reference: Text | None = Field(
        default=None, description="The paper that holds the decision, with its paragraph; must be given once adopted."
    )

    @field_validator("date")
    @classmethod
    def _not_in_the_future(cls, day: datetime.date, info: ValidationInfo) -> datetime.date:
        if info.data.get("status") == "adopted" and day > clock.today() + A_DAY:
            raise ValueError(f"adopted on {day}, which is still to come; until then it is proposed")
        return day

    @model_validator(mode="after")
    def _adopted_in_a_paper(self) -> Adoption:
        if self.status == "adopted" and self.reference is None:
            raise ValueError("what is adopted has a `reference`: the paper that holds the decision")
        return self


class SetTier(Adoption):
    """One tier of the set and where it stands."""

    tier: Tier = Field(description="The tier that definitions name.")
    title: Text = Field(description="Title for readers.")
    purpose: Text = Field(description="What the tier is for.")


class Decision(Adoption):
    """A decision on single indicators that differs from that on their tier."""

    indicators: list[IndicatorCode] = Field(min_length=1, description="The indicators decided on.")


class IndicatorSet(Strict):
    """One set: its tiers and who decided on them, for which groups and which reference years."""

    name: str = Field(description="Name of the set in commands and tables.")
    title: Text = Field(description="The set as it is called in reports.")
    latest_reference_year: Whole = Field(
        ge=1950, le=2100, description="The year that 'latest' is for; never taken from the clock."
    )
    first_reference_year: Whole = Field(ge=1950, le=2100, description="First year for which regional figures are made.")
    step_points: Number = Field(gt=0, description="A step of more points is not comparable until somebody has looked.")
    step_factor: Number = Field(gt=1, description="Likewise a step by more than this factor.")
    step_factor_minimum: Number = Field(ge=0, description="...where it is also at least this many points.")
    groups: list[str] = Field(min_length=1, description="Area groups for which regional figures are made.")
    tiers: list[SetTier] = Field(description="Core and extended, each once.")
    decisions: list[Decision] = Field(
        default_factory=list, description="Decisions on single indicators; each indicator at most once."
    )


class BaselineTable(Strict):
    """One table of the regional baseline: a section of the report."""

    code: str = Field(description="Number of the table as it is printed.", pattern=r"^[A-Z0-9]+(\.[0-9]+)?$")
    title: Text = Field(description="Title of the table.")
    indicators: list[IndicatorCode] = Field(
        default_factory=list, description="Indicators by name, in their order; they stand before those of the groups."
    )
    groups: list[str] = Field(
        default_factory=list,
        description="Groups (codelists/indicator_group.csv) whose other indicators of these tiers follow, by code.",
    )
    tiers: list[Tier] = Field(default=["core"], min_length=1, description="Which tiers are taken from the groups.")
    stands_first: bool = Field(
        default=False, description="Its named indicators stand first in every export, printed as gaps where empty."
    )
    note: Text | None = Field(default=None, description="What a reader must know about the table as a whole.")

    @model_validator(mode="after")
    def _holds_something(self) -> BaselineTable:
        if not self.indicators and not self.groups:
            raise ValueError("a table names `indicators`, `groups` or both")
        return self


class RegionalBaseline(Strict):
    """The regional baseline: its period, its tables in their order, the name of its edition."""

    name: str = Field(description="Name of the baseline in commands and tables.")
    title: Text = Field(description="The baseline as it is called in reports.")
    edition: Text = Field(description="Name of the edition in preparation, as it is cited.")
    set: str = Field(description="Name of the set that it is made from.")
    baseline_year: Whole = Field(description="The year that 'baseline' is for.")
    baseline_from: Whole = Field(ge=1950, le=2100, description="First year a baseline value may have.")
    baseline_to: Whole = Field(description="Last year a baseline value may have.")
    minimum_years_apart: Whole = Field(ge=1, description="Least distance of baseline and latest for a change.")
    tables: list[BaselineTable] = Field(min_length=1, description="The tables, in the order of the report.")


@dataclass
class Sets:
    """The sets and the line numbers of their files by name, and the regional baseline, None where it is faulty."""

    by_name: dict[str, IndicatorSet] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    baseline: RegionalBaseline | None = None
    baseline_lines: Lines = field(default_factory=lambda: Lines(BASELINE))


def read_sets(files: Files, definitions: Mapping[str, IndicatorDefinition], codelists: Codelists) -> Sets:
    """All files of sets/, checked."""
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
    files.required(BASELINE, "the reference years and tables of the regional baseline")
    if INDICATOR_SET not in sets.by_name and INDICATOR_SET not in files.problems.faulty:
        files.missing(f"sets/{INDICATOR_SET}.yaml", "the set")
    _check_sets(sets, definitions, codelists, files.problems)
    return sets


def _check_sets(
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
        problems.check_code(lines.place("groups", i), "area group (codelists/area_group.csv)", group, groups)
    for group, place, before in _repeated_entries(
        (group, lines.place("groups", i)) for i, group in enumerate(s.groups)
    ):
        problems.add(place, f"area group {group} stands in {before} too")
    if REGION not in s.groups:
        problems.add(lines.place("groups"), f"groups: {REGION} is missing; the baseline is about it")
    if s.first_reference_year > s.latest_reference_year:
        problems.add(
            lines.place("first_reference_year"),
            f"first_reference_year: {s.first_reference_year} lies after latest_reference_year {s.latest_reference_year}",
        )
    for tier, place, before in _repeated_entries(
        (tier.tier, lines.place("tiers", i)) for i, tier in enumerate(s.tiers)
    ):
        problems.add(place, f"tier {tier} stands in {before} too")
    for tier in ("core", "extended"):
        if tier not in {t.tier for t in s.tiers}:
            problems.add(lines.place("tiers"), f"tier {tier} is missing; the set says for each tier who decided on it")
    for key, adoptions in (("tiers", s.tiers), ("decisions", s.decisions)):
        for i, adoption in enumerate(adoptions):
            _check_body(adoption, lines.place(key, i, "body"), bodies, problems)
    decided = list(_indicators("decisions", s.decisions, lines))
    _check_indicators(decided, definitions, problems)
    for code, place, before in _repeated_entries(decided):
        problems.add(place, f"a decision on {code} stands in {before} too; leave the one that holds")


def _check_body(adoption: Adoption, place: str, bodies: Mapping[str, str], problems: Problems) -> None:
    """`bodies`: code → type of body."""
    if not problems.check_code(place, "body (codelists/body.csv)", adoption.body, bodies):
        return
    if adoption.status == "adopted" and bodies[adoption.body] != ASEAN_BODY:
        problems.add(
            place, f"{adoption.body} is no ASEAN body; only a body of type {ASEAN_BODY} (codelists/body.csv) adopts"
        )


def _check_period(b: RegionalBaseline, lines: Lines, sets: Mapping[str, IndicatorSet], problems: Problems) -> None:
    if not b.baseline_from <= b.baseline_year <= b.baseline_to:
        problems.add(lines.place("baseline_year"), f"{b.baseline_year} lies outside {b.baseline_from}-{b.baseline_to}")
    if (
        problems.check_code(lines.place("set"), "set", b.set, sets)
        and b.baseline_to >= sets[b.set].latest_reference_year
    ):
        problems.add(
            lines.place("baseline_to"),
            f"the baseline period ends in {b.baseline_to}, not before the latest reference year "
            f"{sets[b.set].latest_reference_year} of {b.set}",
        )


def _check_tables(
    b: RegionalBaseline, lines: Lines, definitions: Collection[str], groups: Collection[str], problems: Problems
) -> None:
    for code, place, before in _repeated_entries(
        (t.code, lines.place("tables", i, "code")) for i, t in enumerate(b.tables)
    ):
        problems.add(place, f"table {code} stands in {before} too")
    named = list(_indicators("tables", b.tables, lines))
    _check_indicators(named, definitions, problems)
    for code, place, before in _repeated_entries(named):
        problems.add(place, f"{code} stands in {before} too; an indicator stands in one table")
    taken = []
    for i, table in enumerate(b.tables):
        for j, group in enumerate(table.groups):
            place = lines.place("tables", i, "groups", j)
            problems.check_code(place, "group (codelists/indicator_group.csv)", group, groups)
            taken += [((group, tier), place) for tier in table.tiers]
    for (group, tier), place, before in _repeated_entries(taken):
        problems.add(place, f"{tier} indicators of {group} stand in {before} too")


def _check_contents(
    b: RegionalBaseline, lines: Lines, definitions: Mapping[str, IndicatorDefinition], problems: Problems
) -> None:
    placed = baseline_tables(b, definitions)
    for i, (table, codes) in enumerate(placed):
        if not codes:
            problems.add(lines.place("tables", i), f"table {table.code} holds no indicator")
    core = {d.code for d in definitions.values() if d.tier == "core"}
    held = {code for _, codes in placed for code in codes}
    for code in sorted(core - held):
        problems.add(
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
        problems.check_code(place, "indicator", code, definitions)


def _repeated_entries(named: Iterable[tuple[K, str]]) -> Iterator[tuple[K, str, str]]:
    """(what, place, place before) of what is listed more than once."""
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


def adoption_of(s: IndicatorSet, definition: IndicatorDefinition) -> Adoption:
    """What was decided on one indicator: on itself, else on its tier."""
    decisions: list[Decision | SetTier] = [d for d in s.decisions if definition.code in d.indicators]
    decisions += [t for t in s.tiers if t.tier == definition.tier]
    return decisions[0]


def indicator_set_rows(s: IndicatorSet, b: RegionalBaseline) -> ReferenceRows:
    """reference.indicator_set: the set and its baseline in one row."""
    row = {
        "set_name": s.name,
        **s.model_dump(exclude={"name", "groups", "tiers", "decisions"}),
        **b.model_dump(exclude={"name", "title", "set", "tables"}),
    }
    return listed(list(row), [list(row.values())])


def settings_rows(s: IndicatorSet, b: RegionalBaseline) -> ReferenceRows:
    """reference.settings: one row, what SQL needs of the set and the baseline."""
    return indicator_set_rows(s, b)


def set_group_rows(s: IndicatorSet) -> ReferenceRows:
    """reference.set_group."""
    return rows_of(s.groups, area_group=lambda group: group, sort_order=position)


def set_first_rows(b: RegionalBaseline) -> ReferenceRows:
    """reference.set_first: the indicators that come first in every export."""
    first = [code for table in b.tables if table.stands_first for code in table.indicators]
    return rows_of(first, indicator=lambda code: code, sort_order=position)


def set_member_rows(s: IndicatorSet, definitions: Mapping[str, IndicatorDefinition]) -> ReferenceRows:
    """reference.set_member."""
    return rows_of(
        [(d, adoption_of(s, d)) for d in definitions.values()],
        indicator=lambda x: x[0].code,
        set_name=lambda _: s.name,
        tier=lambda x: x[0].tier,
        standing=lambda x: x[1].status,
        decided_on=lambda x: x[1].date,
        decided_by=lambda x: x[1].body,
        decision_reference=lambda x: x[1].reference,
    )


def baseline_table_rows(b: RegionalBaseline) -> ReferenceRows:
    """reference.baseline_table."""
    return rows_of(
        b.tables,
        table_code=lambda t: t.code,
        title=lambda t: t.title,
        note=lambda t: t.note,
        stands_first=lambda t: t.stands_first,
        sort_order=position,
    )


def baseline_table_indicator_rows(b: RegionalBaseline, definitions: Mapping[str, IndicatorDefinition]) -> ReferenceRows:
    """reference.baseline_table_indicator."""
    rows = [
        (code, table.code, i)
        for table, codes in baseline_tables(b, definitions)
        for i, code in enumerate(codes, start=1)
    ]
    return listed(["indicator", "table_code", "sort_order"], rows)
