"""Weights of regional figures: weights.yaml. Their arithmetic is SQL in warehouse/sql/."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from indicator_defs.definition_files import Files, Problems, repeated
from indicator_defs.indicator_definitions import IndicatorDefinition
from indicator_defs.model import Placed, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, listed, rows_of


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
    series: str | None = Field(default=None, description="series: the provider's series code.")
    titles: dict[str, list[Text]] = Field(
        default_factory=dict,
        description=(
            "The titles, by series, under which the series that the weight is made of may be used. A vintage with "
            "another title is not used until that title is listed here."
        ),
        examples=[{"NY.GDP.MKTP.PP.CD": ["GDP, PPP (current international $)"]}],
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


def read_weights(files: Files) -> dict[str, Weight]:
    """The weights by name, each listed once; one made of a series names it."""
    entries, problems = files.items("weights.yaml", "weights", Weight), files.problems
    for same in repeated(entries, lambda w: w.name):
        for before, w in pairwise(same):
            problems.add(w.place, f"weight {w.name} stands in {before.place} too")
    weights = {w.name: w for w in entries}
    for w in weights.values():
        if w.kind == "series" and not w.series:
            problems.add(w.place, f"weight {w.name} of kind series names no series")
    return weights


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


def weight_rows(weights: Mapping[str, Weight]) -> ReferenceRows:
    """reference.weight."""
    return rows_of(
        weights.values(),
        weight=lambda w: w.name,
        title=lambda w: w.title,
        kind=lambda w: w.kind,
        age_from=lambda w: w.age_from,
        age_to=lambda w: w.age_to,
        sex=lambda w: w.sex,
        provider_series=lambda w: w.series,
        coverage_indicator=lambda w: w.coverage_indicator,
        source=lambda w: w.source,
        filling=lambda w: w.filling,
        weight_file=lambda w: w.place,
    )


def weight_title_rows(weights: Mapping[str, Weight]) -> ReferenceRows:
    """reference.weight_title: the titles under which a weight's series may be used."""
    rows = [(w.name, s, t) for w in weights.values() for s, titles in w.titles.items() for t in titles]
    return listed(["weight", "provider_series", "title"], rows)
