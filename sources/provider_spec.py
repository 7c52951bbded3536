"""The shape of sources/providers/NAME.yaml: who a provider is, how it may be asked and what it sends.

Belongs here: the pydantic models of a provider and of its datasets, with guidance on each field.
Does not belong here: reading the YAML files (registry.py), and the meaning of the figures (indicator_defs).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from indicator_defs.codelist_files import codelist_names
from indicator_defs.datasets import DatasetStructure, StagedColumn
from indicator_defs.model import Text
from indicator_defs.roles import ADDED_COLUMNS, ROLE_COLUMNS
from indicator_defs.system import settings
from indicator_defs.system.settings_model import ADDRESS


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(_Strict):
    """One base address of a provider and the environment variable that overrides it."""

    name: str = Field(description="Name that datasets use.", examples=["sdmx"])
    base_url: str = Field(description="The base that paths are joined to, without a slash at the end.")
    environment: Annotated[str, StringConstraints(pattern=ADDRESS)] = Field(
        description="Environment variable whose value replaces base_url."
    )
    note: Text = Field(description="What this address answers and how it behaves.")

    def address(self) -> str:
        """The base address in force: the environment's, else the file's; never with a slash at the end. SettingsError."""
        return settings.address(self.environment, self.base_url)


class Limits(_Strict):
    """What the provider can take; the HTTP client keeps to it."""

    connections: int = Field(ge=1, description="Connections to this provider at one time.")
    timeout_seconds: int = Field(ge=1, description="Longest wait for one answer.")
    tries: int = Field(ge=1, description="Tries of one request before it is given up.")
    url_characters: int | None = Field(default=None, description="Longest address that is accepted; null: not known.")
    codes_per_question: int = Field(default=60, ge=1, description="Most series asked for in one question.")
    retry_statuses: list[int] = Field(
        default_factory=lambda: [429, 500, 502, 503, 504],
        description="HTTP statuses that mean `not now` and are asked again after a pause.",
    )
    answer_megabytes: int = Field(
        default=256, ge=1, description="Most millions of bytes of one answer, unpacked; a larger one is refused."
    )
    pages: int = Field(
        default=5000, ge=1, description="Most pages of one question; an answer that claims more is refused."
    )
    note: Text = Field(description="Where these limits come from.")

    @property
    def answer_bytes(self) -> int:
        """Most bytes of one answer, unpacked."""
        return self.answer_megabytes * 1_000_000


class Calendar(_Strict):
    """When the provider publishes; freshness is measured against this."""

    frequency: Literal["quarterly", "yearly", "every_two_years", "every_three_years", "irregular"]
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(
        default_factory=list, description="Usual months of a release; empty: not known."
    )
    late_after_days: int | None = Field(
        default=None,
        ge=1,
        description="Days since the newest vintage after which the source counts as late; null: never.",
    )
    fetch_anyway_after_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which a dataset is fetched although its release mark stands: values change under it.",
    )
    note: Text = Field(description="What is known of the calendar, and how a change shows.")


class MarkAddress(_Strict):
    """An address below an endpoint that is asked for something else than figures."""

    endpoint: str = Field(description="Name of the endpoint.")
    address: str = Field(description="Path below its base; {name} is a parameter of the dataset, {dataset} its name.")


class DatasetSpec(DatasetStructure):
    """A dataset's structure and what the sources folder must know to ask for it and to read it."""

    endpoint: str | None = Field(default=None, description="Endpoint that answers it; null for files put in by hand.")
    address: str = Field(default="", description="Path below the endpoint's base address.")
    requested_series: Literal["claimed", "stored"] = Field(
        default="claimed",
        description="Which series are requested: those that definitions and weights use, or also all stored ones.",
    )
    parameters: dict[str, str] = Field(
        default_factory=dict,
        description="Parameters that every question for this dataset carries.",
        examples=[{"source": "2"}],
    )
    edition: str | None = Field(
        default=None, description="Pinned revision, for datasets that name one in their address."
    )
    edition_date: date | None = Field(default=None, description="Day on which the pinned revision was published.")
    requested_by_area: bool = Field(
        default=True,
        description="False: the provider sends one file for all places; rows of areas not asked for are not staged.",
    )
    about_the_answer: list[str] = Field(
        default_factory=list,
        description="Staged columns that tell of the answer, not of a figure; they do not make a new vintage.",
    )
    measures: list[str] = Field(
        default_factory=list,
        description="Wide files: the columns that hold figures; each becomes a series of its name.",
    )
    ignored_measures: list[str] = Field(
        default_factory=list, description="Wide files: figure columns that the file has and that are not staged."
    )

    @property
    def path(self) -> str:
        """How the dataset is named in messages: provider/dataset."""
        return f"{self.provider}/{self.dataset}"

    @model_validator(mode="after")
    def _columns_fit(self) -> DatasetSpec:
        names = [c.name for c in self.columns]
        double = sorted({n for n in names if names.count(n) > 1})
        if double:
            raise ValueError(f"columns named twice: {', '.join(double)}")
        if self.shape == "records":
            self._records_fit(names)
        elif self.record_key:
            raise ValueError("record_key is for shape: records; observations have the key of their series")
        for column in self.columns:
            if self.shape == "observations":
                _check_role(column)
            if column.pattern is not None:
                try:
                    re.compile(column.pattern)
                except re.error as error:
                    raise ValueError(f"column {column.name}: pattern is no regular expression: {error}") from error
        lost = sorted(set(self.about_the_answer) - set(names))
        if lost:
            raise ValueError(f"about_the_answer names columns that are not there: {', '.join(lost)}")
        if (self.edition is None) != (self.edition_date is None):
            raise ValueError("edition and edition_date are given together")
        unknown = sorted(set(self.in_scope) - {c.published_as for c in self.dimensions})
        if unknown:
            raise ValueError(f"in_scope names dimensions that are not columns: {', '.join(unknown)}")
        unknown = sorted(set(self.expected) - {c.published_as for c in self.columns})
        if unknown:
            raise ValueError(f"expected names columns that are not there: {', '.join(unknown)}")
        return self

    def _records_fit(self, names: list[str]) -> None:
        """Raises ValueError where a dataset of records has no key, or a column that records cannot have."""
        if not self.record_key:
            raise ValueError(
                f"dataset {self.dataset} has shape: records and no record_key; give the columns that name a row, one or "
                f"more of {', '.join(names) or 'its columns (it has none)'}"
            )
        unknown = sorted(set(self.record_key) - set(names))
        if unknown:
            raise ValueError(
                f"record_key names columns that are not there: {', '.join(unknown)}; has {', '.join(names)}"
            )
        if len(set(self.record_key)) < len(self.record_key):
            raise ValueError("record_key names a column twice")
        given = [name for name in _OF_OBSERVATIONS if name in self.model_fields_set]
        if given:
            raise ValueError(f"{', '.join(given)}: for shape: observations only")
        for column in self.columns:
            if column.role != "record":
                raise ValueError(f"column {column.name}: found role {column.role}; a column of records has no role")
            if column.name in ADDED_COLUMNS:
                raise ValueError(f"column {column.name}: staging adds a column of that name; name it otherwise")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", column.name):
                raise ValueError(f"column {column.name}: expected a name in lower case with underscores")
            if column.codelist is not None and column.codelist not in codelist_names():
                raise ValueError(
                    f"column {column.name}: unknown codelist {column.codelist!r}; allowed: {', '.join(codelist_names())}"
                )


# What a dataset of records does not have.
_OF_OBSERVATIONS = (
    "use",
    "requested_by_area",
    "open_dimensions",
    "key_once",
    "in_scope",
    "expected",
    "measures",
    "ignored_measures",
)


def _check_role(column: StagedColumn) -> None:
    """Raises ValueError where the name of a column of observations does not go with its role."""
    if column.role == "record":
        raise ValueError(f"column {column.name}: role record is for shape: records")
    if column.type != "text":
        raise ValueError(
            f"column {column.name}: type {column.type} is for shape: records; observations are staged as text"
        )
    if column.role not in ("dimension", "attribute") and column.name != column.role:
        raise ValueError(f"column {column.name}: a column of role {column.role} is named {column.role}")
    if column.role in ("dimension", "attribute") and column.name in ROLE_COLUMNS:
        raise ValueError(f"column {column.name}: the name is kept for the role of that name")


class ProviderSpec(_Strict):
    """One provider: one YAML file in sources/providers/, with a module of the same name that reads its answers."""

    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(description="Name of the file.")
    title: Text = Field(description="Name for readers.")
    producer: Text = Field(description="The organisation that publishes the data.")
    licence: Text = Field(description="Terms under which the figures may be carried on.")
    attribution: Text = Field(description="How the source must be named.")
    terms_url: str | None = Field(default=None, description="Where the provider states its terms.")
    endpoints: list[Endpoint] = Field(default_factory=list, description="Addresses; empty for files put in by hand.")
    limits: Limits | None = Field(default=None, description="What the provider can take; null where nothing is asked.")
    fed_by: Literal["inbox"] | None = Field(
        default=None,
        description="Where its files come from when it is not asked: the inbox; null: the archive alone, or it is asked.",
    )
    page_sizes: dict[str, int] = Field(default_factory=dict, description="Rows asked for per page, by endpoint path.")
    what_changed: MarkAddress | None = Field(
        default=None, description="What is asked first, to learn whether anything was published; null: nothing to ask."
    )
    what_changed_otherwise: MarkAddress | None = Field(
        default=None, description="What is asked where the answer to what_changed cannot be used; null: nothing."
    )
    calendar: Calendar = Field(description="When it publishes.")
    vintage_rule: Text = Field(description="How vintage_date is found for its answers.")
    supersedes: Literal["series", "series_and_area"] = Field(
        default="series",
        description=(
            "What a newer vintage replaces: all of a series that it was asked for, or (files that are sent per "
            "country) only the areas it holds of that series."
        ),
    )
    keep_snapshots: int | None = Field(
        default=None,
        ge=1,
        description=(
            "Retention: how many of the newest snapshots of each dataset are kept whatever happens; older ones are "
            "removed once no release rests on them. null: nothing is ever removed."
        ),
    )
    datasets: list[DatasetSpec] = Field(min_length=1, description="The datasets that are staged.")

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of that name; KeyError when the file has none such (checked when it is loaded)."""
        return {e.name: e for e in self.endpoints}[name]

    def dataset(self, name: str) -> DatasetSpec:
        """The dataset of that name; KeyError when the provider has none such."""
        return {d.dataset: d for d in self.datasets}[name]

    @model_validator(mode="after")
    def _endpoints_known(self) -> ProviderSpec:
        names = {e.name for e in self.endpoints}
        for dataset in self.datasets:
            if dataset.endpoint is not None and dataset.endpoint not in names:
                raise ValueError(f"dataset {dataset.dataset}: unknown endpoint {dataset.endpoint!r}")
        for name in ("what_changed", "what_changed_otherwise"):
            question: MarkAddress | None = getattr(self, name)
            if question is not None and question.endpoint not in names:
                raise ValueError(f"{name}: unknown endpoint {question.endpoint!r}")
        if self.endpoints and self.limits is None:
            raise ValueError("a provider with endpoints needs limits")
        return self
