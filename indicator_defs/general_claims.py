"""Datasets that feed every indicator, also where its definition does not name them: general_claims.csv.

Belongs here: datasets whose series are our indicator codes and whose codes are our own, so that they need no crosswalk.
Does not belong here: the claims of one definition (claims.py, which also makes the rows of both).
"""

from __future__ import annotations

from pydantic import Field

from indicator_defs.definition_files import Files
from indicator_defs.model import Placed, Text


class GeneralClaim(Placed):
    """One line of general_claims.csv: a dataset that feeds every indicator under the indicator's own code."""

    provider: str = Field(description="Name of a file in sources/providers/ without its ending.")
    dataset: str = Field(description="A dataset that this provider's YAML declares.")
    rank: int = Field(ge=0, le=9, description="Preference, as in a feed; 0 and 9 are reserved for these datasets.")
    why: Text = Field(description="Why it has this rank.")


def read_general_claims(files: Files) -> list[GeneralClaim]:
    """The datasets that feed every indicator, in the order in which their claims are numbered."""
    return files.lines("general_claims.csv", GeneralClaim, ("provider", "dataset"))
