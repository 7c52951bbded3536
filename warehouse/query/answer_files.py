"""Writing the result of one query as a file: Parquet with the engine's types, an Excel workbook, or text.

A file is written completely or not at all. The baseline workbook and other exports are in export/.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from indicator_defs.system import files
from warehouse.connection import quoted
from warehouse.query.read_only import QueryAnswer, QueryError, reader, refuse_writing, run_query, split_statements

OTHER_FORMATS = "Use --format parquet or csv."


def write_parquet(release: Path, text: str, to: Path, as_of: date | None = None) -> int:
    """Writes the result of one query as a Parquet file; returns the number of rows. Raises QueryError."""
    refuse_writing(text)
    statements = split_statements(text)
    if len(statements) != 1:
        raise QueryError(
            f"Found {len(statements)} statements, expected 1, because a file has the result of one. Write one at a time."
        )
    query = statements[0]

    def write(aside: Path) -> int:
        with reader(release, as_of, writes=aside) as con:
            try:
                written = con.execute(f"COPY (\n{query}\n) TO '{quoted(aside)}' (FORMAT parquet, COMPRESSION zstd)")
                return int(written.fetchall()[0][0])
            except duckdb.IOException as error:
                raise OSError(str(error)) from error
            except duckdb.Error as error:
                raise QueryError(f"{error}\nOnly the result of one SELECT can be written as a file.") from error

    return _written(to, write)


def write_workbook(release: Path, text: str, to: Path, as_of: date | None = None) -> int:
    """Writes the result as a workbook: sheet `answer`, and `about` with query and release. Returns the number of rows."""
    with reader(release, as_of) as con:
        answer = run_query(con, text)
        release_id = con.execute("SELECT release FROM main.release").fetchall()[0][0]
    return _written(to, lambda aside: write_sheets(answer, aside, text, str(release_id)))


def write_sheets(answer: QueryAnswer, to: Path, text: str, release_id: str) -> int:
    """Writes a given result as such a workbook; returns the number of rows. Raises SheetError where it does not fit."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    from warehouse.workbook_cells import MOST_CHARACTERS, Cells, SheetError, check_size, coordinate

    check_size("The answer", len(answer.rows) + 1, len(answer.fields), OTHER_FORMATS)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("answer")
    sheet.freeze_panes = "A2"
    cells = Cells("the Parquet or CSV file of the same query")

    def row(values: Sequence[Any], number: int, bold: bool = False) -> list[Any]:
        out: list[Any] = []
        for column, value in enumerate(values, start=1):
            if value is None:
                out.append(None)
                continue
            cell = WriteOnlyCell(sheet)
            cells.put(cell, value, coordinate(column, number))
            if bold:
                cell.font = Font(bold=True)
            out.append(cell)
        if cells.cuts:  # other formats can have the full text
            cut = cells.cuts[0]
            sheet.close()
            raise SheetError(
                f"A text of {cut.length:,} characters, beginning {cut.beginning!r}, does not fit into cell {cut.place}; "
                f"a cell can hold {MOST_CHARACTERS:,}. {OTHER_FORMATS}"
            )
        return out

    sheet.append(row(answer.fields, 1, bold=True))
    for number, values in enumerate(answer.rows, start=2):
        sheet.append(row(values, number))
    about = book.create_sheet("about")
    about.append(row(["Release of Payung", release_id], 1))
    about.append(row(["Query", text.strip()], 2))
    book.save(to)
    return len(answer.rows)


def write_text(to: Path, text: str) -> None:
    """Writes a text as a file."""
    _written(to, lambda aside: aside.write_text(text, encoding="utf-8"))


def _written(to: Path, write: Callable[[Path], int]) -> int:
    to = to.resolve()
    try:
        with files.written_aside(to) as aside:
            return write(aside)
    except OSError as error:
        raise QueryError(
            f"{to} could not be written: {error}. Choose a file in a folder that exists and is writable."
        ) from error
