"""Writing values into the cells of an Excel workbook, for every workbook that Payung writes.

Belongs here: types, texts and limits of the format (ECMA-376), names of sheets.
Does not belong here: the sheets of a workbook and their layout (export/, query/answer_files.py,
pipelines/cli/output/diff_workbook.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from openpyxl.utils import get_column_letter

from indicator_defs.errors import PayungError
from indicator_defs.rounding import digits

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
MOST_CHARACTERS = 32_767  # counted in units of UTF-16, as Excel does
MOST_DIGITS = 15
MOST_NAME = 31
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

# Characters that XML does not allow, and unpaired surrogates of UTF-16.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# In the format _xHHHH_ is an escaped character, so the underscore of a text of this form is escaped. A carriage return
# is written as such an escape (XML would read it as a line feed), so it can end this form too.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}[_\r])")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = "history"


class SheetError(PayungError):
    """A table does not fit into a sheet of the format."""


@dataclass(frozen=True)
class CutText:
    """A text that was cut because a cell cannot hold it: its place, full length and beginning."""

    place: str
    length: int
    beginning: str

    def __str__(self) -> str:
        return f"{self.place}: {self.length:,} characters, beginning {self.beginning!r}"


class Cells:
    """Writes the values of one workbook into its cells, and lists the texts that were cut."""

    def __init__(self, full_texts: str) -> None:
        """`full_texts`: where the full text of a cut cell can be read, for the mark at the cut."""
        self._mark = f" … [cut; full text in {full_texts}]"
        self.cuts: list[CutText] = []

    def put(self, cell: Any, value: Any, place: str = "") -> bool:
        """Writes a value: numbers with all their digits, dates as dates, anything else as text, never as a formula.

        `place` names the cell in the list of cuts. Returns whether the cell has the quote prefix, because a caller
        that sets a style afterwards must set the prefix again.
        """
        value = _plain(value)
        if value is None:
            return False
        if isinstance(value, bool) or (isinstance(value, date) and _is_day(value)):
            cell.value = value
            return False
        if isinstance(value, int | float | Decimal) and _is_number(value):
            # the library itself would write 16 digits of a number, and a double needs up to 17
            cell._value = repr(float(value) + 0.0) if isinstance(value, float) else digits(value)
            cell.data_type = "n"
            return False
        return self.text(cell, str(value), place)

    def text(self, cell: Any, text: str, place: str = "") -> bool:
        """Writes text as text, cut with a mark where it is too long. Returns whether the cell has the quote prefix."""
        shown = printable(text)
        if (length := _units(shown)) > MOST_CHARACTERS:
            self.cuts.append(CutText(place or "a cell", length, shown[:40]))
            shown = _first_units(shown, MOST_CHARACTERS - _units(self._mark)) + self._mark
        # not set through the library, which would cut an escaped text at the limit for unescaped ones
        cell._value = _ESCAPE.sub("_x005F_", shown).replace("\r", "_x000D_")
        cell.data_type = "s"
        quoted = text.startswith(FORMULA_STARTS)
        if quoted:
            cell.quotePrefix = True
        return quoted


def printable(text: str) -> str:
    """The text with the characters that XML cannot hold replaced."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def check_size(sheet: str, rows: int, columns: int, remedy: str) -> None:
    """Raises SheetError where a table, heading included, is larger than a sheet. `remedy`: what the user can do."""
    for found, most, what in ((rows, MOST_ROWS, "rows"), (columns, MOST_COLUMNS, "columns")):
        if found > most:
            raise SheetError(f"{sheet} has {found:,} {what}; a sheet can have {most:,} with the heading. {remedy}")


def sheet_name(name: str, used: Collection[str]) -> str:
    """A sheet name close to `name` that the format allows and that is not among the `used` ones."""
    name = _NOT_IN_NAMES.sub("_", printable(name)).strip().strip("'") or "sheet"
    name = _first_units(name, MOST_NAME).strip("'")
    if name.lower() == _RESERVED:
        name += "_"
    lower, number, out = {u.lower() for u in used}, 1, name
    while out.lower() in lower:
        number += 1
        out = _first_units(name, MOST_NAME - len(str(number)) - 1) + f" {number}"
    return out


def add_cuts(book: Any, cells: Cells) -> None:
    """Adds a sheet that lists the cells whose text was cut, if there are any."""
    if not cells.cuts:
        return
    sheet = book.create_sheet(sheet_name("Cut texts", book.sheetnames))
    lines = [
        f"A cell can hold {MOST_CHARACTERS:,} characters. These texts are longer and were cut:",
        *map(str, cells.cuts),
    ]
    for row, line in enumerate(lines[:MOST_ROWS], start=1):
        cells.text(sheet.cell(row, 1), line)


def coordinate(column: int, row: int) -> str:
    """The address of a cell in its sheet, such as "B7"; columns and rows count from 1."""
    return f"{get_column_letter(column)}{row}"


def _plain(value: Any) -> Any:
    """The value as a Python type: the text of a numpy value includes the name of its type."""
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def _is_number(value: float | Decimal) -> bool:
    """Whether an Excel number can hold it: finite, and at most fifteen digits if it is an integer or a decimal."""
    if not isfinite(value):
        return False
    if isinstance(value, float):
        return True
    return len("".join(map(str, Decimal(value).as_tuple().digits)).lstrip("0")) <= MOST_DIGITS


def _is_day(value: date) -> bool:
    """Whether an Excel date can hold it: no time zone, not before 1901, no parts of a millisecond."""
    if isinstance(value, datetime) and (value.tzinfo is not None or value.microsecond % 1000):
        return False
    return value.year > 1900


def _units(text: str) -> int:
    """The length as Excel counts it: a character above U+FFFF counts as two."""
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def _first_units(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")
