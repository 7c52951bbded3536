"""Weights of regional figures and the published series that they are calculated from: weights.yaml.

The calculation is SQL in warehouse/sql/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from indicator_defs import datasets
from indicator_defs.definition_files import Files, Problems, repeated
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.model import Number, Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, listed, rows_of

WEIGHTS = "weights.yaml"
SEXES = ("_T", "F", "M")
BY_AGE = "population_by_age"


@dataclass(frozen=True)
class NeededRole:
    """A role that a kind of weight needs. `part`, `sexes`: the cells that need it; `year`: the year of the figure used.

    `part` is `all`, `age_or_sex` (age bands, one sex) or `urbanisation`. `year` is `same` (the year of the weight),
    `source` (the latest available year up to it) or `five_year` (the five-year points around it).
    """

    role: str
    part: Literal["all", "age_or_sex", "urbanisation"] = "all"
    year: Literal["same", "source", "five_year"] = "same"
    sexes: tuple[str, ...] = SEXES


# The roles that the rules of warehouse/sql/indicator_set/ need for each kind of weight; `series` names its own role.
ROLES_OF_KIND: dict[str, tuple[NeededRole, ...]] = {
    "population": (
        NeededRole("total_population"),
        NeededRole(BY_AGE, part="age_or_sex", year="five_year"),
        NeededRole("urban_share", part="urbanisation"),
    ),
    "births": (NeededRole("births", year="source"), NeededRole("urban_share", part="urbanisation")),
    "labour_force": (
        NeededRole("labour_force", year="source"),
        NeededRole("women_in_labour_force", year="source", sexes=("F", "M")),
    ),
    "unemployed": (
        NeededRole("labour_force", year="source"),
        NeededRole("women_in_labour_force", year="source", sexes=("F", "M")),
        NeededRole("unemployment_rate", year="source", sexes=("_T", "F")),
        NeededRole("unemployment_rate_of_men", year="source", sexes=("F", "M")),
    ),
    "series": (),
    "beneficiaries": (NeededRole("total_population"),),
}
ROLES_OF_KIND["employed"] = ROLES_OF_KIND["unemployed"]
# Roles with a series for each of these sexes; all other roles have one series.
SEXES_OF_ROLE = {BY_AGE: ("F", "M"), "women_in_labour_force": ("F",), "unemployment_rate_of_men": ("M",)}


class Weight(Placed):
    """One weight: a denominator, the source of its figures and the method of filling missing years."""

    name: str = Field(description="Name that definitions use.", examples=["POP_Y_GE65"])
    title: Text = Field(description="Quantity that is counted, with its unit.")
    kind: Literal["population", "births", "series", "labour_force", "employed", "unemployed", "beneficiaries"] = Field(
        description="Rule of warehouse/sql/indicator_set/weight_value.sql that calculates it."
    )
    age_from: Whole | None = Field(default=None, ge=0, le=100, description="population: first year of age.")
    age_to: Whole | None = Field(
        default=None, ge=0, le=100, description="population: last year of age, null for open-ended."
    )
    sex: Literal["_T", "F", "M"] = Field(
        default="_T", description="population: sex, if the weight counts one sex only."
    )
    role: str | None = Field(
        default=None,
        description="series: role of the series used. Labour force and its parts: role of the series shown with it.",
    )
    coverage_indicator: str | None = Field(default=None, description="beneficiaries: the coverage indicator.")
    source: Text = Field(description="Dataset and revision, for readers.")
    filling: Text = Field(description="Method of filling years without a figure.")

    @field_validator("age_to")
    @classmethod
    def _not_before_age_from(cls, age_to: int | None, info: ValidationInfo) -> int | None:
        age_from = info.data.get("age_from")
        if age_from is not None and age_to is not None and age_to < age_from:
            raise ValueError(f"found {age_to}, expected at least the age_from {age_from}")
        return age_to


class WeightSeries(Placed):
    """A published series that weights are calculated from, with its role in the rules of the weights."""

    role: str = Field(description="Name that rules and weights use.", examples=["total_population"])
    provider: str = Field(description=datasets.PROVIDER, examples=["un_wpp"])
    dataset: str = Field(description=datasets.DATASET)
    series: str = Field(description="Series code of the provider.")
    multiplier: Number = Field(default=1, gt=0, description="Factor by which published figures are multiplied.")
    sex: Literal["_T", "F", "M"] = Field(default="_T", description="Sex, if the series counts one sex only.")
    age_dimension: str | None = Field(
        default=None,
        description="Population by age: dimension of the series whose codes begin with the first year of age.",
        examples=["AgeGrp"],
    )
    titles: list[Text] = Field(
        default_factory=list,
        description=(
            "Titles under which the series is used; empty if the provider publishes no titles. A vintage with another "
            "title is not used until that title is listed here."
        ),
        examples=[["GDP, PPP (current international $)"]],
    )
    shown_under: list[str] = Field(
        default_factory=list,
        description="Weights under which lineage.series_description shows the series; required with `titles`.",
    )


def read_weights(files: Files) -> dict[str, Weight]:
    """The weights, by name; duplicates are reported."""
    entries, problems = files.items(WEIGHTS, "weights", Weight), files.problems
    for same in repeated(entries, lambda w: w.name):
        for before, w in pairwise(same):
            problems.add_duplicate(w.place, f"weight {w.name}", before.place)
    return {w.name: w for w in entries}


def read_weight_series(files: Files, weights: Mapping[str, Weight]) -> list[WeightSeries]:
    """The series of all roles: each role once (population by age: once for each sex), and all roles that weights need."""
    if not weights:  # the file is missing, or none of its weights can be read
        return []
    entries, problems = files.items(WEIGHTS, "series", WeightSeries), files.problems
    used_roles = {n.role for needed in ROLES_OF_KIND.values() for n in needed}
    used_roles |= {w.role for w in weights.values() if w.kind == "series" and w.role}
    for s in entries:
        if problems.check_code(s.place, "role", s.role, used_roles, "role"):
            sexes = SEXES_OF_ROLE.get(s.role, ("_T",))
            if s.sex not in sexes:
                problems.add(s.place, f"sex: found {s.sex} for the role {s.role}, expected {' or '.join(sexes)}")
        if (s.age_dimension is not None) != (s.role == BY_AGE):
            expected = "a dimension such as AgeGrp" if s.role == BY_AGE else "none"
            problems.add(
                s.place, f"age_dimension: found {s.age_dimension or 'none'} for the role {s.role}, expected {expected}"
            )
        for name in s.shown_under:
            problems.check_code(s.place, "weight", name, weights, "shown_under")
        if bool(s.titles) != bool(s.shown_under):
            has, lacks = ("titles", "shown_under") if s.titles else ("shown_under", "titles")
            problems.add(s.place, f"found {has} without {lacks}, expected both or neither; add {lacks} or remove {has}")
    for same in repeated(entries, lambda s: (s.role, s.sex)):
        for before, s in pairwise(same):
            problems.add_duplicate(s.place, f"role {s.role} of sex {s.sex}", before.place)
    for same in repeated(entries, lambda s: (s.provider, s.dataset, s.series)):
        for before, s in pairwise(same):
            problems.add_duplicate(s.place, f"series {s.series}", before.place, "give it one role only")
    _check_roles(weights, entries, problems)
    return entries


def _check_roles(weights: Mapping[str, Weight], entries: Iterable[WeightSeries], problems: Problems) -> None:
    """Adds weights of kind series without a role, and weights whose role has no series."""
    found = {(s.role, s.sex) for s in entries}
    roles = {s.role for s in entries}
    missing: dict[str, Weight] = {}
    for w in weights.values():
        if w.kind == "series" and not w.role:
            problems.add(w.place, f"weight {w.name} of kind series has no role; add `role`; {_listed(roles)}")
        needed = [n.role for n in ROLES_OF_KIND[w.kind]] + ([w.role] if w.role else [])
        for role in dict.fromkeys(needed):
            for sex in SEXES_OF_ROLE.get(role, ("_T",)):
                if (role, sex) not in found:
                    missing.setdefault(f"role {role}" + ("" if sex == "_T" else f" of sex {sex}"), w)
    for role, w in missing.items():
        problems.add(
            w.place, f"weight {w.name} needs the {role}, but no entry under `series:` has it; add one; {_listed(roles)}"
        )


def _listed(roles: Iterable[str]) -> str:
    return f"roles under `series:`: {', '.join(sorted(roles)) or 'none'}"


def check_weights(
    weights: Mapping[str, Weight], definitions: Mapping[str, IndicatorDefinition], problems: Problems
) -> None:
    """Adds weights of beneficiaries whose indicator does not exist or whose calculation needs the weight itself."""
    for w in weights.values():
        if w.kind == "beneficiaries":
            code = w.coverage_indicator or ""
            exists = problems.check_code(w.place, "indicator", code, definitions, "coverage_indicator")
            path = _path_of(w, weights, definitions)
            if exists and path[-1] == w.name:
                problems.add(
                    w.place, f"weight {w.name} depends on itself: {' -> '.join(path)}; change the weight of {path[-2]}"
                )


def _path_of(
    weight: Weight, weights: Mapping[str, Weight], definitions: Mapping[str, IndicatorDefinition]
) -> list[str]:
    """The names from a weight to its coverage indicator, to the weight of that one and so on, up to a repeated name."""
    path, current = [weight.name], weight
    while (indicator := current.coverage_indicator or "") in definitions:
        name = definitions[indicator].aggregation.weight
        path.append(indicator)
        if name is None or name not in weights:
            break
        path.append(name)
        if name in path[:-1]:
            break
        current = weights[name]
    return path


def weight_rows(weights: Mapping[str, Weight], series: Iterable[WeightSeries]) -> ReferenceRows:
    """reference.weight."""
    code_of_role: dict[str | None, str] = {s.role: s.series for s in series}
    return rows_of(
        weights.values(),
        weight=lambda w: w.name,
        title=lambda w: w.title,
        kind=lambda w: w.kind,
        age_from=lambda w: w.age_from,
        age_to=lambda w: w.age_to,
        sex=lambda w: w.sex,
        provider_series=lambda w: code_of_role.get(w.role),
        coverage_indicator=lambda w: w.coverage_indicator,
        source=lambda w: w.source,
        filling=lambda w: w.filling,
        weight_file=lambda w: w.place,
    )


def weight_role_rows(weights: Mapping[str, Weight]) -> ReferenceRows:
    """reference.weight_role: the roles that the cells of each weight need, by sex of the cell."""
    own = NeededRole("", year="source")
    rows = [
        (w.name, n.role or w.role, sex, n.part, n.year)
        for w in weights.values()
        for n in ROLES_OF_KIND[w.kind] or (own,)
        for sex in n.sexes
    ]
    return listed(["weight", "role", "sex", "part", "figure_year"], rows)


def weight_series_rows(series: Iterable[WeightSeries]) -> ReferenceRows:
    """reference.weight_series."""
    return rows_of(
        series,
        role=lambda s: s.role,
        sex=lambda s: s.sex,
        provider=lambda s: s.provider,
        dataset=lambda s: s.dataset,
        provider_series=lambda s: s.series,
        multiplier=lambda s: s.multiplier,
        age_dimension=lambda s: s.age_dimension,
        weight_series_file=lambda s: s.place,
    )


def weight_title_rows(weights: Mapping[str, Weight], series: Iterable[WeightSeries]) -> ReferenceRows:
    """reference.weight_title: the titles under which a weight's series may be used, in the order of the weights."""
    entries = list(series)
    rows = [(name, s.series, t) for name in weights for s in entries if name in s.shown_under for t in s.titles]
    return listed(["weight", "provider_series", "title"], rows)
