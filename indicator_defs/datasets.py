"""The structure of a provider's dataset, which sources parses and warehouse keeps.

Belongs here: its fields and the rows of reference.dataset, dataset_scope and dataset_expected.
Does not belong here: how a dataset is fetched and read (sources/provider_spec.py), and its data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from indicator_defs.model import Strict, Text
from indicator_defs.reference_rows import ReferenceRows, listed, rows_of
from indicator_defs.roles import ColumnRole

Shape = Literal["observations", "records"]
ColumnType = Literal["text", "integer", "number", "date", "boolean"]


class StagedColumn(Strict):
    """One column of a provider's dataset as it is staged."""

    name: str = Field(description="Name in the staged table, lower case with underscores.")
    published_as: str = Field(description="Name in the provider's answer.")
    role: ColumnRole = Field(
        description=(
            "What the column is. Columns with a role other than dimension and attribute are named like the role in "
            "the staged table; dimension columns make the series key; attribute columns are kept and not used. Not "
            "written in a dataset of records, whose columns all have the role record."
        )
    )
    type: ColumnType = Field(
        default="text",
        description="Of records: what its cells are, and the type of the staged column. Observations are staged as text.",
    )
    required: bool = Field(default=False, description="Without it the dataset fails; others may be missing.")
    nullable: bool = Field(default=True, description="false: a row with an empty cell is rejected.")
    pattern: str | None = Field(
        default=None, description="Regular expression that a non-empty cell must match in full."
    )
    codelist: str | None = Field(
        default=None,
        description="The code list of ours that the column uses. Of records: a row with another code is rejected.",
    )
    description: Text


class DatasetStructure(Strict):
    """The structure of one provider dataset: what the parser must deliver and what staging checks."""

    provider: str
    dataset: str
    title: Text
    shape: Shape = Field(
        default="observations",
        description=(
            "observations: rows of figures with series, area and period, which indicators are made from. records: rows "
            "with a key and columns of their own, staged and loaded as they are."
        ),
    )
    record_key: list[str] = Field(
        default_factory=list,
        description="Of records: the columns that name a row within a snapshot. None of them may be empty.",
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
    """reference.dataset_scope: the dimension codes outside which rows are out of scope."""
    rows = [(s.provider, s.dataset, dimension, code) for s in structures for dimension, code in s.in_scope.items()]
    return listed(["provider", "dataset", "dimension", "code"], rows)


def dataset_expected_rows(structures: Iterable[DatasetStructure]) -> ReferenceRows:
    """reference.dataset_expected: the codes under which a number means what the definitions take it for."""
    rows = [
        (s.provider, s.dataset, name, code) for s in structures for name, codes in s.expected.items() for code in codes
    ]
    return listed(["provider", "dataset", "published_as", "code"], rows)
