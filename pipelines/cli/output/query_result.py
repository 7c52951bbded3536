"""Results of queries as text: table, CSV and JSON; long tables are shown in a pager.

Does not load pandas or rich, so that a short query is fast. Files of other formats: warehouse/query/answer_files.py.
"""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.system import settings
from pipelines.cli.output.text_table import MOST_ROWS, TextTable, aligned_lines, cell_text, text_width

if TYPE_CHECKING:
    from warehouse.query.read_only import QueryAnswer

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


def answer_csv(answer: QueryAnswer) -> str:
    """The result as CSV with a header line; a missing value is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.fields)
    writer.writerows(answer.rows)
    return out.getvalue()


def answer_json(answer: QueryAnswer) -> str:
    """The result as a JSON list of objects; a missing value is null, a date is a text such as 2026-11-22.

    Repeated column names get a number (a, a_1), because an object would contain only the last of them.
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


def answer_lines(answer: QueryAnswer, most_rows: int = MOST_ROWS) -> Iterator[str]:
    """The lines of a table: numbers right-aligned, missing values blank, rows left out counted in the last line."""
    right = {i for i, t in enumerate(answer.types) if t in NUMBERS or t.startswith(FRACTIONS)}
    rows = [[cell_text(value) for value in row] for row in answer.rows[:most_rows]]
    return aligned_lines(TextTable(answer.fields, rows, right, max(len(answer.rows) - most_rows, 0)))


def show_answer(answer: QueryAnswer, form: str) -> None:
    """Prints a result; a table longer or wider than the terminal is shown in the user's pager."""
    if form == "csv":
        click.echo(answer_csv(answer), nl=False)
    elif form == "json":
        click.echo(answer_json(answer))
    elif not answer.fields:
        click.echo("The statement returned no columns.")
    elif sys.stdout.isatty() and sys.stdin.isatty():
        lines = list(answer_lines(answer, MOST_PAGED_ROWS))
        size = shutil.get_terminal_size()
        if len(lines) < size.lines - 1 and text_width(lines) <= size.columns:
            click.echo("\n".join(lines))
        else:
            settings.set_variables(LESS=settings.of_system("LESS") or "-SR")  # -S: scroll long lines sideways
            click.echo_via_pager("\n".join(lines))
    else:
        for line in answer_lines(answer):
            click.echo(line)
