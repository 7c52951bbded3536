"""Weights of regional figures and the published series they are made of: weights.yaml.

Belongs here: reading and checking both, the roles that each kind of weight needs, and their reference tables.
Does not belong here: the arithmetic (SQL in warehouse/sql/) and whether a series has figures (an asset check).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from indicator_defs.definition_files import Files, Problems, repeated
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.model import Number, Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, listed, rows_of

WEIGHTS = "weights.yaml"
SEXES = ("_T", "F", "M")
BY_AGE = "population_by_age"


@dataclass(frozen=True)
class NeededRole:
    """A role that a kind of weight is made of. `part`, `sexes`: the cells that need it; `year`: whose figure they take.

    `part` is `all`, `age_or_sex` (bands of age, one sex) or `urbanisation`. `year` is `same` (of the weight's own year),
    `source` (the newest up to it) or `five_year` (the points around it).
    """

    role: str
    part: Literal["all", "age_or_sex", "urbanisation"] = "all"
    year: Literal["same", "source", "five_year"] = "same"
    sexes: tuple[str, ...] = SEXES


# What the rules of warehouse/sql/indicator_set/ make each kind of weight of; `series` names a role of its own.
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
# The series of a role by the sex that each is about; all other roles have one series.
SEXES_OF_ROLE = {BY_AGE: ("F", "M"), "women_in_labour_force": ("F",), "unemployment_rate_of_men": ("M",)}


class Weight(Placed):
    """One weight: a denominator, where its figures come from and how gaps are filled."""

    name: str = Field(description="Name that definitions use.", examples=["POP_Y_GE65"])
    title: Text = Field(description="What is counted, with its unit.")
    kind: Literal["population", "births", "series", "labour_force", "employed", "unemployed", "beneficiaries"] = Field(
        description="Which rule of warehouse/sql/indicator_set/weight_value.sql makes it."
    )
    age_from: Whole | None = Field(default=None, ge=0, le=100, description="population: first year of age.")
    age_to: Whole | None = Field(
        default=None, ge=0, le=100, description="population: last year of age, null for open-ended."
    )
    sex: Literal["_T", "F", "M"] = Field(
        default="_T", description="population: sex, where the weight is about one sex."
    )
    role: str | None = Field(
        default=None,
        description="series: role of the series that it is. Labour force and its parts: role of the series shown with it.",
    )
    coverage_indicator: str | None = Field(default=None, description="beneficiaries: the coverage indicator.")
    source: Text = Field(description="Dataset and revision in words.")
    filling: Text = Field(description="How years without a figure are filled.")

    @field_validator("age_to")
    @classmethod
    def _not_before_age_from(cls, age_to: int | None, info: ValidationInfo) -> int | None:
        age_from = info.data.get("age_from")
        if age_from is not None and age_to is not None and age_to < age_from:
            raise ValueError(f"{age_to} lies before age_from {age_from}")
        return age_to


class WeightSeries(Placed):
    """A published series that weights are made of, by the role that the rules of the weights name."""

    role: str = Field(description="Role by which a rule or a weight names it.", examples=["total_population"])
    provider: str = Field(description="Name of a file in sources/providers/ without its ending.", examples=["un_wpp"])
    dataset: str = Field(description="Dataset of the provider.")
    series: str = Field(description="The provider's series code.")
    multiplier: Number = Field(default=1, gt=0, description="What a published figure is multiplied by.")
    sex: Literal["_T", "F", "M"] = Field(default="_T", description="Sex, where the series is about one sex.")
    age_dimension: str | None = Field(
        default=None,
        description="Population by age: the dimension of the series whose codes begin with the first year of age.",
        examples=["AgeGrp"],
    )
    titles: list[Text] = Field(
        default_factory=list,
        description=(
            "The titles under which the series may be used; empty where the provider publishes none. A vintage with "
            "another title is not used until that title is listed here."
        ),
        examples=[["GDP, PPP (current international $)"]],
    )
    shown_under: list[str] = Field(
        default_factory=list, description="titles: the weights under which lineage.series_description shows the series."
    )


def read_weights(files: Files) -> dict[str, Weight]:
    """The weights by name, each listed once."""
    entries, problems = files.items(WEIGHTS, "weights", Weight), files.problems
    for same in repeated(entries, lambda w: w.name):
        for before, w in pairwise(same):
            problems.add(w.place, f"weight {w.name} stands in {before.place} too")
    return {w.name: w for w in entries}


def read_weight_series(files: Files, weights: Mapping[str, Weight]) -> list[WeightSeries]:
    """The series of all roles: each role once (population by age: once for each sex), none missing that a weight needs."""
    if not weights:  # the file is missing, or not one of its weights can be read
        return []
    entries, problems = files.items(WEIGHTS, "series", WeightSeries), files.problems
    known = {n.role for needed in ROLES_OF_KIND.values() for n in needed}
    known |= {w.role for w in weights.values() if w.kind == "series" and w.role}
    for s in entries:
        if problems.check_code(s.place, "role", s.role, known, "role"):
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
            problems.add(s.place, f"found {has} without {lacks}; without both the titles of the series are not checked")
    for same in repeated(entries, lambda s: (s.role, s.sex)):
        for before, s in pairwise(same):
            problems.add(s.place, f"role {s.role} of sex {s.sex} is listed in {before.place} too; keep one of the two")
    for same in repeated(entries, lambda s: (s.provider, s.dataset, s.series)):
        for before, s in pairwise(same):
            problems.add(s.place, f"series {s.series} is listed in {before.place} too; a series has one role")
    _check_roles(weights, entries, problems)
    return entries


def _check_roles(weights: Mapping[str, Weight], entries: Iterable[WeightSeries], problems: Problems) -> None:
    """Adds weights that name no role where they must, and those that need a role which no series has."""
    found = {(s.role, s.sex) for s in entries}
    roles = {s.role for s in entries}
    missing: dict[str, Weight] = {}
    for w in weights.values():
        if w.kind == "series" and not w.role:
            problems.add(w.place, f"weight {w.name} of kind series names no role; {_listed(roles)}")
        needed = [n.role for n in ROLES_OF_KIND[w.kind]] + ([w.role] if w.role else [])
        for role in dict.fromkeys(needed):
            for sex in SEXES_OF_ROLE.get(role, ("_T",)):
                if (role, sex) not in found:
                    missing.setdefault(f"role {role}" + ("" if sex == "_T" else f" of sex {sex}"), w)
    for role, w in missing.items():
        problems.add(w.place, f"weight {w.name} needs the {role}, which no entry under `series:` has; {_listed(roles)}")


def _listed(roles: Iterable[str]) -> str:
    return f"roles listed there: {', '.join(sorted(roles)) or 'none'}"


def check_weights(
    weights: Mapping[str, Weight], definitions: Mapping[str, IndicatorDefinition], problems: Problems
) -> None:
    """Adds weights of beneficiaries whose indicator does not exist, or that lead back to themselves."""
    for w in weights.values():
        if w.kind == "beneficiaries":
            code = w.coverage_indicator or ""
            exists = problems.check_code(w.place, "indicator", code, definitions, "coverage_indicator")
            path = _path_of(w, weights, definitions)
            if exists and path[-1] == w.name:
                problems.add(w.place, f"weight {w.name} leads back to itself: {' -> '.join(path)}")


def _path_of(
    weight: Weight, weights: Mapping[str, Weight], definitions: Mapping[str, IndicatorDefinition]
) -> list[str]:
    """From a weight to the indicator it is made of, to that one's weight and so on; ends where a name comes again."""
    path, at = [weight.name], weight
    while (indicator := at.coverage_indicator or "") in definitions:
        name = definitions[indicator].aggregation.weight
        path.append(indicator)
        if name is None or name not in weights:
            break
        path.append(name)
        if name in path[:-1]:
            break
        at = weights[name]
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
    """reference.weight_role: the roles that the cells of each weight are made of, by sex of the cell."""
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
