"""The renderer of all tables that commands print as text. It does not load pandas or rich at import.

`aligned_lines` makes columns as wide as their cells, for pipes, pagers and reports. `print_wrapped` wraps long cells at
the width of the terminal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.cli.output.numbers import all_digits

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200  # of a table without a pager


@dataclass(frozen=True)
class TextTable:
    """A table of texts. `right`: the positions of right-aligned columns. `n_more`: the number of rows left out."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Collection[int] = ()
    n_more: int = 0


def cell_text(value: object) -> str:
    """The text of a cell: empty for a missing value, all digits of a number."""
    if value is None:
        return ""
    return all_digits(value) if isinstance(value, float) else str(value)


def aligned_lines(table: TextTable, indent: str = "", drop_empty_columns: bool = False) -> Iterator[str]:
    """The lines of a table with columns as wide as their cells; the last line counts the rows left out, if any."""
    rows = [[text.split("\n") for text in row] for row in table.rows]
    columns = [i for i in range(len(table.head)) if not drop_empty_columns or any(row[i] != [""] for row in rows)]
    widths = {i: max([_width(table.head[i]), *(_width(line) for row in rows for line in row[i])]) for i in columns}

    def line(texts: Sequence[str]) -> str:
        return indent + "  ".join(_padded(texts[i], widths[i], i in table.right) for i in columns).rstrip()

    yield line(table.head)
    for row in rows:
        for number in range(max(len(lines) for lines in row)):
            yield line([lines[number] if number < len(lines) else "" for lines in row])
    if table.n_more:
        yield _more_rows(table.n_more)


def print_wrapped(table: TextTable) -> None:
    """Prints a table; on a terminal, long cells are wrapped at its width."""
    from rich.console import Console
    from rich.table import Table

    # Without a terminal nothing is wrapped, so that pipes and logs get complete cells.
    console = Console() if Console().is_terminal else Console(width=400)
    rich_table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(table.head):
        rich_table.add_column(name, justify="right" if position in table.right else "left", overflow="fold")
    for row in table.rows:
        rich_table.add_row(*(text.replace("[", r"\[") for text in row))
    console.print(rich_table)
    if table.n_more:
        console.print(_more_rows(table.n_more))


def print_frame(frame: pd.DataFrame, most_rows: int = MOST_ROWS) -> None:
    """Prints a frame as a wrapped table: numbers right-aligned, missing values blank, rows left out counted."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    dtypes = [frame[name].dtype for name in frame.columns]
    first_rows = frame.head(most_rows)
    values = first_rows.astype(object).where(first_rows.notna(), None)
    print_wrapped(
        TextTable(
            [str(name) for name in frame.columns],
            [[cell_text(value) for value in row] for row in values.itertuples(index=False)],
            {i for i, dtype in enumerate(dtypes) if is_numeric_dtype(dtype) and not is_bool_dtype(dtype)},
            max(len(frame) - most_rows, 0),
        )
    )


def text_width(lines: Sequence[str]) -> int:
    """The width of the longest line, in columns of a terminal."""
    return max(map(_width, lines))


def _more_rows(number: int) -> str:
    return f"({number:,} more rows; use --format csv for all)"


def _padded(text: str, width: int, is_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if is_right else text + space


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
