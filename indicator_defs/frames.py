"""Frames of the `reference.*` tables, each column said once.

Belongs here: making rows and columns of things. Does not belong here: what stands in which table (tables.py,
code_tables.py, set_tables.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from indicator_defs.breakdowns import BREAKDOWNS, cell_text

T = TypeVar("T")


def position(_: object) -> int:
    """For a column that numbers the rows of `frame` from 1."""
    raise TypeError("the position of a row is not found in the row itself")


def frame(items: Iterable[T], /, **columns: Callable[[T], Any]) -> pd.DataFrame:
    """A row for each item and a column for each keyword, which says what of the item stands there."""
    rows = [[i if of is position else of(item) for of in columns.values()] for i, item in enumerate(items, start=1)]
    return listed(list(columns), rows)


def listed(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """Rows whose cells stand in the order of the columns; empty cells are None."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(object).where(lambda f: f.notna(), None)


def by_breakdown(
    prefix: str, codes: Callable[[Any], Mapping[Any, str]], otherwise: str | None = None
) -> dict[str, Callable[[Any], str | None]]:
    """Columns for `frame`: one for each breakdown, named with `prefix`, from what `codes` gives of the item, and `cell`.

    The cell holds all of them joined by |, with nothing in the place of one that has neither a code nor `otherwise`.
    """

    def column(breakdown: str) -> Callable[[Any], str | None]:
        return lambda item: codes(item).get(breakdown, otherwise)

    return {f"{prefix}{b}": column(b) for b in BREAKDOWNS} | {
        f"{prefix}cell": lambda item: cell_text(codes(item), otherwise or "")
    }


def number(text: str) -> float | None:
    """The number of a cell, None where it is empty."""
    return float(text) if text else None
