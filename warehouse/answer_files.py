"""The answer of a query as a file: Parquet with the engine's types, or an Excel workbook.

Belongs here: writing one answer whole or not at all.
Does not belong here: the baseline workbook and the packages of an export (export/), text on a terminal (pipelines).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import duckdb

from indicator_defs.system import files
from warehouse.connection import quoted
from warehouse.query import Answer, QueryError, ask, reader, refuse_writing, split_statements

MOST_SHEET_ROWS = 1_048_575  # what a sheet of Excel holds, less the heading
MOST_CELL_CHARACTERS = 32_767
EXCEL_DIGITS = 15


def write_parquet(release: Path, text: str, to: Path, as_of: date | None = None) -> int:
    """Writes the answer of one query as a Parquet file; returns the number of rows. Raises QueryError."""
    refuse_writing(text)
    statements = split_statements(text)
    if len(statements) != 1:
        raise QueryError(f"A file holds one answer, and there are {len(statements)} statements. Write one at a time.")
    query = statements[0]

    def write(aside: Path) -> int:
        with reader(release, as_of, writes=aside) as con:
            try:
                written = con.execute(f"COPY (\n{query}\n) TO '{quoted(aside)}' (FORMAT parquet, COMPRESSION zstd)")
                return int(written.fetchall()[0][0])
            except duckdb.IOException as error:
                raise OSError(str(error)) from error
            except duckdb.Error as error:
                raise QueryError(f"{error}\nOne SELECT can be written as a file.") from error

    return _whole(to, write)


def write_workbook(release: Path, text: str, to: Path, as_of: date | None = None) -> int:
    """Writes the answer as a workbook: sheet `answer`, and `about` with query and release. Returns the number of rows."""
    with reader(release, as_of) as con:
        answer = ask(con, text)
        told = con.execute("SELECT release FROM main.release").fetchall()[0][0]
    if len(answer.rows) > MOST_SHEET_ROWS:
        raise QueryError(
            f"The answer has {len(answer.rows):,} rows; a sheet holds {MOST_SHEET_ROWS:,}. Use --format parquet or csv."
        )
    return _whole(to, lambda aside: _sheet(answer, aside, text, str(told)))


def _sheet(answer: Answer, aside: Path, text: str, told: str) -> int:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("answer")
    sheet.freeze_panes = "A2"

    def cell(value: Any, bold: bool = False) -> Any:
        if value is None or _as_it_is(value):
            return value
        text = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value))
        if len(text) > MOST_CELL_CHARACTERS:
            raise QueryError(
                f"A text of {len(text):,} characters, beginning {text[:40]!r}, does not fit into a cell, which holds "
                f"{MOST_CELL_CHARACTERS:,}. Use --format parquet or csv."
            )
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # a text that begins with = is a text
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in answer.fields])
    for row in answer.rows:
        sheet.append([cell(value) for value in row])
    about = book.create_sheet("about")
    about.append(["Release of Payung", told])
    about.append(["Query", cell(text.strip())])
    book.save(aside)
    return len(answer.rows)


def _as_it_is(value: Any) -> bool:
    """Whether a cell of Excel holds a value without loss; all others are written as text.

    It has no time zones, no days before March 1900, fifteen digits, and no number that is none or infinite.
    """
    if isinstance(value, bool):
        return True
    if isinstance(value, int | Decimal):
        return isfinite(value) and sum(c.isdigit() for c in str(value)) <= EXCEL_DIGITS
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, datetime):
        return value.tzinfo is None and value.year > 1900
    return isinstance(value, date) and value.year > 1900


def write_text(to: Path, text: str) -> None:
    """Writes a text as a file, whole or not at all."""
    _whole(to, lambda aside: aside.write_text(text, encoding="utf-8"))


def _whole(to: Path, write: Callable[[Path], int]) -> int:
    to = to.resolve()
    try:
        with files.written_aside(to) as aside:
            return write(aside)
    except OSError as error:
        raise QueryError(
            f"{to} could not be written: {error}. Name a file in a folder that is there and writable."
        ) from error
