"""National data in our own format: reads the CSV files that a statistician puts in (docs/national_format.md).

Belongs here: reading the format, and making snapshots of the files in the inbox.
Does not belong here: whether codes and indicators exist (warehouse checks them against the catalogue).

Our own format has our own codes: series is our indicator code, the dimensions are our breakdowns. Its faults
are reported all at once, with row and column as a spreadsheet shows them (the header is row 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.breakdowns import BREAKDOWNS
from sources.parsing import ParsedDataset, SourceError, Table, content_fingerprint, read_csv, text_of
from sources.spec import DatasetSpec

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


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record; breakdown columns that are absent or empty hold _T.

    Raises SourceError with every fault (row, column, found, expected), and when `kind` is not the dataset's.
    """
    table = Table(dataset)
    for file, body in files:
        header, rows = _records(file, body)
        lacking = [c.published_as for c in dataset.columns if c.required and c.published_as not in header]
        if lacking:
            raise SourceError(
                f"{file}: header: required column {', '.join(lacking)} missing; found {', '.join(header)}. {_GUIDE}"
            )
        values: dict[str, list[str | None]] = {}
        for name, cells in zip(header, zip(*rows, strict=True), strict=True):
            values[table.column(name, "attribute", file)] = [c.strip() or None for c in cells]
        _check(file, dataset, values, len(rows))
        for breakdown in BREAKDOWNS:
            column = values.get(breakdown) or [None] * len(rows)
            values[breakdown] = [c or "_T" for c in column]
        table.add(file, len(rows), values, first=2)
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
    if vintage > datetime.now(UTC).date() + AHEAD:
        raise SourceError(
            f"{path.name}: row 2, column vintage_date: found {vintage}, which is still to come; such a file would stand "
            f"before every later one. Give the day on which these figures were published or sent. {_GUIDE}"
        )
    parsed = parse(spec.dataset(dataset), [(path.name, body)])
    frame = parsed.frame
    producers = sorted({str(p) for p in frame["producer"] if p is not None})
    origin = Origin(
        provider=PROVIDER,
        dataset=dataset,
        producer="; ".join(producers) or f"not stated in {path.name}",
        vintage_date=vintage,
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
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

    Raises SourceError when a column is missing or its cells are not one and the same valid value.
    """
    header, rows = _records(file, body)
    told = {}
    for name in ("kind", "vintage_date"):
        if name not in header:
            raise SourceError(f"{file}: header: required column {name} missing; found {', '.join(header)}. {_GUIDE}")
        cells = sorted({row[header.index(name)].strip() for row in rows})
        if len(cells) > 1:
            raise SourceError(
                f"{file}: column {name}: found {', '.join(repr(c) for c in cells[:4])}, expected one and the same in "
                f"every row. Make a file of each. {_GUIDE}"
            )
        told[name] = cells[0]
    if told["kind"] not in DATASET_OF:
        raise SourceError(
            f"{file}: row 2, column kind: found {told['kind']!r}, expected {' or '.join(DATASET_OF)}. {_GUIDE}"
        )
    try:
        return DATASET_OF[told["kind"]], date.fromisoformat(told["vintage_date"])
    except ValueError as error:
        raise SourceError(
            f"{file}: row 2, column vintage_date: found {told['vintage_date']!r}, expected a day as 2026-11-22: the "
            f"day on which these figures were published or sent. {_GUIDE}"
        ) from error


def _records(file: str, body: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and records; the delimiter is the one of comma and semicolon that the header has more of."""
    first = next((line for line in text_of(file, body, "CSV").splitlines() if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header, rows = read_csv(file, body, delimiter)
    if len(header) < 2:
        raise SourceError(
            f"{file}: row 1: found {first[:40]!r}, expected the column names, parted by comma or semicolon. {_GUIDE}"
        )
    return header, rows


def _check(file: str, dataset: DatasetSpec, values: dict[str, list[str | None]], count: int) -> None:
    """Checks cells whose faults would otherwise be noticed without the statistician's own row and column."""
    faults: list[str] = []
    for column in dataset.columns:
        cells = values.get(column.name)
        if cells is None:
            continue
        pattern = re.compile(column.pattern) if column.pattern else None
        for number, cell in enumerate(cells, start=2):
            if cell is None:
                if not column.nullable:
                    faults.append(f"row {number}, column {column.published_as}: empty, expected {column.description}")
            elif pattern is not None and pattern.fullmatch(cell) is None:
                advice = " Write decimals with a point." if re.fullmatch(r"[<>=]*-?\d+,\d+", cell) else ""
                faults.append(
                    f"row {number}, column {column.published_as}: found {cell!r}, expected {column.description}{advice}"
                )
    for number in range(count):
        low, high = (values.get(n, [None] * count)[number] for n in ("lower_bound", "upper_bound"))
        if low and high and _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high) and float(low) > float(high):
            faults.append(f"row {number + 2}: lower_bound {low} is above upper_bound {high}")
    wrong = next(
        (k for k in values.get("kind", []) if k is not None and DATASET_OF.get(k) not in (None, dataset.dataset)), None
    )
    if wrong is not None:
        faults.append(f"column kind: found {wrong!r}, which does not belong to dataset {dataset.dataset}")
    if faults:
        more = f"\n  ... and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise SourceError(
            f"{file}: {len(faults)} faults; nothing was taken from it. {_GUIDE}\n  "
            + "\n  ".join(faults[:_SHOWN])
            + more
        )
