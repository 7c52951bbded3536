"""The definitions of the indicators: indicators/GROUP/CODE.yaml.

Belongs here: the fields of a definition, reading it, and checking it against code lists, methods and weights.
Does not belong here: the series that definitions claim, checked against each other (claims.py), and whether data exist
(an asset check).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from indicator_defs.breakdowns import Breakdown
from indicator_defs.codelists import Codelists
from indicator_defs.definition_files import Files, Problems
from indicator_defs.methods import Method
from indicator_defs.model import Day, Number, Strict, Text, Whole
from indicator_defs.reference_rows import ReferenceRows, by_breakdown, listed, rows_of
from indicator_defs.rounding import digits
from indicator_defs.yaml_lines import Lines, parse

IndicatorCode = Annotated[str, StringConstraints(pattern=r"^ASP_[A-Z0-9_]+$")]
# What a code of a list is called in messages, where that is not "LIST code".
_CODELIST_WORDS = {
    "indicator_group": "group (codelists/indicator_group.csv)",
    "unit": "unit (codelists/unit.csv)",
    "sector": "sector (codelists/sector.csv)",
    "body": "body (codelists/body.csv)",
    "article": "article (codelists/article.csv)",
    "target_group": "target group",
}


class SeriesClaim(Strict):
    """One published series (or part of one) that feeds an indicator."""

    code: str = Field(description="The provider's series code, exactly as it publishes it.", examples=["SI_COV_PENSN"])
    where: dict[str, str | list[str]] = Field(
        default_factory=dict,
        description=(
            "Fixes provider dimensions to one code or a list of codes, in the provider's own names and codes. "
            "Rows of the series outside the filter are not claimed. A dimension fixed to ONE code needs no crosswalk."
        ),
        examples=[{"SOC": "SOC_CONTIG_PENSION"}],
    )
    titles: list[Text] = Field(
        default_factory=list,
        description=(
            "The titles under which the provider publishes this series with this meaning, as it writes them. A vintage "
            "with another title is not used until that title is listed here; the vintage before stays in use. Without "
            "a list, the title of the oldest vintage counts."
        ),
        examples=[["Gini index", "Gini index (World Bank estimate)"]],
    )
    set: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="Sets one of our breakdowns for series whose code carries it (our codes).",
        examples=[{"income_wealth_quantile": "Q1"}],
    )


class Feed(Strict):
    """One feed: the series of one provider's dataset that publish this indicator's concept."""

    provider: str = Field(description="Name of a file in sources/ without its ending.", examples=["unsd_sdg"])
    dataset: str = Field(description="A dataset that this provider's YAML declares.", examples=["sdg"])
    rank: Whole = Field(
        default=1,
        ge=1,
        le=8,
        description=(
            "Preference. Feeds that relay the same owner's data share a rank: the newest vintage of them wins. "
            "Another owner or another method gets a higher number. (0 and 9 are kept for national data.)"
        ),
    )
    series: list[SeriesClaim] = Field(min_length=1, description="The series of this feed.")
    vintage_from: Day | None = Field(
        default=None,
        description="First vintage for which the series has this meaning (poverty lines). Earlier ones are refused.",
    )
    vintage_to: Day | None = Field(
        default=None, description="Last vintage for which the series has this meaning. Later ones are refused."
    )
    series_name_contains: str | None = Field(
        default=None,
        description=(
            "The part of the title that states the unit (poverty line, PPP base), for codes whose unit changes in "
            "place. A vintage without a title needs a line in vintage_units.csv."
        ),
        examples=["$1.90 a day (2011 PPP)"],
    )
    superseded_before: Day | None = Field(
        default=None,
        description=(
            "The producer has replaced vintages older than this date and the archive has no successor. Such values "
            "are shown with status V and stay out of change and of classes A and B."
        ),
    )
    note: str | None = Field(default=None, description="What a reader must know about this feed beside the others.")


class TargetGroupRule(Strict):
    """Which target group of the Declaration a cell of this indicator is about."""

    group: str = Field(description="Code of codelists/target_group.csv.", examples=["OLDER"])
    match: Literal["exact", "proxy"] = Field(description="proxy where the group is only approximated; say why in note.")
    where: dict[Breakdown, str] = Field(
        default_factory=dict, description="Only for cells with these codes; empty means every cell of the indicator."
    )
    note: str | None = Field(default=None, description="Why it is a proxy, if it is one.")


class Aggregation(Strict):
    """How regional figures are made from the members' (methods.md section 4)."""

    method: str = Field(description="Name of a method in methods.yaml.", examples=["weighted_mean"])
    weight: str | None = Field(
        default=None, description="Name of a weight in weights.yaml: the indicator's own denominator."
    )
    weight_is_proxy: bool = Field(
        default=False, description="The weight only stands in for the denominator: the class is capped at B."
    )
    proxy_accepted: str | None = Field(
        default=None, description="Why the cap does not apply (the producer's own aggregate is reproduced with it)."
    )
    window: Whole = Field(
        default=4,
        ge=0,
        le=9,
        description="Years looked back from the reference year: 4; 9 for rare surveys; 0 for event counts.",
    )
    survey: bool = Field(
        default=False, description="Rare surveys: class A asks for half the weight from the last 4 years, not 2."
    )
    sex_total_age: str | None = Field(
        default=None,
        description="Age code of the both-sexes total where it differs from the age of the figures by sex.",
    )
    title: str | None = Field(
        default=None, description="Title under which the regional figure must appear, where it needs one."
    )


class Gap(Strict):
    """For an indicator declared without values: where they would have to come from."""

    kind: Literal["no_source", "not_gathered", "national_submission"] = Field(
        description=(
            "no_source: nobody is known to publish it; not_gathered: somebody does, outside the sources at hand; "
            "national_submission: only the Member States or the ASEAN Secretariat can supply it."
        )
    )
    reason: Text = Field(description="Why there are no values yet.")
    obtain_from: Text = Field(description="The place they must come from: a database, a publication, a questionnaire.")
    body: list[str] = Field(min_length=1, description="Who could fill the gap (codes of codelists/body.csv).")


class IndicatorDefinition(Strict):
    """One indicator: one YAML file in indicators/GROUP/, named like its code."""

    code: IndicatorCode = Field(description="Our code; never reused for another concept.", examples=["ASP_COV_PENSN"])
    name: Text = Field(description="Short name as it stands in a table, without the unit.")
    group: str = Field(description="Code of codelists/indicator_group.csv; also the folder of the file.")
    tier: Literal["core", "extended"] = Field(
        description="Core indicators stand in the regional baseline's main tables."
    )
    status: Literal["with_values", "declared"] = Field(
        description="declared: in the set, but no source in the archive has values; then give `gap`, not `sources`."
    )
    definition: Text = Field(description="What it measures, in our own words; one or two sentences.")
    numerator: str | None = Field(default=None, description="What is counted.")
    denominator: str | None = Field(default=None, description="Relative to what.")
    unit: str = Field(description="Code of codelists/unit.csv. Published values in another unit are rejected.")
    decimals: Whole = Field(default=1, ge=0, le=4, description="Digits shown in tables; stored values keep all digits.")
    direction: Literal["higher_is_better", "lower_is_better", "neutral"] = Field(description="How a change reads.")
    minimum: Number | None = Field(default=0, description="Lowest possible value; values below are rejected.")
    maximum: Number | None = Field(
        default=100,
        validate_default=True,
        description="Highest possible value, null where there is none; higher ones are flagged.",
    )
    maximum_is_hard: bool = Field(default=True, description="false where values above the maximum can be right.")
    owner: str | None = Field(default=None, description="The organisation that makes the figures, whoever relays them.")
    sector: str = Field(description="Code of codelists/sector.csv: SI, SA, LM, SS, SHP or _T.")
    sources: list[Feed] = Field(default_factory=list, description="The feeds, best first.")
    breakdowns: list[Breakdown] = Field(
        default_factory=list, description="Breakdowns that the baseline expects; missing ones show as gaps."
    )
    headline: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="The cell that is THE figure, where it is not _T in every breakdown.",
        examples=[{"sex": "F"}, {"age": "Y_GE15"}],
    )
    target_groups: list[TargetGroupRule] = Field(
        default_factory=list,
        description="Groups the whole indicator is about; general rules add those of the breakdown.",
    )
    aggregation: Aggregation = Field(description="How regional figures are made.")
    publication_rule: str = Field(default="default", description="Name of a rule in methods.yaml.")
    change_tolerance: Number | None = Field(
        default=None, ge=0, description="Points by which two feeds may differ and still agree; default 0.5 and 5 %."
    )
    sdg: str | None = Field(default=None, description="SDG indicator number.", examples=["1.3.1"])
    articles: list[str] = Field(min_length=1, description="Articles of the 2013 Declaration it serves.")
    body: list[str] = Field(
        min_length=1, description="ASEAN bodies in charge (codes of codelists/body.csv), lead first."
    )
    comparability: Text = Field(description="What must not be compared with it, and limits a reader must know.")
    producer_note: str | None = Field(default=None, description="What the producer says on definition, kept apart.")
    gap: Gap | None = Field(default=None, description="For declared indicators only.")

    @model_validator(mode="after")
    def _values_or_gap(self) -> IndicatorDefinition:
        if self.status == "declared" and (self.sources or self.gap is None):
            raise ValueError("a declared indicator has `gap` and no `sources`")
        if self.status == "with_values" and (not self.sources or self.gap is not None):
            raise ValueError("an indicator with values has `sources` and no `gap`")
        return self

    @field_validator("maximum")
    @classmethod
    def _not_below_the_minimum(cls, maximum: float | None, info: ValidationInfo) -> float | None:
        minimum = info.data.get("minimum")
        if minimum is not None and maximum is not None and maximum <= minimum:
            raise ValueError(f"{digits(maximum)} is not above the minimum {digits(minimum)}")
        return maximum


@dataclass(frozen=True)
class DefinitionFile:
    """One file of a definition: what it defines, and the line numbers of its fields."""

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
        """The file of each definition, as it is named in messages and tables."""
        return {f.definition.code: f.lines.file for f in self.files}


def read_definitions(
    files: Files,
    codelists: Codelists,
    methods: Mapping[str, Method],
    rules: Collection[str],
    weights: Collection[str],
) -> Definitions:
    """All definitions, checked. `rules`, `weights`: names of publication rules and weights."""
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
            files.problems.add(f"{lines.file}:1", f"{code} is defined in {file_of[code].lines.file} too")
        file_of[code] = DefinitionFile(definition, lines)
        all_files.append(file_of[code])
    for f in file_of.values():
        _check_codes(f.definition, f.lines, codelists, rules, files.problems)
        _check_aggregation(f.definition, f.lines, methods, weights, files.problems)
    return Definitions(all_files)


def _check_name(d: IndicatorDefinition, lines: Lines, name: str, problems: Problems) -> None:
    path = PurePosixPath(name)
    if path.stem != d.code:
        problems.add(lines.place("code"), f"code {d.code} differs from the file's name")
    if path.parent.name != d.group:
        problems.add(lines.place("group"), f"group {d.group} differs from the folder {path.parent.name}")


def _check_codes(
    d: IndicatorDefinition, lines: Lines, codelists: Codelists, rules: Collection[str], problems: Problems
) -> None:
    for codelist, code, path in _codes_of(d):
        what = _CODELIST_WORDS.get(codelist, f"{codelist} code")
        field = ".".join(map(str, path))
        problems.check_code(lines.place(*path), what, code, codelists.codes(codelist), field)
    rule = "publication_rule"
    problems.check_code(lines.place(rule), "publication rule (methods.yaml)", d.publication_rule, rules, rule)


def _codes_of(d: IndicatorDefinition) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
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
    is_method = problems.check_code(place, "method (methods.yaml)", a.method, methods, field)
    if is_method and methods[a.method].needs_weight and a.weight is None:
        problems.add(lines.place("aggregation"), f"aggregation: method {a.method} needs a weight")
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
