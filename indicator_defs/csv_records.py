"""The records of a CSV file of definitions, one per line, with every fault of a line or header.

What a column may contain is checked by the modules of the subjects.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

Report = Callable[[int, str], None]
"""A function that takes a line number and the fault of that line."""

_QUOTED = r'"(?:[^"]|"")*"'
_CELL = re.compile(rf'(?:{_QUOTED}|[^",]*)(?=,|\Z)')
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ONE_LINE = "a record is one line; a cell has no line break"


def records(text: str, columns: Sequence[str], report: Report) -> Iterator[tuple[int, dict[str, str]]]:
    """The records of a CSV text with exactly these columns in any order: line number, and cells by column.

    White space around a cell is removed. A faulty line is reported and skipped; if the header is faulty, nothing else is
    read. Lines end in LF or CR LF; empty lines at the end of the text are ignored.
    """
    if "\r" in text.replace("\r\n", ""):
        line = re.split("\r(?!\n)", text, maxsplit=1)[0].count("\n") + 1
        report(line, "found a line end CR, expected LF or CR LF; save the file with line ends LF or CR LF")
        return
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        report(1, f"the file is empty, expected a header: {','.join(columns)}")
        return
    header = _header(lines[0], columns, report)
    if header is None:
        return
    for number, line in enumerate(lines[1:], start=2):
        fault = _line_fault(line, header)
        if fault:
            report(number, fault)
            continue
        cells = [c.strip() for c in _cells(line)]
        if len(cells) != len(header):
            report(number, _cell_count_fault(cells, header))
        elif not any(cells):
            report(number, "every cell of the line is empty; remove the line")
        elif cells == header:
            report(number, "the line repeats the header; remove it")
        else:
            yield number, dict(zip(header, cells, strict=True))


def _header(line: str, columns: Sequence[str], report: Report) -> list[str] | None:
    """The column names; None if they are not the expected ones."""
    expected = f"expected {','.join(columns)}"
    fault = _line_fault(line, []) if line.strip() else f"the header is empty, {expected}"
    for delimiter, name in _OTHER_DELIMITERS.items():
        if not fault and "," not in line and line.count(delimiter) >= len(columns) - 1 > 0:
            fault = f"found columns separated by {name}, expected commas; save the file as CSV with commas"
    if fault:
        report(1, fault)
        return None
    header = [c.strip() for c in _cells(line)]
    faults = []
    if empty := [str(at) for at, name in enumerate(header, start=1) if not name]:
        faults.append(f"column {', '.join(empty)} has no name; remove it, and its cell in every line")
    if double := sorted({name for name in header if name and header.count(name) > 1}):
        faults.append(f"duplicate columns: {', '.join(double)}; keep one of each")
    if missing := [name for name in columns if name not in header]:
        faults.append(f"missing columns: {', '.join(missing)}; {expected}")
    if unknown := [name for name in header if name and name not in columns]:
        faults.append(f"unknown columns: {', '.join(unknown)}; {expected}")
    for text in faults:
        report(1, text)
    return None if faults else header


def _line_fault(line: str, header: Sequence[str]) -> str:
    """The fault because of which a line cannot be split into cells; empty if there is none."""
    if not line.strip():
        return "the line is empty; remove it"
    control = next((c for c in line if unicodedata.category(c) == "Cc" and c != "\t"), None)
    if control is not None:
        name = "a NUL" if control == "\0" else f"the control character U+{ord(control):04X}"
        return f"found {name} at character {line.index(control) + 1}, expected text; remove it"
    at, number = 0, 0
    while at <= len(line):
        found = _CELL.match(line, at)
        if found is None:
            column = f" ({header[number]})" if number < len(header) else ""
            return f"cell {number + 1}{column}: {_quote_fault(line[at:])}"
        at, number = found.end() + 1, number + 1
    return ""


def _quote_fault(rest: str) -> str:
    """The fault in the quotes of the cell at the beginning of `rest`."""
    if not rest.startswith('"'):
        return "found a quote in a cell without an opening quote; quote the whole cell, and double each quote in it"
    closed = re.match(_QUOTED, rest)
    if closed is None:
        return f"found a quote that is not closed in this line ({_ONE_LINE}); close it or remove it"
    return f"found {rest[closed.end() :][:20]!r} after the closing quote, expected a comma; double each quote in a cell"


def _cells(line: str) -> list[str]:
    """The cells of a line without faults."""
    return next(csv.reader([line], strict=True)) if '"' in line else line.split(",")


def _cell_count_fault(cells: Sequence[str], header: Sequence[str]) -> str:
    """The message about a line with too many or too few cells."""
    counts = f"found {len(cells)} cells, expected {len(header)} as in the header"
    if len(cells) < len(header):
        return f"{counts}; missing: {', '.join(header[len(cells) :])}; write a comma also for an empty cell"
    if not any(cells[len(header) :]):
        return f"{counts}; the last {len(cells) - len(header)} are empty; remove the commas at the end of the line"
    return f"{counts}; quote each cell that contains a comma"
