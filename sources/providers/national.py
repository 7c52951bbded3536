"""National data in our own format: reads the CSV files that a statistician puts in (docs/national_format.md).

Belongs here: reading the format, and which dataset and vintage a file of it is.
Does not belong here: taking files in (sources/submissions), and whether codes and indicators
exist (warehouse checks them against the catalogue).

Our own format has our own codes: series is our indicator code, the dimensions are our breakdowns. Its faults
are reported all at once, with row and column as a spreadsheet shows them (the header is row 1).
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

# What the column `kind` may say, and the dataset it belongs to.
DATASET_OF = {"document": "documents", "national_submission": "submissions"}
# A clock may be wrong and a publication announced; a day further ahead is a slip of the hand.
AHEAD = timedelta(days=366)
_SHOWN = 20
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_GUIDE = "See docs/national_format.md."
_SAVE_AGAIN = f"Nothing was taken from it. Save the file as CSV again, or take it out of the inbox. {_GUIDE}"
_QUOTES = "Text that holds a comma stands in quotes."


@dataclass(frozen=True)
class _Sheet:
    """A file of the format: its columns, the records that fill them, and all faults by row (0: of the whole file)."""

    header: list[str]
    rows: list[list[str]]
    faults: list[tuple[int, str]]

    def column(self, name: str) -> list[str | None]:
        """The cells of a column, None where empty or where there is no such column."""
        if name not in self.header:
            return [None] * len(self.rows)
        at = self.header.index(name)
        return [row[at].strip() or None for row in self.rows]


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record; breakdown columns that are absent or empty hold _T.

    Raises SourceError with every fault (row, column, found, expected), and when `kind` is not the dataset's.
    """
    table = StagedTableBuilder(dataset)
    for file, body in files:
        sheet = _sheet(dataset, file, body)
        wrong = next((k for k in sheet.column("kind") if DATASET_OF.get(k or "") not in (None, dataset.dataset)), None)
        if wrong is not None:
            sheet.faults.append(
                (0, f"column kind: found {wrong!r}, which does not belong to dataset {dataset.dataset}")
            )
        _refuse(file, sheet.faults)
        values = {table.column(name, "attribute", file): sheet.column(name) for name in sheet.header}
        for breakdown in BREAKDOWNS:
            values[breakdown] = [c or "_T" for c in values.get(breakdown) or [None] * len(sheet.rows)]
        table.add(file, len(sheet.rows), values, first=2)
    return table.parsed()


def identify(spec: ProviderSpec, file: str, body: bytes) -> tuple[str, date]:
    """Dataset and vintage date of a file, from its columns `kind` and `vintage_date`.

    Raises SourceError with every fault of the file: those of `parse`, cells of the two columns that are not one and
    the same valid value, and a vintage still to come.
    """
    sheet = _sheet(spec.datasets[0], file, body)  # both datasets have the same columns
    found = {name: sorted({c for c in sheet.column(name) if c is not None}) for name in ("kind", "vintage_date")}
    for name, cells in found.items():
        if len(cells) > 1:
            shown = ", ".join(repr(c) for c in cells[:4])
            message = f"column {name}: found {shown}, expected one and the same in every row. Make a file of each."
            sheet.faults.append((0, message))
    ahead = clock.today() + AHEAD
    if any(is_day(c) and date.fromisoformat(c) > ahead for c in found["vintage_date"]):
        message = (
            f"column vintage_date: found {found['vintage_date'][-1]}, which is still to come; such a file would stand "
            "before every later one. Give the day on which these figures were published or sent."
        )
        sheet.faults.append((0, message))
    _refuse(file, sheet.faults)
    return DATASET_OF[found["kind"][0]], date.fromisoformat(found["vintage_date"][0])


def _sheet(dataset: DatasetSpec, file: str, body: bytes) -> _Sheet:
    """A file's columns, records and faults; the delimiter is the one of comma and semicolon that the header has more of.

    Raises SourceError for what is no table, or lacks a required column.
    """
    first = next((line for line in text_of(file, body, "CSV", _SAVE_AGAIN).splitlines() if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header, records = csv_records(file, body, delimiter, _SAVE_AGAIN)
    if len(header) < 2:
        raise SourceError(
            f"{file}: row 1: found {first[:40]!r}, expected the column names, parted by comma or semicolon. {_GUIDE}"
        )
    lacking = [c.published_as for c in dataset.columns if c.required and c.published_as not in header]
    if lacking:
        raise SourceError(
            f"{file}: header: required column {', '.join(lacking)} missing; found {', '.join(header)}. {_GUIDE}"
        )
    faults = [(n, f"{fault} {_QUOTES}") for n, fault in width_faults(records, len(header))]
    numbered = [(n, row) for n, row in enumerate(records, start=2) if len(row) == len(header)]
    sheet = _Sheet(header, [row for _, row in numbered], faults)
    faults += _cell_faults(dataset, sheet, [n for n, _ in numbered])
    return sheet


def _cell_faults(dataset: DatasetSpec, sheet: _Sheet, numbers: list[int]) -> Iterator[tuple[int, str]]:
    """Cells whose faults would otherwise be noticed without the statistician's own row and column. `numbers`: of rows."""
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
            yield number, f"row {number}: lower_bound {low} is above upper_bound {high}"


def _refuse(file: str, faults: list[tuple[int, str]]) -> None:
    """Raises SourceError with the faults in the order of their rows; does nothing where there are none."""
    if not faults:
        return
    messages = [fault for _, fault in sorted(faults, key=lambda f: f[0])]
    more = f"\n  ... and {len(messages) - _SHOWN} more" if len(messages) > _SHOWN else ""
    raise SourceError(
        f"{file}: {len(messages)} fault{'s' * (len(messages) > 1)}; nothing was taken from it. {_GUIDE}\n  "
        + "\n  ".join(messages[:_SHOWN])
        + more
    )
