"""Writes sheets of a workbook: cell types, number formats, widths, panes, filters, print set-up.

Belongs here: the layout of any table or page as a sheet.
Does not belong here: the list of sheets and their content (release_workbook.py, contents_sheet.py).
"""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from indicator_defs.rounding import decimals_shown
from warehouse.export.export_files import written_aside
from warehouse.export.labels import PUBLICATION_CLASSES
from warehouse.export.release_reader import Rows
from warehouse.workbook_cells import Cells, add_cuts, check_size, coordinate, printable, sheet_name

ColumnKind = Literal["text", "note", "code", "year", "value", "exact", "count", "share", "date", "class", "letter"]

HEADER_ROW = 4
MOST_LINES = 6  # limit of the row height, because some footnotes have several pages; the cell has the full text
LINE_HEIGHT = 12.75
A4, A3 = 9, 8

NUMBER_FORMATS: dict[str, str] = {
    "text": "General",
    "note": "General",
    "code": "@",
    "year": "0",
    "exact": "0.0",
    "count": "#,##0",
    "share": "0.00",
    "date": "yyyy-mm-dd",
    "class": "General",
    "letter": "General",
}
WRAPPED = ("text", "note", "class")
CENTRED = ("year", "date", "letter")
NUMBERS = ("value", "exact", "count", "share")
TEXTS = ("text", "note", "code", "class")  # indented, to separate them from a number on their left

# Fills only repeat the text of the cell; the hues are distinct for colour-blind readers and in grey print.
FILLS = {
    PUBLICATION_CLASSES["A"]: "CDE5F3",
    PUBLICATION_CLASSES["B"]: "FBE9C6",
    PUBLICATION_CLASSES["C"]: "E3E3E3",
    "header": "1F4E6B",
}


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet: its field, heading, width and format.

    `gap_field`: the field with the text that is shown if the value is missing, so that a gap is never an empty cell or
    a 0. Columns of kind "value" take their decimals from the field `decimals` of the row.
    """

    field: str
    header: str
    width: float
    kind: ColumnKind = "text"
    gap_field: str | None = None


@dataclass(frozen=True)
class SheetTable:
    """One sheet with one table: tab, heading, a line about the content, columns and rows.

    `frozen`: number of columns that stay in view. `fills`: colours of texts other than publication classes.
    `block_field`: a line is drawn where the value of this field changes. `bold_field`: rows in which it is true are bold.
    """

    tab: str
    heading: str
    about: str
    columns: Sequence[SheetColumn]
    rows: Rows
    frozen: int = 1
    fills: dict[str, str] = field(default_factory=dict)
    block_field: str | None = None
    bold_field: str | None = None
    most_lines: int = MOST_LINES


@dataclass(frozen=True)
class SheetLine:
    """One line of a page of text: its cells, whether they are bold, and the target of a link in the first cell."""

    texts: tuple[str, ...]
    bold: bool = False
    link: str | None = None


class Styles:
    """The cell styles of one workbook; cells with the same format share a style."""

    def __init__(self, workbook: Workbook) -> None:
        """`workbook`: the one whose cells get the styles."""
        self._scratch = Worksheet(workbook, "styles")  # not added to the workbook
        self._made: dict[tuple[Any, ...], Any] = {}
        workbook.add_named_style(NamedStyle("payung_text", font=Font(name="Calibri", size=10)))

    def put(
        self,
        cell: Any,
        number_format: str = "General",
        *,
        bold: bool = False,
        gap: bool = False,
        fill: str | None = None,
        white: bool = False,
        wrap: bool = False,
        centre: bool = False,
        indent: bool = False,
        right: bool = False,
        top_line: bool = False,
        quoted: bool = False,
        link: bool = False,
        size: int = 10,
    ) -> None:
        """Sets the style of a cell."""
        key = (number_format, bold, gap, fill, white, wrap, centre, indent, right, top_line, quoted, link, size)
        if key not in self._made:
            model: Any = self._scratch.cell(1, 1)
            model.style = "payung_text"
            colour = "FFFFFF" if white else "595959" if gap else "1F4E6B" if link else "000000"
            model.font = Font(
                name="Calibri", size=size, bold=bold, italic=gap, color=colour, underline="single" if link else None
            )
            side = "center" if centre else "left" if indent else "right" if right else None
            model.alignment = Alignment(vertical="top", wrap_text=wrap, horizontal=side, indent=int(indent))
            model.number_format = number_format
            model.fill = PatternFill("solid", start_color=fill) if fill else PatternFill()
            model.border = Border(top=Side("thin", color="7F7F7F")) if top_line else Border()
            model.protection = Protection()
            style = copy(model._style)
            style.quotePrefix = int(quoted)
            self._made[key] = style
        cell._style = copy(self._made[key])


def first_rows(table: SheetTable) -> dict[str, int]:
    """The first row of each value of a table's first column, as a row number of the sheet."""
    out: dict[str, int] = {}
    for number, value in enumerate(table.rows.column(table.columns[0].field), start=HEADER_ROW + 1):
        out.setdefault(str(value), number)
    return out


def decimal_format(decimals: int) -> str:
    """The number format with this number of decimals, rounded half up; the stored number has all digits."""
    return "#,##0" + ("." + "0" * decimals if decimals else "")


class Book:
    """A workbook to which sheets are added before it is saved."""

    def __init__(self, title: str, made_on: date, footer: str) -> None:
        """`title` and `made_on`: document properties; `footer`: text at the foot of each printed page."""
        self._book = Workbook()
        self._book.remove(self._book.worksheets[0])
        self._styles = Styles(self._book)
        self._cells = Cells("the CSV files")
        self._footer = printable(footer).replace("&", "&&")
        stamp = datetime.combine(made_on, time())
        properties = self._book.properties
        properties.title, properties.creator = printable(title), "Payung"
        properties.created = properties.modified = stamp
        self._stamp = stamp

    def add_table(self, table: SheetTable) -> None:
        """Adds a table as the next sheet. Raises SheetError if the table is too large for a sheet."""
        rows = HEADER_ROW + len(table.rows.rows)
        check_size(f"Sheet {table.tab}", rows, len(table.columns), "Use payung export --only csv,parquet.")
        sheet = self._new_sheet(table.tab, len(table.columns))
        self._head(sheet, table.heading, table.about)
        for number, column in enumerate(table.columns, start=1):
            cell = sheet.cell(HEADER_ROW, number)
            self._put(cell, column.header)
            centre = column.kind in CENTRED
            indent = number > 1 and column.kind in TEXTS
            right = column.kind in NUMBERS and column.gap_field is None
            self._styles.put(
                cell, bold=True, fill=FILLS["header"], white=True, wrap=True, centre=centre, indent=indent, right=right
            )
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        lines = max(_lines(c.header, c.width - 2) for c in table.columns)
        sheet.row_dimensions[HEADER_ROW].height = LINE_HEIGHT * lines + 4
        self._body(sheet, table)
        last = get_column_letter(len(table.columns))
        sheet.freeze_panes = f"{get_column_letter(table.frozen + 1)}{HEADER_ROW + 1}"
        sheet.auto_filter.ref = f"A{HEADER_ROW}:{last}{max(HEADER_ROW + len(table.rows.rows), HEADER_ROW + 1)}"
        sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"

    def add_page(self, tab: str, heading: str, about: str, widths: Sequence[float], lines: Sequence[SheetLine]) -> None:
        """Adds a page of text as the next sheet; the link of a line is a cell of the workbook, such as 'Tab'!A5."""
        sheet = self._new_sheet(tab, len(widths))
        self._head(sheet, heading, about)
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        for row, line in enumerate(lines, start=HEADER_ROW):
            for number, text in enumerate(line.texts, start=1):
                cell = sheet.cell(row, number)
                linked = number == 1 and line.link is not None
                quoted = self._put(cell, text)
                # Text without a cell to its right can overflow; other text is wrapped.
                wrap = len(line.texts) > 1
                self._styles.put(cell, bold=line.bold, wrap=wrap, quoted=quoted, link=linked)
                if linked:
                    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=line.link, display=printable(text))
            if len(line.texts) > 1:
                most = max(_lines(t, w) for t, w in zip(line.texts, widths, strict=False))
                sheet.row_dimensions[row].height = LINE_HEIGHT * most + 1
        sheet.freeze_panes = f"A{HEADER_ROW}"

    def save(self, path: Path) -> None:
        """Writes the workbook; the same content gives the same bytes. Raises ExportError if writing fails."""
        add_cuts(self._book, self._cells)
        buffer = io.BytesIO()
        self._book.save(buffer)
        with written_aside(path) as temporary_path:
            _with_release_date(buffer, temporary_path, self._stamp)

    def _put(self, cell: Any, value: Any) -> bool:
        """Writes a value; returns whether the style of the cell needs the quote prefix."""
        return self._cells.put(cell, value, f"{cell.parent.title}!{coordinate(cell.column, cell.row)}")

    def _new_sheet(self, tab: str, columns: int) -> Worksheet:
        sheet: Worksheet = self._book.create_sheet(sheet_name(tab, self._book.sheetnames))
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = A4 if columns <= 10 else A3
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.5, 0.8, 0.4
        footer: Any = sheet.oddFooter
        footer.left.text, footer.center.text, footer.right.text = self._footer, "&A", "Page &P of &N"
        return sheet

    def _head(self, sheet: Worksheet, heading: str, about: str) -> None:
        for row, text, size in ((1, heading, 14), (2, about, 10)):
            cell = sheet.cell(row, 1)
            self._put(cell, text)
            self._styles.put(cell, bold=row == 1, gap=row == 2, size=size)
        sheet.row_dimensions[1].height = 21

    def _body(self, sheet: Worksheet, table: SheetTable) -> None:
        fields = table.rows
        shown = [
            (c, fields.at(c.field), fields.at(c.gap_field) if c.gap_field else None, c.kind in WRAPPED)
            for c in table.columns
        ]
        decimals = fields.at("decimals") if "decimals" in fields.fields else None
        block_at = fields.at(table.block_field) if table.block_field else None
        bold_at = fields.at(table.bold_field) if table.bold_field else None
        previous: Any = None
        for number, row in enumerate(fields.rows, start=HEADER_ROW + 1):
            top_line = block_at is not None and row[block_at] != previous
            previous = row[block_at] if block_at is not None else None
            is_bold = bold_at is not None and bool(row[bold_at])
            lines = 1
            for position, (column, at, gap_at, wrapped) in enumerate(shown, start=1):
                value = row[at]
                gap = value is None and gap_at is not None
                if gap and gap_at is not None:
                    value = row[gap_at]
                if value is None and not top_line:
                    continue
                if column.kind == "class" and value is not None:
                    value = PUBLICATION_CLASSES.get(value, value)
                digits = row[decimals] if decimals is not None else 1
                if column.kind == "value":
                    is_number = isinstance(value, int | float)
                    number_format = decimal_format(decimals_shown(value, digits) if is_number else digits)
                else:
                    number_format = NUMBER_FORMATS[column.kind]
                cell = sheet.cell(number, position)
                quoted, fill = self._put(cell, value), None
                if isinstance(value, str):
                    fill = table.fills.get(value) or (FILLS.get(value) if column.kind == "class" else None)
                    if wrapped or gap:
                        lines = max(lines, _lines(value, column.width - 1))
                    if gap:
                        number_format = "General"
                self._styles.put(
                    cell,
                    number_format,
                    bold=is_bold,
                    gap=gap,
                    fill=fill,
                    wrap=wrapped or gap,
                    centre=column.kind in CENTRED,
                    indent=position > 1 and column.kind in TEXTS,
                    top_line=top_line,
                    quoted=quoted,
                )
            sheet.row_dimensions[number].height = LINE_HEIGHT * min(lines, table.most_lines) + 1


@lru_cache(maxsize=50_000)
def _lines(text: str, width: float) -> int:
    """The number of lines of a text in a cell of this width (in characters)."""
    return sum(1 if len(part) <= width else len(textwrap.wrap(part, int(width))) for part in text.split("\n"))


def _with_release_date(buffer: io.BytesIO, path: Path, stamp: datetime) -> None:
    """Copies a saved workbook, replacing each time of saving by the date of the release."""
    saved = f"{stamp:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                start = content.index(b">", content.index(b"<dcterms:modified")) + 1
                content = content[:start] + saved + content[content.index(b"</dcterms:modified>") :]
            fixed = zipfile.ZipInfo(entry.filename, date_time=stamp.timetuple()[:6])
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            new.writestr(fixed, content)
