"""National data: parser for the CSV files that statisticians submit (docs/national_format.md).

Belongs here: parsing the format, and the dataset and vintage of a file.
Does not belong here: collecting files (sources/submissions), and whether codes and indicators
exist (warehouse checks them against the catalogue).

The format uses our codes: series is our indicator code, the dimensions are our breakdowns. All faults of a file
are reported together, with row and column as in a spreadsheet (the header is row 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.cell_texts import is_day
from indicator_defs.system import clock
from sources.parsing import (
    ParsedDataset,
    SourceError,
    StagedTableBuilder,
    csv_records,
    text_of,
    width_faults,
)
from sources.provider_spec import DatasetSpec, ProviderSpec

# The values of the column `kind`, and the dataset of each.
DATASET_OF = {"document": "documents", "national_submission": "submissions"}
# A vintage date may be ahead of a wrong clock, or announced; one further ahead is a typing error.
AHEAD = timedelta(days=366)
_SHOWN = 20
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_GUIDE = "See docs/national_format.md."
_SAVE_AGAIN = f"Nothing of it was stored. Save the file as CSV again, or remove it from the inbox. {_GUIDE}"
_QUOTES = "Put text with a comma in quotes."


@dataclass(frozen=True)
class _Sheet:
    """A file of the format: its header, records, and all faults by row (0: of the whole file)."""

    header: list[str]
    rows: list[list[str]]
    faults: list[tuple[int, str]]

    def column(self, name: str) -> list[str | None]:
        """The cells of a column; None if a cell is empty, or the file has no such column."""
        if name not in self.header:
            return [None] * len(self.rows)
        at = self.header.index(name)
        return [row[at].strip() or None for row in self.rows]


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record; missing columns and empty cells of breakdowns become _T.

    Raises SourceError with every fault (row, column, found, expected), and if `kind` is of another dataset.
    """
    table = StagedTableBuilder(dataset)
    for file, body in files:
        sheet = _sheet(dataset, file, body)
        wrong = next((k for k in sheet.column("kind") if DATASET_OF.get(k or "") not in (None, dataset.dataset)), None)
        if wrong is not None:
            sheet.faults.append(
                (0, f"column kind: found {wrong!r}, expected {_kind_of(dataset)!r} for dataset {dataset.dataset}")
            )
        _refuse(file, sheet.faults)
        values = {table.column(name, "attribute", file): sheet.column(name) for name in sheet.header}
        for breakdown in BREAKDOWNS:
            values[breakdown] = [c or "_T" for c in values.get(breakdown) or [None] * len(sheet.rows)]
        table.add(file, len(sheet.rows), values, first=2)
    return table.parsed()


def identify(spec: ProviderSpec, file: str, body: bytes) -> tuple[str, date]:
    """Dataset and vintage date of a file, from its columns `kind` and `vintage_date`.

    Raises SourceError with every fault of the file: those of `parse`, different values in one of the two columns, and a
    vintage date in the future.
    """
    sheet = _sheet(spec.datasets[0], file, body)  # both datasets have the same columns
    found = {name: sorted({c for c in sheet.column(name) if c is not None}) for name in ("kind", "vintage_date")}
    for name, cells in found.items():
        if len(cells) > 1:
            shown = ", ".join(repr(c) for c in cells[:4])
            message = f"column {name}: found {shown}, expected the same value in every row. Make one file for each."
            sheet.faults.append((0, message))
    ahead = clock.today() + AHEAD
    if any(is_day(c) and date.fromisoformat(c) > ahead for c in found["vintage_date"]):
        message = (
            f"column vintage_date: found {found['vintage_date'][-1]}, expected {ahead} at the latest; the file would "
            "replace every later one. Give the day on which these figures were published or sent."
        )
        sheet.faults.append((0, message))
    _refuse(file, sheet.faults)
    return DATASET_OF[found["kind"][0]], date.fromisoformat(found["vintage_date"][0])


def _kind_of(dataset: DatasetSpec) -> str:
    return next(kind for kind, name in DATASET_OF.items() if name == dataset.dataset)


def _sheet(dataset: DatasetSpec, file: str, body: bytes) -> _Sheet:
    """A file's columns, records and faults; the delimiter is comma or semicolon, whichever is more frequent in the header.

    Raises SourceError for a file that is not a table, or lacks a required column.
    """
    first = next((line for line in text_of(file, body, "CSV", _SAVE_AGAIN).splitlines() if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header, records = csv_records(file, body, delimiter, _SAVE_AGAIN)
    if len(header) < 2:
        raise SourceError(
            f"{file}: row 1: found {first[:40]!r}, expected the column names, separated by comma or semicolon. {_GUIDE}"
        )
    missing = [c.published_as for c in dataset.columns if c.required and c.published_as not in header]
    if missing:
        raise SourceError(
            f"{file}: header: required column {', '.join(missing)} missing; found {', '.join(header)}. {_GUIDE}"
        )
    faults = [(n, f"{fault} {_QUOTES}") for n, fault in width_faults(records, len(header))]
    numbered = [(n, row) for n, row in enumerate(records, start=2) if len(row) == len(header)]
    sheet = _Sheet(header, [row for _, row in numbered], faults)
    faults += _cell_faults(dataset, sheet, [n for n, _ in numbered])
    return sheet


def _cell_faults(dataset: DatasetSpec, sheet: _Sheet, numbers: list[int]) -> Iterator[tuple[int, str]]:
    """Faulty cells, reported here with row and column of the submitted file. `numbers`: the row numbers of the file."""
    for column in dataset.columns:
        if column.published_as not in sheet.header:
            continue
        pattern = re.compile(column.pattern, re.ASCII) if column.pattern else None
        for number, cell in zip(numbers, sheet.column(column.published_as), strict=True):
            place = f"row {number}, column {column.published_as}"
            if cell is None:
                if not column.nullable:
                    yield number, f"{place}: empty, expected {column.description}"
            elif (pattern is not None and pattern.fullmatch(cell) is None) or (
                column.name == "vintage_date" and not is_day(cell)
            ):
                advice = " Write decimals with a point." if re.fullmatch(r"[<>=]*-?\d+,\d+", cell) else ""
                yield number, f"{place}: found {cell!r}, expected {column.description}{advice}"
    bounds = zip(numbers, sheet.column("lower_bound"), sheet.column("upper_bound"), strict=True)
    for number, low, high in bounds:
        if low and high and _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high) and float(low) > float(high):
            yield number, f"row {number}: found lower_bound {low} above upper_bound {high}"


def _refuse(file: str, faults: list[tuple[int, str]]) -> None:
    """Raises SourceError with the faults in the order of their rows, if there are any."""
    if not faults:
        return
    messages = [fault for _, fault in sorted(faults, key=lambda f: f[0])]
    others = f"\n  ... and {len(messages) - _SHOWN} more" if len(messages) > _SHOWN else ""
    raise SourceError(
        f"{file}: {len(messages)} fault{'s' * (len(messages) > 1)}; nothing of it was stored. {_GUIDE}\n  "
        + "\n  ".join(messages[:_SHOWN])
        + others
    )
