"""The breakdowns of the warehouse, in the order of the key, and the format of a CSV cell with several of them.

It imports nothing slow, because every command loads it. The codes of the breakdowns are in codelists/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

Breakdown = Literal[
    "sex",
    "age",
    "urbanisation",
    "income_wealth_quantile",
    "disability_status",
    "education_lev",
    "migratory_status",
    "occupation",
    "activity",
    "formality",
    "composite_breakdown",
]

# The breakdown columns of harmonised.observation, in the order of its key.
BREAKDOWNS: tuple[Breakdown, ...] = get_args(Breakdown)


def cell_text(codes: Mapping[str, str | None], otherwise: str = "") -> str:
    """The codes of all breakdowns joined by |, in the order of the key; `otherwise` for a breakdown without a code."""
    return "|".join(codes.get(b) or otherwise for b in BREAKDOWNS)


def pairs(cell: str) -> Iterator[tuple[str, str, str]]:
    """(text, breakdown, code) of each part of a cell such as sex=F;urbanisation=R, not checked."""
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        breakdown, _, code = (x.strip() for x in part.partition("="))
        yield part, breakdown, code
