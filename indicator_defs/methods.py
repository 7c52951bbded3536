"""Aggregation methods and publication rules: methods.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from indicator_defs.definition_files import Files
from indicator_defs.model import Number, Placed, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, position, rows_of

METHODS = "methods.yaml"


class Method(Placed):
    """One aggregation method; its calculation is SQL in warehouse/sql/."""

    name: str = Field(description="Name that definitions use.")
    title: Text = Field(description="Title for readers.")
    kind: Literal["mean", "median", "sum", "none"] = Field(description="Kind of calculation in the SQL.")
    formula: Text = Field(description="Formula in plain text.")
    needs_weight: bool = Field(description="Whether a definition with this method must name a weight.")
    event_count: bool = Field(
        default=False, description="Whether it counts events: no value of another year is used; the baseline is a mean."
    )
    reference: Text = Field(description="Document that describes the method.")


class Criterion(Placed):
    """One criterion of the publication classes, measured in warehouse/sql/indicator_set/class_test.sql."""

    name: str = Field(description="Name that the classes use.")
    title: Text = Field(description="Quantity that is measured.")
    bound: Literal["at_least", "at_most"] = Field(description="Whether the limit is a minimum or a maximum.")
    unit: Literal["share", "count", "points"] = Field(description="Unit of the quantity and its limit.")
    reason: Text = Field(
        description=(
            "Reason for the lower class if this criterion is not met; may contain {value}, {limit}, {members} and {needs}."
        )
    )
    needs: Text | None = Field(
        default=None,
        description="Requirement of a class, for payung explain; may contain {limit} and {years}. None: not listed.",
    )


class ClassLimit(Strict):
    """The limit of one criterion for a class."""

    limit: Number | Whole = Field(ge=0, description="Limit for a group that is not small.")
    limit_small: Number | Whole | None = Field(
        default=None, ge=0, description="Limit for a small group; None: the same limit."
    )
    years: Whole | None = Field(
        default=None,
        ge=0,
        description="Years before the reference year that count as recent, if the criterion uses them.",
    )
    years_survey: Whole | None = Field(default=None, ge=0, description="The same number for rare surveys.")

    def __str__(self) -> str:
        """The limits in one line."""
        return ", ".join(f"{k} {v}" for k, v in self.model_dump(exclude_none=True).items())


class PublicationClass(Strict):
    """Thresholds of one publication class (docs/methods.md, Publication classes)."""

    weight_covered: Number = Field(ge=0, le=1, description="Minimum share of the weight.")
    n_areas: Whole = Field(ge=1, description="Minimum number of areas in a group that is not small.")
    n_areas_small: Whole = Field(ge=1, description="Minimum number of areas in a small group.")
    recent_share: Number = Field(
        default=0, ge=0, le=1, description="Minimum share of the reporting weight with a recent value."
    )
    recent_years: Whole = Field(
        default=0, ge=0, description="Number of years before the reference year that count as recent."
    )
    recent_years_survey: Whole = Field(default=0, ge=0, description="The same number for rare surveys.")
    proxy_allowed: bool = Field(default=True, description="Whether a proxy weight is accepted.")
    criteria: dict[str, ClassLimit] = Field(
        default_factory=dict,
        description="Limits of further criteria (`criteria` of the same file), by name.",
        examples=[{"all_members": {"limit": 1}}],
    )

    def limits(self, sex_total: float) -> dict[str, ClassLimit]:
        """The limits of all criteria of the class, by criterion; `sex_total`: the tolerance of the rule."""
        out = {
            "sex_total": ClassLimit(limit=sex_total),
            "weight_covered": ClassLimit(limit=self.weight_covered),
            "n_areas": ClassLimit(limit=self.n_areas, limit_small=self.n_areas_small),
        }
        if self.recent_share:
            out["recent_share"] = ClassLimit(
                limit=self.recent_share, years=self.recent_years, years_survey=self.recent_years_survey
            )
        if not self.proxy_allowed:
            out["proxy"] = ClassLimit(limit=0)
        return out | self.criteria


class SmallGroup(Strict):
    """The size up to which a group is small, and its source."""

    value: Whole = Field(ge=1, description="Largest number of members of a small group.")
    source: Text = Field(description="Source of the number.")


class UncertaintyFactor(Strict):
    """The factor for the uncertainty of a mean, and its source."""

    value: Number = Field(
        gt=0, description="Factor by which the missing share of the weight and the range of the members are multiplied."
    )
    source: Text = Field(description="Source of the number.")


class PublicationRule(Placed):
    """The conditions for publishing a regional figure. A figure has class B if it meets B or B_alternative."""

    name: str = Field(description="Name that definitions use.")
    title: Text = Field(description="Title of the rule.")
    A: PublicationClass = Field(description="Conditions of class A (published).")
    B: PublicationClass = Field(
        description="Conditions of class B (indicative); other figures have class C (withheld)."
    )
    B_alternative: PublicationClass = Field(
        description="Alternative conditions of class B: fewer members with more of the weight."
    )
    sex_total_tolerance: Number = Field(
        ge=0,
        description="Largest difference, in points, of the total over the areas with figures by sex from the total of all.",
    )
    small_group: SmallGroup = Field(description="Size up to which groups need only `n_areas_small` areas.")
    uncertainty_factor: UncertaintyFactor = Field(description="Factor for the uncertainty of a mean.")
    reference: Text = Field(description="Document that describes the rule.")

    @property
    def classes(self) -> dict[str, PublicationClass]:
        """The classes, by the name of their threshold."""
        return {"A": self.A, "B": self.B, "B_alternative": self.B_alternative}

    @property
    def limits(self) -> dict[tuple[str, str], ClassLimit]:
        """The limits, by threshold and criterion."""
        return {
            (name, criterion): limit
            for name, of_class in self.classes.items()
            for criterion, limit in of_class.limits(self.sex_total_tolerance).items()
        }


def read_methods(files: Files) -> dict[str, Method]:
    """The methods, by name."""
    return {m.name: m for m in files.items(METHODS, "methods", Method)}


def read_criteria(files: Files) -> dict[str, Criterion]:
    """The criteria of the publication classes, by name."""
    return {c.name: c for c in files.items(METHODS, "criteria", Criterion)}


def read_publication_rules(files: Files, criteria: Mapping[str, Criterion]) -> dict[str, PublicationRule]:
    """The publication rules, by name. Every criterion of a class must exist, and every criterion must be used."""
    rules = {r.name: r for r in files.items(METHODS, "publication_rules", PublicationRule)}
    _check_criteria(files, criteria, rules)
    return rules


def _check_criteria(files: Files, criteria: Mapping[str, Criterion], rules: Mapping[str, PublicationRule]) -> None:
    everything = PublicationClass(weight_covered=1, n_areas=1, n_areas_small=1, recent_share=1, proxy_allowed=False)
    own = everything.limits(0)  # criteria with a field of their own in each class
    for name in sorted(set(own) - set(criteria) - files.problems.faulty):
        files.missing(METHODS, f"the criterion {name}")
    named = set(own)
    for rule in rules.values():
        for threshold, of_class in rule.classes.items():
            for name in of_class.criteria:
                named.add(name)
                place = _place_of(files, rule, threshold, name)
                if name in own:
                    files.problems.add(
                        place, f"the criterion {name} has its own field in each class; write its limit there"
                    )
                else:
                    files.problems.check_code(place, "criterion", name, sorted(set(criteria) - set(own)))
    for criterion in criteria.values():
        if rules and criterion.name not in named:
            files.problems.add(
                f"{criterion.file}:{criterion.line}",
                f"the criterion {criterion.name} is not used by any class; give its limit under `criteria` of A, B or "
                "B_alternative, or remove it",
            )


def _place_of(files: Files, rule: PublicationRule, threshold: str, criterion: str) -> str:
    """File and line of a criterion in a class."""
    data, lines = files.yaml(METHODS)
    at = [entry.get("name") for entry in data["publication_rules"]].index(rule.name)
    return lines.place("publication_rules", at, threshold, "criteria", criterion)


def class_criterion_rows(criteria: Mapping[str, Criterion]) -> ReferenceRows:
    """reference.class_criterion."""
    return rows_of(
        criteria.values(),
        criterion=lambda c: c.name,
        title=lambda c: c.title,
        bound=lambda c: c.bound,
        unit=lambda c: c.unit,
        reason=lambda c: c.reason,
        needs=lambda c: c.needs,
        sort_order=position,
    )


def class_limit_rows(rules: Mapping[str, PublicationRule]) -> ReferenceRows:
    """reference.class_limit: a row for each criterion of a class."""
    return rows_of(
        [(r.name, *key, limit) for r in rules.values() for key, limit in r.limits.items()],
        publication_rule=lambda x: x[0],
        threshold=lambda x: x[1],
        criterion=lambda x: x[2],
        limit_value=lambda x: x[3].limit,
        limit_small=lambda x: x[3].limit if x[3].limit_small is None else x[3].limit_small,
        years=lambda x: x[3].years,
        years_survey=lambda x: x[3].years_survey,
    )


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
        [(r, name, thresholds) for r in rules.values() for name, thresholds in r.classes.items()],
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
        further_criteria=lambda x: "; ".join(f"{name} {limit}" for name, limit in x[2].criteria.items()) or None,
    )
