"""The workbook of `payung releases diff --xlsx`: a summary, and one sheet for each kind of difference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from indicator_defs.errors import PayungError
from indicator_defs.system import files
from pipelines.cli.output.diff_text import (
    HEADINGS,
    LEVEL_WORDS,
    VALUE_COLUMNS,
    other_changes,
    plain_records,
    text_or_empty,
)
from warehouse.compare.exceeded_tolerances import ExceededTolerance
from warehouse.compare.release_diff import KINDS, LEVELS, Diff

if TYPE_CHECKING:
    from warehouse.workbook_cells import Cells

WIDEST, NARROWEST = 70, 9


class WorkbookWriteError(PayungError):
    """The workbook could not be written."""


def write_diff_workbook(diff: Diff, path: Path, exceeded: Sequence[ExceededTolerance] = ()) -> Path:
    """Writes the workbook in one step, so that no incomplete file remains after an error."""
    from openpyxl import Workbook

    from warehouse.workbook_cells import Cells, add_cuts

    cells = Cells("payung releases diff --json")
    book = Workbook()
    book.remove(book.worksheets[0])
    _summary_sheet(book, cells, diff, exceeded)
    for kind in KINDS:
        _sheet(book, cells, kind, diff.of_kind(kind)[list(VALUE_COLUMNS)])
    for name, frame in (
        ("indicators", diff.indicators),
        ("codes", diff.codes),
        ("definitions", diff.definitions),
        ("sources", diff.sources),
    ):
        _sheet(book, cells, name, frame)
    if exceeded:
        _sheet(book, cells, "tolerances", pd.DataFrame([e.as_dict() for e in exceeded]))
    add_cuts(book, cells)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.written_aside(path) as aside:
            book.save(aside)
    except OSError as error:
        raise WorkbookWriteError(
            f"{path} could not be written: {error.strerror or error}. Choose another file."
        ) from error
    return path


def _summary_sheet(book: Any, cells: Cells, diff: Diff, exceeded: Sequence[ExceededTolerance]) -> None:
    counts = diff.counts()
    rows = [
        {"difference": HEADINGS[kind], "level": LEVEL_WORDS[level], "number": counts[level][kind]}
        for kind in KINDS
        for level in LEVELS
    ]
    rows += [{"difference": title, "level": "", "number": len(frame)} for title, frame in other_changes(diff)]
    rows += [{"difference": "Sources with other snapshots", "level": "", "number": len(diff.sources)}]
    rows += [{"difference": "Tolerances exceeded", "level": "", "number": len(exceeded)}]
    rows += [{"difference": f"From release {diff.before} to release {diff.after}", "level": "", "number": None}]
    _sheet(
        book,
        cells,
        "summary",
        pd.DataFrame(rows, columns=["difference", "level", "number"]).astype({"number": "Int64"}),
    )


def _sheet(book: Any, cells: Cells, name: str, frame: pd.DataFrame) -> None:
    """Adds one sheet with a bold, frozen header, a filter, and widths that fit the contents."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    from warehouse.workbook_cells import check_size, coordinate, sheet_name

    check_size(f"Sheet {name}", len(frame) + 1, len(frame.columns), "Use payung releases diff --json.")
    sheet = book.create_sheet(sheet_name(name, book.sheetnames))
    for column, heading in enumerate(frame.columns, start=1):
        cell = sheet.cell(1, column)
        cells.put(cell, str(heading).replace("_", " "))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="FFDCE6F1")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    for number, row in enumerate(plain_records(frame), start=2):
        for column, value in enumerate(row.values(), start=1):
            cells.put(sheet.cell(number, column), _cell(value), f"{name}!{coordinate(column, number)}")
    for number, heading in enumerate(frame.columns, start=1):
        longest = max([len(str(heading)), *(len(text_or_empty(v)) for v in frame[heading].head(2000))])
        sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, NARROWEST), WIDEST)
    # in sheets of values, the columns that identify the value also remain visible
    sheet.freeze_panes = "F2" if "ref_area" in frame.columns else "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _cell(value: Any) -> Any:
    return "yes" if value is True else "no" if value is False else value
