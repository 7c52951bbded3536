"""Datasets that feed every indicator, although its definition does not name them: general_claims.csv.

Their series are our indicator codes and their codes are our own, so that they need no crosswalk. The claims of single
definitions, and the rows of both, are in claims.py.
"""

from __future__ import annotations

from pydantic import Field

from indicator_defs import datasets
from indicator_defs.definition_files import Files
from indicator_defs.model import Placed, Text


class GeneralClaim(Placed):
    """One line of general_claims.csv: a dataset that feeds every indicator under the indicator's own code."""

    provider: str = Field(description=datasets.PROVIDER)
    dataset: str = Field(description=datasets.DATASET)
    rank: int = Field(
        ge=0, le=9, description="Order of preference, as in a feed; 0 and 9 are reserved for these datasets."
    )
    why: Text = Field(description="Reason for this rank.")


def read_general_claims(files: Files) -> list[GeneralClaim]:
    """The datasets that feed every indicator, in the order in which their claims are numbered."""
    return files.lines("general_claims.csv", GeneralClaim, ("provider", "dataset"))
