"""The parts of an explanation: what a release knows of one number, as plain data.

Belongs here: the data classes that explanation.py fills and the command line prints; every field is a value, a list or a
data class. The names of the fields are keys of `payung explain --json`.
Does not belong here: finding them (explanation.py, regional_figure.py) and words for people
(pipelines/cli/output/explain_text.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RequestedCell:
    """The requested cell: one cell of one indicator, area and year; `asked`: the year, or baseline or latest."""

    asked: str
    indicator: str
    name: str
    definition_file: str
    unit_measure: str
    unit: str
    method: str
    ref_area: str
    area_name: str
    area_type: str
    time_period: int
    breakdowns: dict[str, str]
    breakdown_family: str
    is_headline: bool

    @property
    def key(self) -> str:
        """The breakdowns as the column `cell` of the warehouse holds them."""
        return "|".join(self.breakdowns.values())


@dataclass(frozen=True)
class CodeTranslation:
    """One code of the row, and the crosswalk line that translated it (target None: not stated)."""

    concept: str
    dimension: str
    code: str
    target: str | None
    note: str | None
    place: str


@dataclass(frozen=True)
class AssignedBreakdown:
    """A breakdown that no code of the row gives: the definition or a series rename says it."""

    concept: str
    target: str
    place: str


@dataclass(frozen=True)
class ValueOrigin:
    """The row and the bytes that a value comes from. `row`: every column of the staged row that is not empty."""

    observation_id: str
    feed: str
    source: str
    dataset: str
    provider_series: str
    definition: str | None
    series_renamed_by: str | None
    producer: str
    vintage_date: date
    fetched_at: str | None
    address: str
    licence: str
    is_rebuilt: bool
    note: str | None
    snapshot_id: str
    file: str
    sha256: str | None
    staged_table: str
    snapshot_row: str
    row: dict[str, str]
    translations: list[CodeTranslation]
    fixed: list[AssignedBreakdown]


@dataclass(frozen=True)
class ChosenValue:
    """The chosen value. `status_changed_by`: why its status is not the translated one; None where it is."""

    obs_value: float | None
    value_text: str
    lower_bound: float | None
    upper_bound: float | None
    obs_status: str | None
    status: str | None
    published_status: str | None
    status_changed_by: str | None
    nature: str | None
    footnote: str | None
    source_citation: str | None
    time_detail: str | None
    role: str
    in_aggregates: bool
    is_member: bool
    break_before: str | None
    break_why: str | None
    above_maximum: bool | None
    observation_id: str


@dataclass(frozen=True)
class Candidate:
    """A published value of the cell, or of the cell a year off; `why`: why it is used or not."""

    time_period: int
    feed: str
    value_text: str | None
    obs_status: str | None
    vintage_date: date
    is_used: bool
    why: str
    snapshot_id: str
    snapshot_row: str
    observation_id: str


@dataclass(frozen=True)
class FeedChoice:
    """A feed that publishes the indicator for the area and breakdown family."""

    feed: str
    preference: int
    is_chosen: bool
    reason: str
    dataset_kind: str
    source_rank: int
    vintage_date: date
    n_values: int
    first_year: int
    last_year: int
    agreeing_points: int | None
    extends_backwards: bool


@dataclass(frozen=True)
class CellCorrection:
    """A guarded correction of the cell; `applied` is false where the text it expects is no longer there."""

    action: str
    applied: bool
    expected_text: str
    found_text: str | None
    why: str
    evidence: str
    reported: date | None
    place: str


@dataclass(frozen=True)
class CellVintage:
    """The cell in one vintage of one feed."""

    vintage_date: date
    value_text: str | None
    obs_status: str | None
    snapshot_id: str
    snapshot_row: str
    observation_id: str


@dataclass(frozen=True)
class CellRevision:
    """A change of the cell between two vintages."""

    revision_class: str
    feed: str
    vintage_from: date
    vintage_to: date
    time_period: int
    time_period_from: int | None
    text_from: str | None
    text_to: str | None
    fields: str | None


@dataclass(frozen=True)
class RejectedRow:
    """A published row of the cell's area and year that could not be used."""

    reason: str
    detail: str
    row_as_published: str
    snapshot_id: str
    snapshot_row: str


@dataclass(frozen=True)
class NearbyValue:
    """A chosen value near an empty cell: of another year or another breakdown."""

    time_period: int
    breakdowns: dict[str, str]
    value_text: str
    feed: str


@dataclass(frozen=True)
class GapExplanation:
    """Why there is no value, who could fill the gap, and what there is instead.

    `availability`: what quality.availability says of the area and breakdown over all years; None where it is available.
    """

    reason: str
    availability: str | None
    filled_by: str | None
    years: list[NearbyValue]
    breakdowns: list[NearbyValue]
    rejections: list[RejectedRow]


@dataclass(frozen=True)
class BaselineUse:
    """What baseline.value makes of the cell: `role` is baseline, latest, or both.

    `change_areas`: the members present at both ends, over which a group's change is, by code; `change_area_names`: by
    short name; None for a country.
    """

    role: str
    baseline_year: int | None
    baseline_value: float | None
    latest_year: int | None
    latest_value: float | None
    change: float | None
    change_areas: str | None
    change_area_names: str | None
    comparable: bool
    reason: str | None
    averaged: list[ValueLineage]


@dataclass(frozen=True)
class ValueLineage:
    """The lineage of one value in one line."""

    time_period: int
    value_text: str
    feed: str
    producer: str
    vintage_date: date
    snapshot_id: str
    file: str
    sha256: str | None
    snapshot_row: str
    observation_id: str


@dataclass(frozen=True)
class FigureMember:
    """A member's part in a regional figure. `values`: one, or those that an event count's mean is made of."""

    ref_area: str
    value_year: int
    value_low: float
    value_high: float
    weight_value: float | None
    weight_share: float | None
    weight_filling: str | None
    weight_is_proxy: bool | None
    contribution: float | None
    is_extended: bool
    is_capped: bool
    obs_status: str | None
    values: list[ValueLineage]


@dataclass(frozen=True)
class AbsentMember:
    """A member that does not count in a regional figure, with the newest chosen value of the cell up to the year.

    At the baseline year the value nearest to it in the baseline period comes first.
    """

    ref_area: str
    reason: str
    newest_year: int | None
    newest_text: str | None


@dataclass(frozen=True)
class WeightSource:
    """One published series that a weight is made of, and the bytes it stands in."""

    series: str
    producer: str
    vintage_date: date
    snapshot_id: str
    address: str
    files: str
    is_rebuilt: bool


@dataclass(frozen=True)
class WeightRow:
    """The rows of one series, year and file that a member's weight is made of; `value_text` where it is one row."""

    ref_area: str
    series: str
    time_period: int
    n_rows: int
    value_text: str | None
    snapshot_id: str
    file: str
    sha256: str | None
    first_row: int
    last_row: int


@dataclass(frozen=True)
class FigureWeight:
    """The weight of a regional figure: what it is, how it is filled, and the series and rows it is made of."""

    weight: str
    title: str
    source: str
    filling: str
    is_proxy: bool
    proxy_accepted: str | None
    coverage_indicator: str | None
    made_of: list[WeightSource]
    rows: list[WeightRow]


@dataclass(frozen=True)
class ClassTest:
    """One test of the class, as the build recorded it (class A: all of A; class B: all of B or of B_alternative).

    `bound`: at_least or at_most; `unit`: share, count or points; `needs`: what the class needs, in words, with {limit} and
    {years}.
    """

    threshold: str
    criterion: str
    title: str
    value: float | None
    bound: str
    limit_value: float
    unit: str
    years: int | None
    passed: bool
    needs: str | None


@dataclass(frozen=True)
class MemberBreak:
    """A break that somebody declared in the series of a member, up to the year of the value that stands for it."""

    ref_area: str
    break_year: int
    why: str
    place: str


@dataclass(frozen=True)
class RegionalFigure:
    """A regional figure with what must be known beside it; `obs_value` None: withheld (class C)."""

    obs_value: float | None
    obs_status: str | None
    lower: float | None
    upper: float | None
    publication_class: str
    class_reason: str | None
    n_areas: int
    areas: str | None
    area_names: str | None
    weight_covered: float | None
    mean_year: float | None
    recent_share: float | None
    share_estimated: float | None
    median: float | None
    minimum: float | None
    maximum: float | None
    without_largest: float | None
    uncertainty: float | None
    title: str | None
    flags: str | None
    method: str
    method_title: str
    formula: str
    kind: str
    event_count: bool
    lookback_years: int
    is_baseline: bool
    baseline_from: int
    baseline_to: int
    class_tests: list[ClassTest]
    weight: FigureWeight | None
    members: list[FigureMember]
    breaks: list[MemberBreak]
    absent: list[AbsentMember]


@dataclass(frozen=True)
class Explanation:
    """Everything that is known of one number. `kind`: value, group, withheld or gap.

    `origins`: of the chosen value; of a gap, those of the values that are published and not used.
    """

    release: str
    kind: str
    cell: RequestedCell
    value: ChosenValue | None
    origins: list[ValueOrigin]
    feeds: list[FeedChoice]
    candidates: list[Candidate]
    corrections: list[CellCorrection]
    vintages: list[CellVintage]
    revisions: list[CellRevision]
    group: RegionalFigure | None
    baseline: BaselineUse | None
    gap: GapExplanation | None
