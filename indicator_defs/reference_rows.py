"""Helpers that make the rows of the `reference.*` tables, each column defined once.

They do not use pandas, so that commands that read definitions start quickly. The columns of each table are in the modules
of the subjects; data frames are made in tables.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from indicator_defs.breakdowns import BREAKDOWNS, cell_text

T = TypeVar("T")


@dataclass(frozen=True)
class ReferenceRows:
    """The content of one table: its columns, and rows with the cells in the order of the columns."""

    columns: list[str]
    rows: list[list[Any]]


def position(_: object) -> int:
    """A marker for `rows_of`: the column numbers the rows from 1."""
    raise TypeError("`position` marks a column of rows_of; it is not called")


def rows_of(items: Iterable[T], /, **columns: Callable[[T], Any]) -> ReferenceRows:
    """A row for each item and a column for each keyword, whose function returns the cell of an item."""
    rows = [[i if of is position else of(item) for of in columns.values()] for i, item in enumerate(items, start=1)]
    return ReferenceRows(list(columns), rows)


def listed(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> ReferenceRows:
    """The rows of a table from cells that are in the order of the columns."""
    return ReferenceRows(list(columns), [list(row) for row in rows])


def by_breakdown(
    prefix: str, codes: Callable[[Any], Mapping[Any, str]], otherwise: str | None = None
) -> dict[str, Callable[[Any], str | None]]:
    """Columns for `rows_of`: one for each breakdown, named with `prefix`, with the code from `codes`, and `cell`.

    `cell` contains all codes joined by |; a breakdown without a code and without `otherwise` is empty in it.
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
    """The number in a cell, None if it is empty."""
    return float(text) if text else None
