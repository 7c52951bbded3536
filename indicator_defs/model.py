"""The shape of every definition, with guidance on each field for the statistician who fills it in.

Belongs here: one pydantic model per kind of file in this folder, and the structure of a provider's
dataset (shared by sources, which parses it, and warehouse, which keeps it).
Does not belong here: sets and the regional baseline (set_model.py), national targets (national_targets.py), and reading
files (files.py) and checking them against each other (the modules named after what they read).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from indicator_defs.breakdowns import Breakdown as Breakdown
from indicator_defs.breakdowns import pairs
from indicator_defs.roles import ColumnRole
from indicator_defs.rounding import digits

IndicatorCode = Annotated[str, StringConstraints(pattern=r"^ASP_[A-Z0-9_]+$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]


def _fits_integer(number: int) -> int:
    """The number, which a column of type INTEGER can hold."""
    if not -(2**31) <= number < 2**31:
        raise ValueError(f"{number} has too many digits, expected a whole number below {2**31:,}")
    return number


# Numbers in YAML, which reads `yes` as a truth value, of which 1 would be made.
Whole = Annotated[int, Field(strict=True), AfterValidator(_fits_integer)]
Number = Annotated[float, Field(strict=True)]


def _is_written_as_a_day(value: object) -> object:
    """A day is written as 2026-11-22; of a number a day since 1970 would be made."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError("expected a day such as 2026-11-22")


Day = Annotated[date, BeforeValidator(_is_written_as_a_day)]


class Strict(BaseModel):
    """A model that knows its fields only, holds no infinite number and none that is not a number, and cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Placed(Strict):
    """A line of a CSV file or an entry of a list in a YAML file, which knows where it stands."""

    # no fields: nobody writes them into a file
    _file: str = PrivateAttr(default="")
    _line: int = PrivateAttr(default=0)

    def stands_at(self, file: str, line: int) -> Self:
        """The same, which knows its place from now on."""
        self._file, self._line = file, line
        return self

    @property
    def file(self) -> str:
        """The file, as it is named in messages and tables."""
        return self._file

    @property
    def line(self) -> int:
        """The line in the file."""
        return self._line

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self._file}:{self._line}"


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
    n_areas: Whole = Field(ge=1, description="Fewest areas in a group of seven or more.")
    n_areas_small: Whole = Field(ge=1, description="Fewest areas in a group of up to six.")
    recent_share: Number = Field(
        default=0, ge=0, le=1, description="Least share of the reporting weight that is recent."
    )
    recent_years: Whole = Field(default=0, ge=0, description="What counts as recent: years before the reference year.")
    recent_years_survey: Whole = Field(default=0, ge=0, description="The same for rare surveys.")
    proxy_allowed: bool = Field(default=True, description="Whether a proxy weight may stand.")


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
    reference: Text = Field(description="Where the rule comes from.")


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


class Tolerance(Placed):
    """How far an indicator may differ from the release before, until somebody accepts it with a reason."""

    indicator: str = Field(description="Code of the indicator, or all for those without an entry of their own.")
    withdrawn_percent: Number = Field(ge=0, le=100, description="Most country values that may go, in per cent.")
    changed_percent: Number = Field(ge=0, le=100, description="Most country values that may change, in per cent.")
    changed_by_percent: Number = Field(ge=0, description="A value has changed if it moved by more per cent of itself.")
    free: Whole = Field(ge=0, description="So many values may go, or change, whatever share they are.")
    regional_by_percent: Number = Field(ge=0, description="Most per cent that a headline regional figure may move.")
    why: Text = Field(description="Why so much may move without anybody looking.")


class Break(Placed):
    """A break in a series that somebody has looked at, or must look at."""

    indicator: str = Field(description="Code of the indicator.")
    area: str = Field(description="The Member State.")
    year: Whole = Field(ge=1950, le=2100, description="First year after the break.")
    why: Text = Field(description="What changed in how the figure comes about, or why the step is believed.")
    evidence: Text = Field(description="What shows it: a note of the producer, other series, the size of the step.")
    decided: Literal["break", "genuine"] = Field(
        description="break: not comparable across it. genuine: looked at, the step is real, comparable."
    )


class Correction(Placed):
    """A guarded correction of one published cell: it applies only while the expected value stands there."""

    indicator: str = Field(description="Code of the indicator.")
    area: str = Field(description="The Member State.")
    year: Whole = Field(ge=1950, le=2100, description="Year of the value.")
    provider: str = Field(description="Who publishes the value.")
    series: str = Field(description="The provider's series code.")
    breakdown: dict[Breakdown, str] = Field(
        default_factory=dict, description="Our codes of the cell where they are not the totals."
    )
    expected: str = Field(description="The value as published that must stand there for the correction to apply.")
    action: Literal["exclude_from_use", "mark_unreliable"] = Field(
        description="exclude_from_use: never chosen; mark_unreliable: status U. The published value itself stays."
    )
    why: Text = Field(description="What is wrong with the value; it is shown wherever the value is.")
    evidence: Text = Field(description="What shows it: other vintages, the producer's own notes.")
    reported: Day | None = Field(default=None, description="When the producer was informed; null if not yet.")


class NotApplicable(Placed):
    """One line of not_applicable.csv: figures that cannot exist, so that their absence is no gap."""

    indicator: str = Field(description="An indicator, or * for all.")
    ref_area: str = Field(description="A Member State, or * for all of them.")
    breakdown: Breakdown | Literal["headline", "*"] = Field(description="headline, a breakdown, or * for all.")
    why: Text = Field(description="Why the figures cannot exist.")
    evidence: Text = Field(description="What shows it; an opinion is not enough to take a gap off the list.")


class SeriesRename(Placed):
    """One line of series_renames.csv: a series code that a provider replaced, and what it goes on as."""

    provider: str = Field(description="Who replaced the code.")
    dataset: str = Field(description="The dataset that has both codes.")
    old_series: str = Field(description="The code that went out of use.")
    new_series: str = Field(description="The code under which the same figures go on; a definition claims it.")
    old_set: dict[Breakdown, str] = Field(
        default_factory=dict,
        description="Our breakdowns that the old code stood for, where the new code has them as a dimension.",
    )
    valid_from: Day = Field(description="First vintage with the new code; the old one is followed before it only.")
    note: Text = Field(description="What changed.")
    evidence: Text = Field(description="What shows that they are the same figures.")

    @field_validator("old_set", mode="before")
    @classmethod
    def _codes_of_the_cell(cls, cell: str) -> dict[str, str]:
        return {breakdown: code for _, breakdown, code in pairs(cell)}


class VintageUnit(Placed):
    """One line of vintage_units.csv: the unit of a series in a vintage that publishes no title which states it."""

    provider: str = Field(description="Who publishes the series.")
    dataset: str = Field(description="The dataset of the series.")
    series: str = Field(description="The series code; a definition claims it with series_name_contains.")
    vintage_date: Day = Field(description="The vintage without a title.")
    unit: str = Field(description="Its unit, written as in series_name_contains.", examples=["$1.90 a day (2011 PPP)"])
    evidence: Text = Field(description="What shows that the vintage has this unit.")


class CrosswalkLine(Placed):
    """One line of crosswalks/PROVIDER/CONCEPT.csv."""

    provider: str = Field(description="The provider; its folder names it, the file has no such column.")
    dimension: str = Field(description="The provider's dimension; _area, _status, _nature, _unit for attributes.")
    code: str = Field(description="The provider's code, as published; empty string for blank.")
    concept: str = Field(description="Our column.")
    target: str = Field(description="Our code; empty where the meaning is 'not stated'.")
    note: str = Field(default="", description="What is lost or assumed in the translation.")


class StagedColumn(Strict):
    """One column of a provider's dataset as it is staged."""

    name: str = Field(description="Name in the staged table, lower case with underscores.")
    published_as: str = Field(description="Name in the provider's answer.")
    role: ColumnRole = Field(
        description=(
            "What the column is. Columns with a role other than dimension and attribute are named like the role in "
            "the staged table; dimension columns make the series key; attribute columns are kept and not used."
        )
    )
    required: bool = Field(default=False, description="Without it the dataset fails; others may be missing.")
    nullable: bool = Field(default=True, description="false: a row with an empty cell is rejected.")
    pattern: str | None = Field(
        default=None, description="Regular expression that a non-empty cell must match in full."
    )
    codelist: str | None = Field(
        default=None, description="For our own national format: the code list of ours that the column uses."
    )
    description: Text


class DatasetStructure(Strict):
    """The structure of one provider dataset: what the parser must deliver and what staging checks."""

    provider: str
    dataset: str
    title: Text
    kind: Literal["statistical", "document", "national_submission"] = "statistical"
    use: Literal["indicators", "weights"] = Field(
        default="indicators", description="weights: every row is out of scope by the rule weight_input."
    )
    licence: Text
    attribution: Text
    columns: list[StagedColumn]
    open_dimensions: bool = Field(
        default=False, description="The provider adds dimensions per series; unknown ones are kept and reported."
    )
    key_once: bool = Field(
        default=False,
        description=(
            "The provider has one value per key (series, area, period, dimensions): a key that comes twice shows an "
            "answer that is not whole. False: a key may come several times; all its rows are kept as candidates."
        ),
    )
    in_scope: dict[str, str] = Field(
        default_factory=dict,
        description="Dimension codes outside which rows are out of scope by rule (Reporting Type G).",
    )
    expected: dict[str, list[str]] = Field(
        default_factory=dict,
        description=(
            "By published column, the codes under which a number means what the definitions take it for; a blank is "
            "not stated. A row with another code is rejected (meaning_changed)."
        ),
        examples=[{"FREQ": ["A"], "UNIT_MEASURE_TYPE": ["RT"]}],
    )

    @property
    def key(self) -> str:
        """Name of the staged table: provider__dataset."""
        return f"{self.provider}__{self.dataset}"

    @property
    def dimensions(self) -> list[StagedColumn]:
        """The columns that make the series key."""
        return [c for c in self.columns if c.role == "dimension"]


class Snapshot(Strict):
    """What the warehouse must know of a snapshot: one row of lineage.snapshot."""

    snapshot_id: str
    provider: str
    dataset: str
    producer: str
    vintage_date: Day
    fetched_at: str | None
    address: str
    release_tag: str | None
    series_asked: list[str]
    areas_asked: list[str]
    licence: str
    attribution: str
    rebuilt: bool
    note: str | None
    files: list[SnapshotFile]
    content_fingerprint: str | None


class SnapshotFile(Strict):
    """One file of a snapshot; status and headers (those that matter) of the answer it came in, where it was fetched."""

    name: str
    sha256: str
    bytes: int
    address: str
    status: int | None = Field(default=None, exclude_if=lambda status: status is None)
    headers: dict[str, str] = Field(default_factory=dict, exclude_if=lambda headers: not headers)


Snapshot.model_rebuild()
