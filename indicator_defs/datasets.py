"""The structure of a provider's dataset, used by sources to parse it and by warehouse to stage it.

How a dataset is downloaded and read is in sources/provider_spec.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.model import Strict, Text
from indicator_defs.reference_rows import ReferenceRows, listed, rows_of
from indicator_defs.roles import ColumnRole

# Descriptions of the fields by which definitions refer to a dataset.
PROVIDER = "Name of a file in sources/providers/ without .yaml."
DATASET = "Dataset declared in the provider's YAML file."

Shape = Literal["observations", "records"]
ColumnType = Literal["text", "integer", "number", "date", "boolean"]


class StagedColumn(Strict):
    """One column of a provider's dataset as it is staged."""

    name: str = Field(description="Name in the staged table, lower case with underscores.")
    published_as: str = Field(description="Column name in the provider's data.")
    role: ColumnRole = Field(
        description=(
            "Role of the column. In the staged table, a column with another role than dimension and attribute has the "
            "name of its role; dimensions form the series key; attributes are stored but not used. Omitted in a "
            "dataset of records, where every column has the role record."
        )
    )
    type: ColumnType = Field(
        default="text",
        description="Records only: type of the cells and of the staged column. Observations are staged as text.",
    )
    required: bool = Field(default=False, description="Whether the dataset fails if the column is missing.")
    nullable: bool = Field(default=True, description="false: a row with an empty cell is rejected.")
    pattern: str | None = Field(
        default=None, description="Regular expression that a non-empty cell must match in full."
    )
    codelist: str | None = Field(
        default=None,
        description="Our code list that the column uses. Records only: a row with another code is rejected.",
    )
    description: Text


class DatasetStructure(Strict):
    """The structure of one dataset of a provider, which the parser must deliver and staging checks."""

    provider: str
    dataset: str
    title: Text
    shape: Shape = Field(
        default="observations",
        description=(
            "observations: rows with series, area, period and value, from which indicators are made. records: rows "
            "with their own key and columns, staged and loaded unchanged."
        ),
    )
    record_key: list[str] = Field(
        default_factory=list,
        description="Records only: columns that identify a row within a snapshot. None of them may be empty.",
        examples=[["scheme", "year"]],
    )
    kind: Literal["statistical", "document", "national_submission"] = "statistical"
    use: Literal["indicators", "weights"] = Field(
        default="indicators", description="weights: every row is out of scope by the rule weight_input."
    )
    licence: Text
    attribution: Text
    terms_url: str | None = None
    vintage_rule: str | None = None
    columns: list[StagedColumn]
    open_dimensions: bool = Field(
        default=False,
        description="Whether series can have further dimensions; columns not described here are stored and reported.",
    )
    key_once: bool = Field(
        default=False,
        description=(
            "true: the provider has one value per key (series, area, period, dimensions), so that a duplicate key means "
            "an incomplete download. false: a key may occur several times; all its rows are candidates."
        ),
    )
    in_scope: dict[str, str] = Field(
        default_factory=dict,
        description="Codes of dimensions; rows with another code are out of scope by rule (Reporting Type G).",
    )
    expected: dict[str, list[str]] = Field(
        default_factory=dict,
        description=(
            "By published column, the codes with which a number has the meaning that the definitions assume; a blank "
            "means not stated. A row with another code is rejected (meaning_changed)."
        ),
        examples=[{"FREQ": ["A"], "UNIT_MEASURE_TYPE": ["RT"]}],
    )

    @property
    def key(self) -> str:
        """Name of the staged table: provider__dataset."""
        return f"{self.provider}__{self.dataset}"

    @property
    def dimensions(self) -> list[StagedColumn]:
        """The columns that form the series key."""
        return [c for c in self.columns if c.role == "dimension"]


def dataset_rows(structures: Iterable[DatasetStructure]) -> ReferenceRows:
    """reference.dataset."""
    return rows_of(
        structures,
        provider=lambda s: s.provider,
        dataset=lambda s: s.dataset,
        title=lambda s: s.title,
        shape=lambda s: s.shape,
        kind=lambda s: s.kind,
        use=lambda s: s.use,
        staged_table=lambda s: s.key,
        licence=lambda s: s.licence,
        attribution=lambda s: s.attribution,
        terms_url=lambda s: s.terms_url,
        vintage_rule=lambda s: s.vintage_rule,
    )


def dataset_scope_rows(structures: Iterable[DatasetStructure]) -> ReferenceRows:
    """reference.dataset_scope: the dimension codes in scope; rows with another code are out of scope."""
    rows = [(s.provider, s.dataset, dimension, code) for s in structures for dimension, code in s.in_scope.items()]
    return listed(["provider", "dataset", "dimension", "code"], rows)


def dataset_expected_rows(structures: Iterable[DatasetStructure]) -> ReferenceRows:
    """reference.dataset_expected: the codes with which a number has the meaning that the definitions assume."""
    rows = [
        (s.provider, s.dataset, name, code) for s in structures for name, codes in s.expected.items() for code in codes
    ]
    return listed(["provider", "dataset", "published_as", "code"], rows)
