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
# The set whose reference years apply to aggregates and baseline.
INDICATOR_SET = "asean_indicator_set"
ASEAN_BODY = "asean"
# The area group of the baseline, its changes and the country pages.
REGION = "ASEAN"
Tier = Literal["core", "extended"]
ONE_DAY = datetime.timedelta(days=1)  # in the time zone of the decision it may already be the next day
K = TypeVar("K", bound=Hashable)


class Adoption(Strict):
    """The decision on some indicators: the body, the date and the document."""

    status: Literal["proposed", "adopted"] = Field(
        description="proposed: not yet decided; adopted: decided by an ASEAN body."
    )
    date: datetime.date = Field(description="Date of the proposal or the decision.")
    body: str = Field(
        description="Body that proposed or adopted the indicators (code of codelists/body.csv).", examples=["ACSS"]
    )
    reference: Text | None = Field(
        default=None, description="Document with the decision, and its paragraph; required if adopted."
    )

    @field_validator("date")
    @classmethod
    def _not_in_the_future(cls, day: datetime.date, info: ValidationInfo) -> datetime.date:
        if info.data.get("status") == "adopted" and day > clock.today() + ONE_DAY:
            raise ValueError(f"found {day} with status adopted, expected a date that has passed; use status proposed")
        return day

    @model_validator(mode="after")
    def _has_reference_if_adopted(self) -> Adoption:
        if self.status == "adopted" and self.reference is None:
            raise ValueError("status is adopted, expected a `reference`; add the document with the decision")
        return self


class SetTier(Adoption):
    """One tier of the set and the decision on it."""

    tier: Tier = Field(description="Name of the tier in definitions.")
    title: Text = Field(description="Title for readers.")
    purpose: Text = Field(description="Purpose of the tier.")


class Decision(Adoption):
    """A decision on single indicators that differs from the decision on their tier."""

    indicators: list[IndicatorCode] = Field(min_length=1, description="Indicators to which the decision applies.")


class IndicatorSet(Strict):
    """One indicator set: its tiers with the decisions on them, its area groups and its reference years."""

    name: str = Field(description="Name of the set in commands and tables.")
    title: Text = Field(description="Name of the set in reports.")
    latest_reference_year: Whole = Field(
        ge=1950, le=2100, description="Reference year of 'latest'; fixed here, it does not follow the current date."
    )
    first_reference_year: Whole = Field(ge=1950, le=2100, description="First reference year of regional figures.")
    step_points: Number = Field(
        gt=0, description="Change in points above which a step is not comparable until it is reviewed."
    )
    step_factor: Number = Field(gt=1, description="Factor above which a step is not comparable until it is reviewed.")
    step_factor_minimum: Number = Field(ge=0, description="Minimum change in points for step_factor to apply.")
    groups: list[str] = Field(min_length=1, description="Area groups with regional figures.")
    tiers: list[SetTier] = Field(description="The tiers core and extended, each once.")
    decisions: list[Decision] = Field(
        default_factory=list, description="Decisions on single indicators; each indicator at most once."
    )


class BaselineTable(Strict):
    """One table of the regional baseline, which is one section of the report."""

    code: str = Field(description="Printed number of the table.", pattern=r"^[A-Z0-9]+(\.[0-9]+)?$")
    title: Text = Field(description="Title of the table.")
    indicators: list[IndicatorCode] = Field(
        default_factory=list, description="Indicators listed by code, in this order, before those of the groups."
    )
    groups: list[str] = Field(
        default_factory=list,
        description="Groups (codelists/indicator_group.csv) whose other indicators of these tiers follow, sorted by code.",
    )
    tiers: list[Tier] = Field(default=["core"], min_length=1, description="Tiers of the indicators from the groups.")
    stands_first: bool = Field(
        default=False,
        description="Whether its listed indicators come first in every export; without data they are shown as gaps.",
    )
    note: Text | None = Field(default=None, description="Note for readers on the whole table.")

    @model_validator(mode="after")
    def _names_indicators_or_groups(self) -> BaselineTable:
        if not self.indicators and not self.groups:
            raise ValueError("the table has no indicators; expected `indicators`, `groups` or both")
        return self


class RegionalBaseline(Strict):
    """The regional baseline: its period, the name of its edition, and its tables."""

    name: str = Field(description="Name of the baseline in commands and tables.")
    title: Text = Field(description="Name of the baseline in reports.")
    edition: Text = Field(description="Name of the edition in preparation, for citations.")
    set: str = Field(description="Name of the indicator set of the baseline.")
    baseline_year: Whole = Field(description="Reference year of 'baseline'.")
    baseline_from: Whole = Field(ge=1950, le=2100, description="First year of a baseline value.")
    baseline_to: Whole = Field(description="Last year of a baseline value.")
    minimum_years_apart: Whole = Field(
        ge=1, description="Minimum number of years between baseline and latest value for a change."
    )
    tables: list[BaselineTable] = Field(min_length=1, description="Tables in the order of the report.")


@dataclass
class Sets:
    """The sets and the line numbers of their files, by name, and the regional baseline, None if it is faulty."""

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
    """Adds contradictions between sets, baseline, definitions and code lists."""
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
        problems.add_duplicate(place, f"area group {group}", before)
    if REGION not in s.groups:
        problems.add(lines.place("groups"), f"groups: {REGION} is missing; add it, because the baseline needs it")
    if s.first_reference_year > s.latest_reference_year:
        problems.add(
            lines.place("first_reference_year"),
            f"first_reference_year: found {s.first_reference_year}, expected at most the latest_reference_year "
            f"{s.latest_reference_year}",
        )
    for tier, place, before in _repeated_entries(
        (tier.tier, lines.place("tiers", i)) for i, tier in enumerate(s.tiers)
    ):
        problems.add_duplicate(place, f"tier {tier}", before)
    for tier in ("core", "extended"):
        if tier not in {t.tier for t in s.tiers}:
            problems.add(lines.place("tiers"), f"tier {tier} is missing; add it with the body that decided on it")
    for key, adoptions in (("tiers", s.tiers), ("decisions", s.decisions)):
        for i, adoption in enumerate(adoptions):
            _check_body(adoption, lines.place(key, i, "body"), bodies, problems)
    decided = list(_indicators("decisions", s.decisions, lines))
    _check_indicators(decided, definitions, problems)
    for code, place, before in _repeated_entries(decided):
        problems.add_duplicate(place, f"a decision on {code}", before, "keep the valid one")


def _check_body(adoption: Adoption, place: str, bodies: Mapping[str, str], problems: Problems) -> None:
    """`bodies`: the type of each body, by code."""
    if not problems.check_code(place, "body (codelists/body.csv)", adoption.body, bodies):
        return
    if adoption.status == "adopted" and bodies[adoption.body] != ASEAN_BODY:
        problems.add(
            place,
            f"found {adoption.body} with status adopted, expected an ASEAN body (type {ASEAN_BODY} in codelists/body.csv)",
        )


def _check_period(b: RegionalBaseline, lines: Lines, sets: Mapping[str, IndicatorSet], problems: Problems) -> None:
    if not b.baseline_from <= b.baseline_year <= b.baseline_to:
        problems.add(
            lines.place("baseline_year"),
            f"baseline_year: found {b.baseline_year}, expected a year from {b.baseline_from} to {b.baseline_to}",
        )
    if (
        problems.check_code(lines.place("set"), "set", b.set, sets)
        and b.baseline_to >= sets[b.set].latest_reference_year
    ):
        problems.add(
            lines.place("baseline_to"),
            f"baseline_to: found {b.baseline_to}, expected a year before the latest reference year "
            f"{sets[b.set].latest_reference_year} of {b.set}",
        )


def _check_tables(
    b: RegionalBaseline, lines: Lines, definitions: Collection[str], groups: Collection[str], problems: Problems
) -> None:
    for code, place, before in _repeated_entries(
        (t.code, lines.place("tables", i, "code")) for i, t in enumerate(b.tables)
    ):
        problems.add_duplicate(place, f"table {code}", before)
    named = list(_indicators("tables", b.tables, lines))
    _check_indicators(named, definitions, problems)
    for code, place, before in _repeated_entries(named):
        problems.add_duplicate(place, f"indicator {code}", before, "keep it in one table")
    group_tiers = []
    for i, table in enumerate(b.tables):
        for j, group in enumerate(table.groups):
            place = lines.place("tables", i, "groups", j)
            problems.check_code(place, "group (codelists/indicator_group.csv)", group, groups)
            group_tiers += [((group, tier), place) for tier in table.tiers]
    for (group, tier), place, before in _repeated_entries(group_tiers):
        problems.add_duplicate(place, f"tier {tier} of group {group}", before)


def _check_contents(
    b: RegionalBaseline, lines: Lines, definitions: Mapping[str, IndicatorDefinition], problems: Problems
) -> None:
    placed = baseline_tables(b, definitions)
    for i, (table, codes) in enumerate(placed):
        if not codes:
            problems.add(
                lines.place("tables", i), f"table {table.code} has no indicators; add some or remove the table"
            )
    core = {d.code for d in definitions.values() if d.tier == "core"}
    in_tables = {code for _, codes in placed for code in codes}
    for code in sorted(core - in_tables):
        problems.add(
            lines.place("tables"),
            f"core indicator {code} is in no table; add it, or its group, to a table",
        )


def _indicators(key: str, entries: Iterable[Decision | BaselineTable], lines: Lines) -> Iterator[tuple[str, str]]:
    """(code, place) of the indicators in the entries of a list."""
    for i, entry in enumerate(entries):
        for j, code in enumerate(entry.indicators):
            yield code, lines.place(key, i, "indicators", j)


def _check_indicators(named: Iterable[tuple[str, str]], definitions: Collection[str], problems: Problems) -> None:
    for code, place in named:
        problems.check_code(place, "indicator", code, definitions)


def _repeated_entries(named: Iterable[tuple[K, str]]) -> Iterator[tuple[K, str, str]]:
    """(item, place, place of the previous entry) of the items that are listed more than once."""
    for same in repeated(named, lambda n: n[0]):
        for (item, before), (_, place) in pairwise(same):
            yield item, place, before


def baseline_tables(
    b: RegionalBaseline, definitions: Mapping[str, IndicatorDefinition]
) -> list[tuple[BaselineTable, list[str]]]:
    """The tables in their order, each with the codes of its indicators: those listed by code, then those of its groups."""
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
    """The decision on one indicator itself, else the decision on its tier."""
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
    """reference.settings: one row with the settings of the set and the baseline that SQL uses."""
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
