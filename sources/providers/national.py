"""National data in our own format: reads the CSV files that a statistician puts in (docs/national_format.md).

Belongs here: reading the format, and making snapshots of the files in the inbox.
Does not belong here: whether codes and indicators exist (warehouse checks them against the catalogue).

Our own format has our own codes: series is our indicator code, the dimensions are our breakdowns. Its faults
are reported all at once, with row and column as a spreadsheet shows them (the header is row 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.cell_texts import is_day
from indicator_defs.system import clock
from sources.parsing import ParsedDataset, SourceError, Table, content_fingerprint, csv_records, text_of, width_faults
from sources.provider_spec import DatasetSpec

if TYPE_CHECKING:
    from sources.manifests import Manifest
    from sources.snapshots import SnapshotStore

PROVIDER = "national"
# What the column `kind` may say, and the dataset it belongs to.
DATASET_OF = {"document": "documents", "national_submission": "submissions"}
# A clock may be wrong and a publication announced; a day further ahead is a slip of the hand.
AHEAD = timedelta(days=366)
SHEETS = (".xlsx", ".xls", ".ods", ".tsv")
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
    table = Table(dataset)
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


def inbox_files(folder: Path) -> list[Path]:
    """The files of an inbox that are taken in, by name: those that end in .csv (.CSV too) and are not hidden."""
    if not folder.is_dir():
        return []
    return sorted(
        p for p in folder.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith(".") and p.is_file()
    )


def inbox_sheets(folder: Path) -> list[Path]:
    """Spreadsheets in an inbox that somebody may have meant to hand in; they are not taken."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SHEETS) if folder.is_dir() else []


def collect_inbox(folder: Path, store: SnapshotStore) -> list[Manifest]:
    """Makes a snapshot of every CSV file in `folder`; returns their manifests, in the order of the file names.

    The columns `kind` and `vintage_date`, the same in all rows of a file, say which dataset and which vintage
    it is. A file that was taken in before is recognised by its bytes and kept as it is. A missing folder is an
    empty one. Raises SourceError when a file is faulty (nothing of that file is kept).
    """
    files = inbox_files(folder)
    taken = {(m.provider, f.sha256): m for m in store.list() for f in m.files} if files else {}
    return [_take_in(path, path.read_bytes(), store, taken) for path in files]


def _take_in(path: Path, body: bytes, store: SnapshotStore, taken: dict[tuple[str, str], Manifest]) -> Manifest:
    from sources.manifests import Origin, RawFile, sha256
    from sources.registry import provider

    kept = taken.get((PROVIDER, sha256(body)))
    if kept is not None:
        return kept
    spec = provider(PROVIDER)
    dataset, vintage = identify(path.name, body)
    parsed = parse(spec.dataset(dataset), [(path.name, body)])
    frame = parsed.frame
    producers = sorted({str(p) for p in frame["producer"] if p is not None})
    origin = Origin(
        provider=PROVIDER,
        dataset=dataset,
        producer="; ".join(producers) or f"not stated in {path.name}",
        vintage_date=vintage,
        fetched_at=clock.stamp(),
        address=f"inbox/{path.name}",
        series_asked=sorted(frame["series"].unique()),
        areas_asked=sorted(frame["ref_area"].unique()),
        licence=spec.licence,
        attribution=spec.attribution,
        note="; ".join(parsed.warnings) or None,
        content_fingerprint=content_fingerprint(frame),
        rows=len(frame),
        origin="inbox",
        supersedes=spec.supersedes,
    )
    return store.add(origin, [RawFile(path.name, body, f"inbox/{path.name}")])


def identify(file: str, body: bytes) -> tuple[str, date]:
    """Dataset and vintage date of a file, from its columns `kind` and `vintage_date`.

    Raises SourceError with every fault of the file: those of `parse`, cells of the two columns that are not one and
    the same valid value, and a vintage still to come.
    """
    from sources.registry import provider

    sheet = _sheet(provider(PROVIDER).datasets[0], file, body)  # both datasets have the same columns
    found = {name: sorted({c for c in sheet.column(name) if c is not None}) for name in ("kind", "vintage_date")}
    for name, cells in found.items():
        if len(cells) > 1:
            shown = ", ".join(repr(c) for c in cells[:4])
            said = f"column {name}: found {shown}, expected one and the same in every row. Make a file of each."
            sheet.faults.append((0, said))
    ahead = clock.today() + AHEAD
    if any(is_day(c) and date.fromisoformat(c) > ahead for c in found["vintage_date"]):
        said = (
            f"column vintage_date: found {found['vintage_date'][-1]}, which is still to come; such a file would stand "
            "before every later one. Give the day on which these figures were published or sent."
        )
        sheet.faults.append((0, said))
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
    told = [fault for _, fault in sorted(faults, key=lambda f: f[0])]
    more = f"\n  ... and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    raise SourceError(
        f"{file}: {len(told)} fault{'s' * (len(told) > 1)}; nothing was taken from it. {_GUIDE}\n  "
        + "\n  ".join(told[:_SHOWN])
        + more
    )
