"""Rows of the `reference.*` tables, each column defined once.

Belongs here: making rows and columns of items, without pandas, so that commands that read definitions start quickly.
Does not belong here: which columns a table has (the modules of the subjects) and making frames of rows (tables.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from indicator_defs.breakdowns import BREAKDOWNS, cell_text

T = TypeVar("T")


@dataclass(frozen=True)
class ReferenceRows:
    """The content of one table: its columns, and rows whose cells are in their order."""

    columns: list[str]
    rows: list[list[Any]]


def position(_: object) -> int:
    """For a column that numbers the rows of `rows_of` from 1."""
    raise TypeError("the position of a row is not found in the row itself")


def rows_of(items: Iterable[T], /, **columns: Callable[[T], Any]) -> ReferenceRows:
    """A row for each item and a column for each keyword, which gives the cell of an item."""
    rows = [[i if of is position else of(item) for of in columns.values()] for i, item in enumerate(items, start=1)]
    return ReferenceRows(list(columns), rows)


def listed(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> ReferenceRows:
    """Rows whose cells are in the order of the columns."""
    return ReferenceRows(list(columns), [list(row) for row in rows])


def by_breakdown(
    prefix: str, codes: Callable[[Any], Mapping[Any, str]], otherwise: str | None = None
) -> dict[str, Callable[[Any], str | None]]:
    """Columns for `rows_of`: one for each breakdown, named with `prefix`, from what `codes` gives of the item, and `cell`.

    The cell holds all of them joined by |, with nothing in the place of one that has neither a code nor `otherwise`.
    """

    def column(breakdown: str) -> Callable[[Any], str | None]:
        return lambda item: codes(item).get(breakdown, otherwise)

    return {f"{prefix}{b}": column(b) for b in BREAKDOWNS} | {
        f"{prefix}cell": lambda item: cell_text(codes(item), otherwise or "")
    }


def breakdown_rows() -> ReferenceRows:
    """reference.breakdown: the breakdowns in the order of the key."""
    return rows_of(BREAKDOWNS, breakdown=lambda b: b, position=position)


def number(text: str) -> float | None:
    """The number of a cell, None where it is empty."""
    return float(text) if text else None
