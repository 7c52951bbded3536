"""Tables on a terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.table import Table

from pipelines.cli.output.numbers import all_digits


def print_table(frame: pd.DataFrame, most_rows: int = 200) -> None:
    """Prints a frame; numbers to the right, missing values blank, and says when rows are left out."""
    # Off a terminal nothing is cut to a width: a pipe or a log gets whole cells.
    console = Console() if Console().is_terminal else Console(width=400)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
        table.add_column(str(name), justify="right" if number else "left", overflow="fold")
    for row in frame.head(most_rows).itertuples(index=False):
        table.add_row(*(_cell(v) for v in row))
    console.print(table)
    if len(frame) > most_rows:
        console.print(f"({len(frame) - most_rows:,} more rows; use --format csv for all)")


def _cell(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if pd.isna(value) else all_digits(value)
    return str(value).replace("[", r"\[")
