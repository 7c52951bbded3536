"""The shape of sets/*.yaml: the indicator set with its tiers, and the regional baseline with its tables.

Belongs here: one pydantic model per kind of file in sets/, with guidance on each field.
Does not belong here: the indicators themselves (model.py) and checking sets against them (sets.py).
"""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from indicator_defs.model import IndicatorCode, Number, Strict, Text, Whole
from indicator_defs.system import clock

Tier = Literal["core", "extended"]
A_DAY = datetime.timedelta(days=1)  # it may be tomorrow where the decision is taken


class Standing(Strict):
    """What was decided on some indicators: by whom, when, and in which paper."""

    status: Literal["proposed", "adopted"] = Field(
        description="proposed: put forward; adopted: an ASEAN body has decided on it."
    )
    date: datetime.date = Field(description="Day of the proposal or of the decision.")
    body: str = Field(description="Who proposed or adopted (code of codelists/body.csv).", examples=["ACSS"])
    reference: Text | None = Field(
        default=None, description="The paper that holds the decision, with its paragraph; must be given once adopted."
    )

    @field_validator("date")
    @classmethod
    def _not_to_come(cls, day: datetime.date, info: ValidationInfo) -> datetime.date:
        if info.data.get("status") == "adopted" and day > clock.today() + A_DAY:
            raise ValueError(f"adopted on {day}, which is still to come; until then it is proposed")
        return day

    @model_validator(mode="after")
    def _adopted_in_a_paper(self) -> Standing:
        if self.status == "adopted" and self.reference is None:
            raise ValueError("what is adopted has a `reference`: the paper that holds the decision")
        return self


class SetTier(Standing):
    """One tier of the set and where it stands."""

    tier: Tier = Field(description="The tier that definitions name.")
    title: Text = Field(description="Title for readers.")
    purpose: Text = Field(description="What the tier is for.")


class Decision(Standing):
    """A decision on single indicators that differs from that on their tier."""

    indicators: list[IndicatorCode] = Field(min_length=1, description="The indicators decided on.")


class IndicatorSet(Strict):
    """One set: its tiers and who decided on them, for which groups and which reference years."""

    name: str = Field(description="Name of the set in commands and tables.")
    title: Text = Field(description="The set as it is called in reports.")
    latest_reference_year: Whole = Field(
        ge=1950, le=2100, description="The year that 'latest' is for; never taken from the clock."
    )
    first_reference_year: Whole = Field(ge=1950, le=2100, description="First year for which regional figures are made.")
    step_points: Number = Field(gt=0, description="A step of more points is not comparable until somebody has looked.")
    step_factor: Number = Field(gt=1, description="Likewise a step by more than this factor.")
    step_factor_minimum: Number = Field(ge=0, description="...where it is also at least this many points.")
    groups: list[str] = Field(min_length=1, description="Area groups for which regional figures are made.")
    tiers: list[SetTier] = Field(description="Core and extended, each once.")
    decisions: list[Decision] = Field(
        default_factory=list, description="Decisions on single indicators; each indicator at most once."
    )


class BaselineTable(Strict):
    """One table of the regional baseline: a section of the report."""

    code: str = Field(description="Number of the table as it is printed.", pattern=r"^[A-Z0-9]+(\.[0-9]+)?$")
    title: Text = Field(description="Title of the table.")
    indicators: list[IndicatorCode] = Field(
        default_factory=list, description="Indicators by name, in their order; they stand before those of the groups."
    )
    groups: list[str] = Field(
        default_factory=list,
        description="Groups (codelists/indicator_group.csv) whose other indicators of these tiers follow, by code.",
    )
    tiers: list[Tier] = Field(default=["core"], min_length=1, description="Which tiers are taken from the groups.")
    stands_first: bool = Field(
        default=False, description="Its named indicators stand first in every export, printed as gaps where empty."
    )
    note: Text | None = Field(default=None, description="What a reader must know about the table as a whole.")

    @model_validator(mode="after")
    def _holds_something(self) -> BaselineTable:
        if not self.indicators and not self.groups:
            raise ValueError("a table names `indicators`, `groups` or both")
        return self


class RegionalBaseline(Strict):
    """The regional baseline: its period, its tables in their order, the name of its edition."""

    name: str = Field(description="Name of the baseline in commands and tables.")
    title: Text = Field(description="The baseline as it is called in reports.")
    edition: Text = Field(description="Name of the edition in preparation, as it is cited.")
    set: str = Field(description="Name of the set that it is made from.")
    baseline_year: Whole = Field(description="The year that 'baseline' is for.")
    baseline_from: Whole = Field(ge=1950, le=2100, description="First year a baseline value may have.")
    baseline_to: Whole = Field(description="Last year a baseline value may have.")
    minimum_years_apart: Whole = Field(ge=1, description="Least distance of baseline and latest for a change.")
    tables: list[BaselineTable] = Field(min_length=1, description="The tables, in the order of the report.")
