"""Answers of queries as text: table, CSV and JSON, and a pager for long ones.

Belongs here: how rows look on a terminal or in a pipe. Loads neither pandas nor rich, so that a short query is quick.
Does not belong here: tables that other commands print (tables.py), files of other formats
(warehouse/query/answer_files.py).
"""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.system import settings
from pipelines.cli.output.numbers import all_digits

if TYPE_CHECKING:
    from warehouse.query.read_only import Answer

MOST_ROWS = 200  # of a table that is not paged
MOST_PAGED_ROWS = 20_000
NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")


def as_csv(answer: Answer) -> str:
    """The answer as CSV with a heading; a missing value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.fields)
    writer.writerows(answer.rows)
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """The answer as a JSON list of objects; a missing value is null, a day is text as 2026-11-22.

    Of columns with one name the later ones get a number (a, a_1), or an object would keep the last of them only.
    """
    names = _names(answer.fields)
    rows = [{k: _plain(v) for k, v in zip(names, row, strict=True)} for row in answer.rows]
    return json.dumps(rows, ensure_ascii=False, default=str)


def _names(fields: Iterable[str]) -> list[str]:
    names: list[str] = []
    for field in fields:
        name, number = field, 0
        while name in names:
            number += 1
            name = f"{field}_{number}"
        names.append(name)
    return names


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date | time) else value


def as_table(answer: Answer, most_rows: int = MOST_ROWS) -> Iterator[str]:
    """The lines of a table: numbers to the right, missing values blank; says when rows are left out."""
    right = [t in NUMBERS or t.startswith(FRACTIONS) for t in answer.types]
    shown = [[_cell(v).split("\n") for v in row] for row in answer.rows[:most_rows]]
    widths = [_width(f) for f in answer.fields]
    for row in shown:
        for at, lines in enumerate(row):
            widths[at] = max(widths[at], *(_width(line) for line in lines))
    yield _line(list(answer.fields), widths, right)
    for row in shown:
        for at in range(max(len(lines) for lines in row)):
            yield _line([lines[at] if at < len(lines) else "" for lines in row], widths, right)
    if len(answer.rows) > most_rows:
        yield f"({len(answer.rows) - most_rows:,} more rows; use --format csv for all)"


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    parts = []
    for text, width, is_right in zip(cells, widths, right, strict=True):
        space = " " * (width - _width(text))
        parts.append(space + text if is_right else text + space)
    return "  ".join(parts).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return all_digits(value)
    return str(value)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def show(answer: Answer, form: str) -> None:
    """Prints an answer; a table longer or wider than the terminal goes through the user's pager."""
    if form == "csv":
        click.echo(as_csv(answer), nl=False)
    elif form == "json":
        click.echo(as_json(answer))
    elif not answer.fields:
        click.echo("No answer.")
    elif sys.stdout.isatty() and sys.stdin.isatty():
        lines = list(as_table(answer, MOST_PAGED_ROWS))
        size = shutil.get_terminal_size()
        if len(lines) < size.lines - 1 and max(map(_width, lines)) <= size.columns:
            click.echo("\n".join(lines))
        else:
            settings.set_variables(LESS=settings.of_system("LESS") or "-SR")  # long lines go to the side
            click.echo_via_pager("\n".join(lines))
    else:
        for line in as_table(answer):
            click.echo(line)
