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


def dataset_rows(structures: Iterable[DatasetStructure]) -> ReferenceRows:
    """reference.dataset."""
    return rows_of(
        structures,
        provider=lambda s: s.provider,
        dataset=lambda s: s.dataset,
        title=lambda s: s.title,
        kind=lambda s: s.kind,
        use=lambda s: s.use,
        staged_table=lambda s: s.key,
        licence=lambda s: s.licence,
        attribution=lambda s: s.attribution,
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
