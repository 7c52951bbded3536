"""The parts of an explanation as plain data: data classes whose fields are keys of `payung explain --json`.

Belongs here: the data classes; every field is a value, a list or a data class.
Does not belong here: filling them (explanation.py, regional_figure.py), and texts for users
(pipelines/cli/output/explain_text.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RequestedCell:
    """The requested cell of one indicator, area and year. `asked`: the year as requested, or baseline or latest."""

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
        """The breakdowns as in the column `cell` of the warehouse."""
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
    """A breakdown that is not given by a code of the row, but by the definition or by a series rename."""

    concept: str
    target: str
    place: str


@dataclass(frozen=True)
class ValueOrigin:
    """The row and file that a value is from. `row`: every column of the staged row that is not empty."""

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
    """The chosen value. `status_changed_by`: why its status differs from the published one; None where it does not."""

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
    """A published value of the cell in its year or a neighbouring year; `why`: the reason why it is used or not."""

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
    """A guarded correction of the cell; `applied` is false where the published text is not the expected one."""

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
    """A chosen value close to an empty cell: of another year or another breakdown."""

    time_period: int
    breakdowns: dict[str, str]
    value_text: str
    feed: str


@dataclass(frozen=True)
class GapExplanation:
    """The reason for a gap, who could fill it, and the values closest to it.

    `availability`: the reason in quality.availability for the area and breakdown; None where values are available.
    """

    reason: str
    availability: str | None
    filled_by: str | None
    years: list[NearbyValue]
    breakdowns: list[NearbyValue]
    rejections: list[RejectedRow]


@dataclass(frozen=True)
class BaselineUse:
    """The use of the cell in baseline.value: `role` is baseline, latest, or both.

    `change_areas`: the codes of the members with values at both ends, for which a group's change is computed;
    `change_area_names`: their short names; both are None for a country.
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
    """The lineage of one value, short enough for one line."""

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
    """A member of a regional figure. `values`: one value, or the values in the mean of a count of events."""

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
    """A member that is not in a regional figure, with the newest chosen value of the cell up to the year.

    For the baseline year: preferably the value nearest to it in the baseline period.
    """

    ref_area: str
    reason: str
    newest_year: int | None
    newest_text: str | None


@dataclass(frozen=True)
class WeightSource:
    """One published series from which a weight is made, and its files."""

    series: str
    producer: str
    vintage_date: date
    snapshot_id: str
    address: str
    files: str
    is_rebuilt: bool


@dataclass(frozen=True)
class WeightRow:
    """The rows of one series, year and file from which a member's weight is made; `value_text` for a single row."""

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
    """The weight of a regional figure: what it is, how missing years are filled, and its series and rows."""

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
    """One test of the publication class, as recorded by the build.

    Class A needs all tests of A; class B needs all tests of B or all of B_alternative. `bound`: at_least or at_most;
    `unit`: share, count or points; `needs`: the requirement as a text with {limit} and {years}.
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
    """A declared break in the series of a member, up to the year of the member's value."""

    ref_area: str
    break_year: int
    why: str
    place: str


@dataclass(frozen=True)
class RegionalFigure:
    """A regional figure with its quality and lineage; `obs_value` None: withheld (class C)."""

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
    """The explanation of one number. `kind`: value, group, withheld or gap.

    `origins`: of the chosen value; for a gap, of the values that are published but not used.
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
