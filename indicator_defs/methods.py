"""Methods of aggregation and rules of publication: methods.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from indicator_defs.definition_files import Files
from indicator_defs.model import Number, Placed, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, position, rows_of

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


class Criterion(Placed):
    """One criterion of the publication classes; warehouse/sql/indicator_set/class_test.sql measures it."""

    name: str = Field(description="Name by which the classes refer to it.")
    title: Text = Field(description="What is measured.")
    bound: Literal["at_least", "at_most"] = Field(description="Which side of the limit passes; the limit itself does.")
    unit: Literal["share", "count", "points"] = Field(description="What the measure and its limit are counted in.")
    reason: Text = Field(
        description="Why a class is not better, where this test fails; may name {value}, {limit}, {areas} and {needs}."
    )
    needs: Text | None = Field(
        default=None, description="What a class needs, for explain; may name {limit} and {years}. None: not listed."
    )


class ClassLimit(Strict):
    """What a class needs of one criterion."""

    limit: Number | Whole = Field(ge=0, description="The limit in a group that is not small.")
    limit_small: Number | Whole | None = Field(default=None, ge=0, description="That in a small group; None: the same.")
    years: Whole | None = Field(
        default=None, ge=0, description="What counts as recent, where the criterion is about it: years before."
    )
    years_survey: Whole | None = Field(default=None, ge=0, description="The same for rare surveys.")

    def __str__(self) -> str:
        """The limits in one line."""
        return ", ".join(f"{k} {v}" for k, v in self.model_dump(exclude_none=True).items())


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
    criteria: dict[str, ClassLimit] = Field(
        default_factory=dict,
        description="Limits of further criteria (`criteria` of the same file), by name.",
        examples=[{"all_members": {"limit": 1}}],
    )

    def limits(self, sex_total: float) -> dict[str, ClassLimit]:
        """The limits of all criteria that the class names; `sex_total`: the tolerance of the rule."""
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

    @property
    def classes(self) -> dict[str, PublicationClass]:
        """The thresholds by name."""
        return {"A": self.A, "B": self.B, "B_alternative": self.B_alternative}

    @property
    def limits(self) -> dict[tuple[str, str], ClassLimit]:
        """The limits by threshold and criterion."""
        return {
            (name, criterion): limit
            for name, of_class in self.classes.items()
            for criterion, limit in of_class.limits(self.sex_total_tolerance).items()
        }


def read_methods(files: Files) -> dict[str, Method]:
    """The methods by name."""
    return {m.name: m for m in files.items(METHODS, "methods", Method)}


def read_criteria(files: Files) -> dict[str, Criterion]:
    """The criteria of the publication classes by name."""
    return {c.name: c for c in files.items(METHODS, "criteria", Criterion)}


def read_publication_rules(files: Files, criteria: Mapping[str, Criterion]) -> dict[str, PublicationRule]:
    """The rules of publication by name. A class names criteria that there are, and every criterion is in some class."""
    rules = {r.name: r for r in files.items(METHODS, "publication_rules", PublicationRule)}
    _check_criteria(files, criteria, rules)
    return rules


def _check_criteria(files: Files, criteria: Mapping[str, Criterion], rules: Mapping[str, PublicationRule]) -> None:
    everything = PublicationClass(weight_covered=1, n_areas=1, n_areas_small=1, recent_share=1, proxy_allowed=False)
    own = everything.limits(0)  # those that classes have fields of their own for
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
                        place, f"the criterion {name} has a field of its own in each class; write it there"
                    )
                else:
                    files.problems.check_code(place, "criterion", name, sorted(set(criteria) - set(own)))
    for criterion in criteria.values():
        if rules and criterion.name not in named:
            files.problems.add(
                f"{criterion.file}:{criterion.line}",
                f"no class of a publication rule names the criterion {criterion.name}; give its limit under `criteria` "
                "of A, B or B_alternative, or remove it",
            )


def _place_of(files: Files, rule: PublicationRule, threshold: str, criterion: str) -> str:
    """File and line on which a class names a criterion."""
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
    """reference.class_limit: a row for each criterion that a class names."""
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
