"""Shared output functions: frames in the format of --format, JSON, problems on stderr, shortened paths and texts.

Tables are in text_table.py, numbers in numbers.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


def show_frame(frame: pd.DataFrame, form: str) -> None:
    """Prints a frame as table, csv or json."""
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        from pipelines.frame_records import frame_records

        show_json(frame_records(frame), indent=None)
    else:
        from pipelines.cli.output.text_table import print_frame

        print_frame(frame)


def show_json(value: object, indent: int | None = 1) -> None:
    """Prints plain values as JSON; dates and paths as text."""
    import json

    click.echo(json.dumps(value, indent=indent, ensure_ascii=False, default=str))


def show_problems(problems: Iterable[str]) -> None:
    """Prints problems on stderr, one line each."""
    for problem in problems:
        click.echo(f"payung: {problem}", err=True)


def shown_path(path: Path) -> str:
    """A path relative to the working directory, if that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def cut(text: str, most: int) -> str:
    """A text cut to at most `most` characters, with three dots at the end if it was cut."""
    return text if len(text) <= most else text[: most - 3] + "..."
