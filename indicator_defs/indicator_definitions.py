"""The definitions of the indicators: indicators/GROUP/CODE.yaml.

Belongs here: the fields of a definition, reading it, and checking it against code lists, methods and weights.
Does not belong here: checking the claimed series of all definitions against each other (claims.py), and whether data
exist (an asset check).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from indicator_defs import datasets
from indicator_defs.breakdowns import Breakdown
from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, Problems
from indicator_defs.methods import Method
from indicator_defs.model import Day, Number, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, listed, rows_of
from indicator_defs.rounding import digits
from indicator_defs.yaml_lines import Lines, parse

IndicatorCode = Annotated[str, StringConstraints(pattern=r"^ASP_[A-Z0-9_]+$")]
# The name of a kind of code in messages, if it is not "LIST code".
_KINDS_OF_CODE = {
    "indicator_group": "group (codelists/indicator_group.csv)",
    "unit": "unit (codelists/unit.csv)",
    "sector": "sector (codelists/sector.csv)",
    "body": "body (codelists/body.csv)",
    "article": "article (codelists/article.csv)",
    "target_group": "target group",
}


class SeriesClaim(Strict):
    """One published series, or part of one, that provides values of an indicator."""

    code: str = Field(description="Series code, exactly as the provider publishes it.", examples=["SI_COV_PENSN"])
    where: dict[str, str | list[str]] = Field(
        default_factory=dict,
        description=(
            "Filter: for each dimension of the provider one code or a list of codes, in the provider's own names and "
            "codes. Rows of the series outside the filter are not used. A dimension with ONE code needs no crosswalk."
        ),
        examples=[{"SOC": "SOC_CONTIG_PENSION"}],
    )
    titles: list[Text] = Field(
        default_factory=list,
        description=(
            "Titles under which the provider publishes this series with this meaning, exactly as published. A vintage "
            "with another title is not used until that title is listed here; the previous vintage remains in use. "
            "Without a list, the title of the oldest vintage applies."
        ),
        examples=[["Gini index", "Gini index (World Bank estimate)"]],
    )
    set: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="Breakdown codes (ours) of a series whose code itself defines the breakdown.",
        examples=[{"income_wealth_quantile": "Q1"}],
    )


class Feed(Strict):
    """One feed: the series of one provider's dataset that publish this indicator."""

    provider: str = Field(description=datasets.PROVIDER, examples=["unsd_sdg"])
    dataset: str = Field(description=datasets.DATASET, examples=["sdg"])
    rank: Whole = Field(
        default=1,
        ge=1,
        le=8,
        description=(
            "Order of preference. Feeds with data of the same owner have the same rank: the newest vintage is used. "
            "Another owner or another method has a higher number. 0 and 9 are reserved for national data."
        ),
    )
    series: list[SeriesClaim] = Field(min_length=1, description="Series of this feed.")
    vintage_from: Day | None = Field(
        default=None,
        description="First vintage in which the series has this meaning (poverty lines). Earlier vintages are rejected.",
    )
    vintage_to: Day | None = Field(
        default=None, description="Last vintage in which the series has this meaning. Later vintages are rejected."
    )
    series_name_contains: str | None = Field(
        default=None,
        description=(
            "Part of the title that states the unit (poverty line, PPP base), for a series whose unit changes while "
            "its code stays the same. A vintage without a title needs a line in vintage_units.csv."
        ),
        examples=["$1.90 a day (2011 PPP)"],
    )
    superseded_before: Day | None = Field(
        default=None,
        description=(
            "Date before which vintages are superseded: the producer has replaced them, but the archive does not have "
            "the newer data. Their values are shown with status V and not used for changes or for classes A and B."
        ),
    )
    note: str | None = Field(default=None, description="Note for readers on how this feed differs from the others.")


class TargetGroupRule(Strict):
    """The target group of the Declaration to which cells of this indicator refer."""

    group: str = Field(description="Code of codelists/target_group.csv.", examples=["OLDER"])
    match: Literal["exact", "proxy"] = Field(
        description="exact, or proxy if the group is only approximated; the reason is given in note."
    )
    where: dict[Breakdown, str] = Field(
        default_factory=dict, description="Codes of the cells to which the rule applies; empty: every cell."
    )
    note: str | None = Field(default=None, description="Reason why the match is a proxy.")


class Aggregation(Strict):
    """How regional figures are calculated from the values of the members (docs/methods.md, Regional figures)."""

    method: str = Field(description="Name of a method in methods.yaml.", examples=["weighted_mean"])
    weight: str | None = Field(
        default=None, description="Name of a weight in weights.yaml, normally the indicator's own denominator."
    )
    weight_is_proxy: bool = Field(
        default=False, description="true if the weight is a proxy for the denominator: the class is then at most B."
    )
    proxy_accepted: str | None = Field(
        default=None,
        description="Reason why class A is possible with a proxy (it reproduces the producer's own aggregate).",
    )
    window: Whole = Field(
        default=4,
        ge=0,
        le=9,
        description="Number of years before the reference year that are used: 4; 9 for rare surveys; 0 for event counts.",
    )
    survey: bool = Field(
        default=False,
        description="true for rare surveys: class A requires half the weight from the last 4 years, not 2.",
    )
    sex_total_age: str | None = Field(
        default=None,
        description="Age code of the total of both sexes, if it differs from the age of the figures by sex.",
    )
    title: str | None = Field(
        default=None, description="Title of the regional figure, if it differs from the name of the indicator."
    )


class Gap(Strict):
    """Of an indicator declared without values: the source that could provide them."""

    kind: Literal["no_source", "not_gathered", "national_submission"] = Field(
        description=(
            "no_source: no publisher is known; not_gathered: published, but not in the available sources; "
            "national_submission: only the Member States or the ASEAN Secretariat can supply it."
        )
    )
    reason: Text = Field(description="Reason why there are no values yet.")
    obtain_from: Text = Field(description="Source of the values: a database, a publication, a questionnaire.")
    body: list[str] = Field(min_length=1, description="Bodies that could fill the gap (codes of codelists/body.csv).")


class IndicatorDefinition(Strict):
    """One indicator: one YAML file in indicators/GROUP/ with its code as file name."""

    code: IndicatorCode = Field(
        description="Our code; never used again for another concept.", examples=["ASP_COV_PENSN"]
    )
    name: Text = Field(description="Short name for tables, without the unit.")
    group: str = Field(description="Code of codelists/indicator_group.csv; also the folder of the file.")
    tier: Literal["core", "extended"] = Field(
        description="core: in the main tables of the regional baseline; extended: in the annex."
    )
    status: Literal["with_values", "declared"] = Field(
        description=(
            "with_values: has `sources`. declared: in the set, but no available source has values; has `gap` instead."
        )
    )
    definition: Text = Field(description="What the indicator measures, in one or two sentences.")
    numerator: str | None = Field(default=None, description="Numerator: what is counted.")
    denominator: str | None = Field(default=None, description="Denominator: the population or amount it refers to.")
    unit: str = Field(description="Code of codelists/unit.csv. Published values in another unit are rejected.")
    decimals: Whole = Field(
        default=1, ge=0, le=4, description="Number of decimals shown in tables; stored values have all digits."
    )
    direction: Literal["higher_is_better", "lower_is_better", "neutral"] = Field(
        description="Whether a higher or a lower value is an improvement."
    )
    minimum: Number | None = Field(default=0, description="Lowest possible value; lower values are rejected.")
    maximum: Number | None = Field(
        default=100,
        validate_default=True,
        description="Highest possible value, null if there is none; higher values are flagged.",
    )
    maximum_is_hard: bool = Field(default=True, description="false if values above the maximum can be correct.")
    owner: str | None = Field(
        default=None, description="Organisation that produces the figures; other organisations may republish them."
    )
    sector: str = Field(description="Code of codelists/sector.csv: SI, SA, LM, SS, SHP or _T.")
    sources: list[Feed] = Field(default_factory=list, description="Feeds, in order of preference.")
    breakdowns: list[Breakdown] = Field(
        default_factory=list, description="Breakdowns that the baseline expects; missing ones are listed as gaps."
    )
    headline: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="Codes of the headline figure, for breakdowns in which it is not the total (_T).",
        examples=[{"sex": "F"}, {"age": "Y_GE15"}],
    )
    target_groups: list[TargetGroupRule] = Field(
        default_factory=list,
        description="Target groups of the whole indicator; general rules add those of the breakdowns.",
    )
    aggregation: Aggregation = Field(description="Calculation of the regional figures.")
    publication_rule: str = Field(default="default", description="Name of a rule in methods.yaml.")
    change_tolerance: Number | None = Field(
        default=None,
        ge=0,
        description="Largest difference, in points, at which two feeds agree; without it 0.5 points or 5 %.",
    )
    sdg: str | None = Field(default=None, description="SDG indicator number.", examples=["1.3.1"])
    articles: list[str] = Field(min_length=1, description="Articles of the 2013 Declaration that it supports.")
    body: list[str] = Field(
        min_length=1, description="ASEAN bodies in charge (codes of codelists/body.csv), lead first."
    )
    comparability: Text = Field(description="Limits of comparison between countries, years and sources.")
    producer_note: str | None = Field(default=None, description="The producer's own note on the definition.")
    gap: Gap | None = Field(
        default=None, description="Source that could provide the values; only for declared indicators."
    )

    @model_validator(mode="after")
    def _values_or_gap(self) -> IndicatorDefinition:
        if self.status == "declared" and (self.sources or self.gap is None):
            raise ValueError("status is declared; expected `gap` and no `sources`")
        if self.status == "with_values" and (not self.sources or self.gap is not None):
            raise ValueError("status is with_values; expected `sources` and no `gap`")
        return self

    @field_validator("maximum")
    @classmethod
    def _above_the_minimum(cls, maximum: float | None, info: ValidationInfo) -> float | None:
        minimum = info.data.get("minimum")
        if minimum is not None and maximum is not None and maximum <= minimum:
            raise ValueError(f"found {digits(maximum)}, expected more than the minimum {digits(minimum)}")
        return maximum


@dataclass(frozen=True)
class DefinitionFile:
    """One definition and the line numbers of its fields in its file."""

    definition: IndicatorDefinition
    lines: Lines


@dataclass(frozen=True)
class Definitions:
    """The files of all definitions, in the order of their names."""

    files: list[DefinitionFile]

    @cached_property
    def by_code(self) -> dict[str, IndicatorDefinition]:
        """The definitions by code, sorted."""
        return dict(sorted({f.definition.code: f.definition for f in self.files}.items()))

    @cached_property
    def places(self) -> dict[str, str]:
        """The file of each definition, by code, as shown in messages and tables."""
        return {f.definition.code: f.lines.file for f in self.files}


def read_definitions(
    files: Files,
    codelists: Codelists,
    methods: Mapping[str, Method],
    rules: Collection[str],
    weights: Collection[str],
) -> Definitions:
    """All definitions, checked. `rules`, `weights`: the names of publication rules and weights."""
    file_of: dict[str, DefinitionFile] = {}
    all_files = []
    for name in files.names("indicators/**/*.yaml"):
        data, lines = files.yaml(name)
        definition = None if data is None else parse(IndicatorDefinition, data, lines, (), files.problems)
        if definition is None:
            files.problems.faulty.add(PurePosixPath(name).stem)
            continue
        code = definition.code
        _check_name(definition, lines, name, files.problems)
        if code in file_of:
            files.problems.add_duplicate(f"{lines.file}:1", f"the definition of {code}", file_of[code].lines.file)
        file_of[code] = DefinitionFile(definition, lines)
        all_files.append(file_of[code])
    for f in file_of.values():
        _check_codes(f.definition, f.lines, codelists, rules, files.problems)
        _check_aggregation(f.definition, f.lines, methods, weights, files.problems)
    return Definitions(all_files)


def _check_name(d: IndicatorDefinition, lines: Lines, name: str, problems: Problems) -> None:
    path = PurePosixPath(name)
    if path.stem != d.code:
        problems.add(
            lines.place("code"), f"code: found {d.code}, expected the file name {path.stem}; change one of them"
        )
    if path.parent.name != d.group:
        problems.add(
            lines.place("group"),
            f"group: found {d.group}, expected the folder {path.parent.name}; change the group or move the file",
        )


def _check_codes(
    d: IndicatorDefinition, lines: Lines, codelists: Codelists, rules: Collection[str], problems: Problems
) -> None:
    for codelist, code, path in _codes_of(d):
        what = _KINDS_OF_CODE.get(codelist, f"{codelist} code")
        field = ".".join(map(str, path))
        problems.check_code(lines.place(*path), what, code, codelists.codes(codelist), field)
    rule = "publication_rule"
    problems.check_code(lines.place(rule), "publication rule (methods.yaml)", d.publication_rule, rules, rule)


def _codes_of(d: IndicatorDefinition) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """(code list, code, path of keys) of every code of our lists in a definition."""
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
    is_method = problems.check_code(place, "method (methods.yaml)", a.method, methods, field)
    if is_method and methods[a.method].needs_weight and a.weight is None:
        problems.add(lines.place("aggregation"), f"aggregation: method {a.method} needs a weight; add `weight`")
    if a.weight is not None:
        place, field = lines.place("aggregation", "weight"), "aggregation.weight"
        problems.check_code(place, "weight (weights.yaml)", a.weight, weights, field)


def indicator_rows(definitions: Mapping[str, IndicatorDefinition], places: Mapping[str, str]) -> ReferenceRows:
    """reference.indicator. `places`: the file of each definition."""
    return rows_of(
        definitions.values(),
        indicator=lambda d: d.code,
        name=lambda d: d.name,
        indicator_group=lambda d: d.group,
        tier=lambda d: d.tier,
        status=lambda d: d.status,
        definition=lambda d: d.definition,
        numerator=lambda d: d.numerator,
        denominator=lambda d: d.denominator,
        unit_measure=lambda d: d.unit,
        decimals=lambda d: d.decimals,
        direction=lambda d: d.direction,
        minimum=lambda d: d.minimum,
        maximum=lambda d: d.maximum,
        maximum_is_hard=lambda d: d.maximum_is_hard,
        owner=lambda d: d.owner,
        sector=lambda d: d.sector,
        **by_breakdown("headline_", lambda d: d.headline, "_T"),
        method=lambda d: d.aggregation.method,
        weight=lambda d: d.aggregation.weight,
        weight_is_proxy=lambda d: d.aggregation.weight_is_proxy,
        proxy_accepted=lambda d: d.aggregation.proxy_accepted,
        lookback_years=lambda d: d.aggregation.window,
        is_survey=lambda d: d.aggregation.survey,
        sex_total_age=lambda d: d.aggregation.sex_total_age,
        aggregate_title=lambda d: d.aggregation.title,
        publication_rule=lambda d: d.publication_rule,
        change_tolerance=lambda d: d.change_tolerance,
        sdg=lambda d: d.sdg,
        articles=lambda d: "; ".join(d.articles),
        body=lambda d: "; ".join(d.body),
        comparability=lambda d: d.comparability,
        producer_note=lambda d: d.producer_note,
        gap_kind=lambda d: d.gap.kind if d.gap else None,
        gap_reason=lambda d: d.gap.reason if d.gap else None,
        gap_obtain_from=lambda d: d.gap.obtain_from if d.gap else None,
        gap_body=lambda d: "; ".join(d.gap.body) if d.gap else None,
        definition_file=lambda d: places[d.code],
    )


def indicator_breakdown_rows(definitions: Mapping[str, IndicatorDefinition]) -> ReferenceRows:
    """reference.indicator_breakdown: the headline, and the breakdowns that the baseline expects."""
    rows = [(d.code, b) for d in definitions.values() for b in ("headline", *d.breakdowns)]
    return listed(["indicator", "breakdown"], rows)
