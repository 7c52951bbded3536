"""The fields of sources/providers/NAME.yaml: the provider, its endpoints and limits, and its datasets.

Belongs here: the pydantic models of a provider and of its datasets, with guidance on each field.
Does not belong here: reading the YAML files (registry.py), and the meaning of the figures (indicator_defs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, ClassVar, Literal

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

    name: str = Field(description="Name by which datasets refer to it.", examples=["sdmx"])
    base_url: str = Field(description="Base address, without a slash at the end.")
    environment: Annotated[str, StringConstraints(pattern=ADDRESS)] = Field(
        description="Environment variable whose value replaces base_url."
    )
    note: Text = Field(description="Content of its answers, and its behaviour.")

    def address(self) -> str:
        """The current base address, without a slash at the end: of the environment, else of the file.

        Raises SettingsError if the environment variable is invalid.
        """
        return settings.address(self.environment, self.base_url)


class Limits(_Strict):
    """The provider's limits, which the HTTP client observes."""

    connections: int = Field(ge=1, description="Most connections to this provider at the same time.")
    timeout_seconds: int = Field(ge=1, description="Longest wait for one answer.")
    tries: int = Field(ge=1, description="Most attempts of one request.")
    url_characters: int | None = Field(default=None, description="Longest accepted address; null: unknown.")
    codes_per_question: int = Field(default=60, ge=1, description="Most series in one request.")
    retry_statuses: list[int] = Field(
        default_factory=lambda: [429, 500, 502, 503, 504],
        description="HTTP statuses of temporary errors; the request is repeated after a pause.",
    )
    answer_megabytes: int = Field(
        default=256, ge=1, description="Largest answer, unpacked, in millions of bytes; a larger one is refused."
    )
    pages: int = Field(
        default=5000, ge=1, description="Most pages of one answer; an answer with more pages is refused."
    )
    note: Text = Field(description="Source of these limits.")

    @property
    def answer_bytes(self) -> int:
        """Most bytes of one answer, unpacked."""
        return self.answer_megabytes * 1_000_000


class Calendar(_Strict):
    """The provider's release calendar, by which sources are overdue."""

    frequency: Literal["quarterly", "yearly", "every_two_years", "every_three_years", "irregular"]
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(
        default_factory=list, description="Usual months of a release; empty: unknown."
    )
    late_after_days: int | None = Field(
        default=None,
        ge=1,
        description="Age of the newest vintage, in days, above which the source is overdue; null: never overdue.",
    )
    fetch_anyway_after_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which a dataset is downloaded although its release mark is the same.",
    )
    note: Text = Field(description="Facts about the calendar, and how a new release is recognised.")


class MarkAddress(_Strict):
    """The address of a release mark, below an endpoint."""

    endpoint: str = Field(description="Name of the endpoint.")
    address: str = Field(description="Path below its base; {name} is a parameter of the dataset, {dataset} its name.")


class DatasetSpec(DatasetStructure):
    """A dataset's structure, and the fields for its requests and its parser."""

    former_fields: ClassVar[dict[str, str]] = {
        "ask": "requested_series (known: stored)",
        "asked_by_area": "requested_by_area",
        "measures_not_asked": "ignored_measures",
    }

    endpoint: str | None = Field(default=None, description="Name of its endpoint; null: files of the inbox.")
    address: str = Field(default="", description="Path below the endpoint's base address.")
    requested_series: Literal["claimed", "stored"] = Field(
        default="claimed",
        description="Which series are requested: those that definitions and weights use, or also all stored ones.",
    )
    parameters: dict[str, str] = Field(
        default_factory=dict,
        description="Parameters of every request for this dataset.",
        examples=[{"source": "2"}],
    )
    edition: str | None = Field(
        default=None, description="Pinned revision, for datasets with a revision in their address."
    )
    edition_date: date | None = Field(default=None, description="Publication date of the pinned revision.")
    requested_by_area: bool = Field(
        default=True,
        description="False: the provider sends one file for all places; rows of other areas are not staged.",
    )
    about_the_answer: list[str] = Field(
        default_factory=list,
        description="Staged columns that describe the answer, not a figure; a change in them is not a new vintage.",
    )
    measures: list[str] = Field(
        default_factory=list,
        description="Wide files: columns with figures; each becomes a series of that name.",
    )
    ignored_measures: list[str] = Field(
        default_factory=list, description="Wide files: columns with figures that are not staged."
    )

    @property
    def path(self) -> str:
        """Name of the dataset in messages: provider/dataset."""
        return f"{self.provider}/{self.dataset}"

    @model_validator(mode="after")
    def _columns_fit(self) -> DatasetSpec:
        names = [c.name for c in self.columns]
        duplicates = sorted({n for n in names if names.count(n) > 1})
        if duplicates:
            raise ValueError(f"columns: found {', '.join(duplicates)} more than once, expected unique names")
        if self.shape == "records":
            self._records_fit(names)
        elif self.record_key:
            raise ValueError("record_key: only for shape: records; observations have the key of their series")
        for column in self.columns:
            if self.shape == "observations":
                _check_role(column)
            if column.pattern is not None:
                try:
                    re.compile(column.pattern)
                except re.error as error:
                    raise ValueError(
                        f"column {column.name}: found pattern {column.pattern!r}, expected a regular expression: {error}"
                    ) from error
        _check_names("about_the_answer", self.about_the_answer, names)
        if (self.edition is None) != (self.edition_date is None):
            raise ValueError("edition, edition_date: found only one, expected both or neither")
        _check_names("in_scope", self.in_scope, [c.published_as for c in self.dimensions])
        _check_names("expected", self.expected, [c.published_as for c in self.columns])
        return self

    def _records_fit(self, names: list[str]) -> None:
        """Raises ValueError if a dataset of records has no key, or a column that records cannot have."""
        if not self.record_key:
            raise ValueError(
                f"dataset {self.dataset}: found shape: records without record_key; set record_key to the columns that "
                f"identify a row, one or more of {', '.join(names) or 'its columns (it has none)'}"
            )
        _check_names("record_key", self.record_key, names)
        if len(set(self.record_key)) < len(self.record_key):
            raise ValueError(f"record_key: found {', '.join(self.record_key)}, expected each column once")
        not_for_records = [name for name in _OF_OBSERVATIONS if name in self.model_fields_set]
        if not_for_records:
            raise ValueError(f"{', '.join(not_for_records)}: only for shape: observations; remove it")
        for column in self.columns:
            if column.role != "record":
                raise ValueError(f"column {column.name}: found role {column.role}; columns of records have no role")
            if column.name in ADDED_COLUMNS:
                raise ValueError(f"column {column.name}: staging adds a column with this name; choose another name")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", column.name):
                raise ValueError(f"column {column.name}: expected a name in lower case with underscores")
            if column.codelist is not None and column.codelist not in codelist_names():
                raise ValueError(
                    f"column {column.name}: found codelist {column.codelist!r}, expected one of "
                    f"{', '.join(codelist_names())}"
                )


# Fields that a dataset of records does not have.
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


def _check_names(field: str, given: Iterable[str], columns: Sequence[str]) -> None:
    """Raises ValueError if a field of a dataset names columns that the dataset does not have."""
    unknown = sorted(set(given) - set(columns))
    if unknown:
        raise ValueError(f"{field}: unknown column {', '.join(unknown)}; expected {', '.join(columns)}")


def _check_role(column: StagedColumn) -> None:
    """Raises ValueError if name, type and role of a column of observations do not match."""
    if column.role == "record":
        raise ValueError(f"column {column.name}: role record is only for shape: records")
    if column.type != "text":
        raise ValueError(
            f"column {column.name}: type {column.type} is only for shape: records; observations are staged as text"
        )
    if column.role not in ("dimension", "attribute") and column.name != column.role:
        raise ValueError(f"column {column.name}: found role {column.role}; such a column is named {column.role}")
    if column.role in ("dimension", "attribute") and column.name in ROLE_COLUMNS:
        raise ValueError(f"column {column.name}: this name is reserved for the role {column.name}")


class ProviderSpec(_Strict):
    """One provider: one YAML file in sources/providers/, with a module of the same name that parses its answers."""

    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(description="Name of the file.")
    title: Text = Field(description="Name for readers.")
    producer: Text = Field(description="The organisation that publishes the data.")
    licence: Text = Field(description="Terms for the reuse of its figures.")
    attribution: Text = Field(description="Citation of the source.")
    terms_url: str | None = Field(default=None, description="Address of the provider's terms.")
    endpoints: list[Endpoint] = Field(
        default_factory=list, description="Addresses; empty: its files come from the inbox."
    )
    limits: Limits | None = Field(default=None, description="Limits of its endpoints; null without endpoints.")
    fed_by: Literal["inbox"] | None = Field(
        default=None,
        description="Where its files come from without endpoints: the inbox; null: only the archive, or endpoints.",
    )
    page_sizes: dict[str, int] = Field(default_factory=dict, description="Rows per page, by path of the address.")
    what_changed: MarkAddress | None = Field(
        default=None, description="Address of the release mark, which is requested first; null: there is none."
    )
    what_changed_otherwise: MarkAddress | None = Field(
        default=None, description="Address to use where the answer of what_changed is unusable; null: there is none."
    )
    calendar: Calendar = Field(description="Its release calendar.")
    vintage_rule: Text = Field(description="The source of vintage_date.")
    supersedes: Literal["series", "series_and_area"] = Field(
        default="series",
        description=(
            "What a newer vintage replaces: whole series that were requested, or (files per country) only the areas "
            "that it has of a series."
        ),
    )
    keep_snapshots: int | None = Field(
        default=None,
        ge=1,
        description=(
            "Retention: number of newest snapshots of each dataset that are always kept; older ones are removed when no "
            "release uses them. null: snapshots are never removed."
        ),
    )
    datasets: list[DatasetSpec] = Field(min_length=1, description="The datasets that are staged.")

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint of that name; KeyError if the file has none (checked when the file is loaded)."""
        return {e.name: e for e in self.endpoints}[name]

    def dataset(self, name: str) -> DatasetSpec:
        """The dataset of that name; KeyError if the provider has none."""
        return {d.dataset: d for d in self.datasets}[name]

    @model_validator(mode="after")
    def _endpoints_exist(self) -> ProviderSpec:
        names = {e.name for e in self.endpoints}
        for dataset in self.datasets:
            if dataset.endpoint is not None and dataset.endpoint not in names:
                raise ValueError(
                    f"dataset {dataset.dataset}: unknown endpoint {dataset.endpoint!r}; expected {', '.join(sorted(names))}"
                )
        for name in ("what_changed", "what_changed_otherwise"):
            mark: MarkAddress | None = getattr(self, name)
            if mark is not None and mark.endpoint not in names:
                raise ValueError(f"{name}: unknown endpoint {mark.endpoint!r}; expected {', '.join(sorted(names))}")
        if self.endpoints and self.limits is None:
            raise ValueError("limits: missing, expected for a provider with endpoints")
        return self
