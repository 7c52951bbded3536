"""Methods of aggregation and rules of publication: methods.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from indicator_defs.definition_files import Files
from indicator_defs.model import Number, Placed, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, rows_of

METHODS = "methods.yaml"


class Method(Placed):
    """One aggregation method of methods.yaml; its arithmetic is SQL in warehouse/sql/."""

    name: str = Field(description="Name that definitions use.")
    title: Text = Field(description="Title for readers.")
    kind: Literal["mean", "median", "sum", "none"] = Field(description="Which branch of the SQL makes it.")
    formula: Text = Field(description="The formula in plain text.")
    needs_weight: bool = Field(description="Whether definitions must name a weight.")
    event_count: bool = Field(default=False, description="Counts of events: no carrying forward; baseline is a mean.")
    reference: Text = Field(description="Where the method is written down.")


class PublicationClass(Strict):
    """Thresholds of one publication class (methods.md section 4)."""

    weight_covered: Number = Field(ge=0, le=1, description="Least share of the weight.")
    n_areas: Whole = Field(ge=1, description="Fewest areas in a group that is not small.")
    n_areas_small: Whole = Field(ge=1, description="Fewest areas in a small group.")
    recent_share: Number = Field(
        default=0, ge=0, le=1, description="Least share of the reporting weight that is recent."
    )
    recent_years: Whole = Field(default=0, ge=0, description="What counts as recent: years before the reference year.")
    recent_years_survey: Whole = Field(default=0, ge=0, description="The same for rare surveys.")
    proxy_allowed: bool = Field(default=True, description="Whether a proxy weight may stand.")


class SmallGroup(Strict):
    """The size up to which a group is small, and where it comes from."""

    value: Whole = Field(ge=1, description="Members up to which a group is small.")
    source: Text = Field(description="Where the number comes from.")


class UncertaintyFactor(Strict):
    """The factor of the uncertainty of a mean, and where it comes from."""

    value: Number = Field(gt=0, description="Factor of the missing share of the weight times the members' range.")
    source: Text = Field(description="Where the number comes from.")


class PublicationRule(Placed):
    """When a regional figure may be published. Class B holds where B or B_alternative holds."""

    name: str = Field(description="Name by which definitions refer to it.")
    title: Text = Field(description="The rule in one line.")
    A: PublicationClass = Field(description="What a figure of class A (published) must reach.")
    B: PublicationClass = Field(
        description="What a figure of class B (indicative) must reach; below it is C, withheld."
    )
    B_alternative: PublicationClass = Field(
        description="Another way to class B: fewer members with more of the weight."
    )
    sex_total_tolerance: Number = Field(
        ge=0, description="Points by which the total over areas with figures by sex may differ."
    )
    small_group: SmallGroup = Field(description="Groups up to this size need `n_areas_small` areas.")
    uncertainty_factor: UncertaintyFactor = Field(description="How wide the uncertainty of a mean is.")
    reference: Text = Field(description="Where the rule comes from.")


def read_methods(files: Files) -> dict[str, Method]:
    """The methods by name."""
    return {m.name: m for m in files.items(METHODS, "methods", Method)}


def read_publication_rules(files: Files) -> dict[str, PublicationRule]:
    """The rules of publication by name."""
    return {r.name: r for r in files.items(METHODS, "publication_rules", PublicationRule)}


def method_rows(methods: Mapping[str, Method]) -> ReferenceRows:
    """reference.method."""
    return rows_of(
        methods.values(),
        method=lambda m: m.name,
        title=lambda m: m.title,
        kind=lambda m: m.kind,
        formula=lambda m: m.formula,
        needs_weight=lambda m: m.needs_weight,
        event_count=lambda m: m.event_count,
        reference=lambda m: m.reference,
    )


def publication_rule_rows(rules: Mapping[str, PublicationRule]) -> ReferenceRows:
    """reference.publication_rule: a row for each rule and threshold."""
    return rows_of(
        [
            (r, name, thresholds)
            for r in rules.values()
            for name, thresholds in (("A", r.A), ("B", r.B), ("B_alternative", r.B_alternative))
        ],
        publication_rule=lambda x: x[0].name,
        threshold=lambda x: x[1],
        weight_covered=lambda x: x[2].weight_covered,
        n_areas=lambda x: x[2].n_areas,
        n_areas_small=lambda x: x[2].n_areas_small,
        recent_share=lambda x: x[2].recent_share,
        recent_years=lambda x: x[2].recent_years,
        recent_years_survey=lambda x: x[2].recent_years_survey,
        proxy_allowed=lambda x: x[2].proxy_allowed,
        sex_total_tolerance=lambda x: x[0].sex_total_tolerance,
        small_group=lambda x: x[0].small_group.value,
        uncertainty_factor=lambda x: x[0].uncertainty_factor.value,
    )
