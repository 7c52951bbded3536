"""UN World Population Prospects: requests and parser for the bulk CSV files of a revision, one table row per figure.

The bulk files have one record per place and year, and one column per measure. Each measure column of the dataset
becomes a series of that name; the figures of one record share its snapshot_row. Populations and births are in
thousands. The area is ISO3_code; if it is empty or the file has no such column (files of 2019, and aggregates) it is
LocID.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sources.parsing import (
    ParsedDataset,
    SourceError,
    StagedTableBuilder,
    decompressed,
    missing_column,
    read_csv,
    text_of,
)
from sources.provider_spec import DatasetSpec

if TYPE_CHECKING:
    from sources.fetching import Fetched, FetchRequest, FetchState, ReleaseMark

GZIP = b"\x1f\x8b"
AREA, LOCATION_ID = "ISO3_code", "LocID"


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per record and measure, empty cells included.

    Raises SourceError for a body that is not CSV, a record of another length and a missing column: a required one, a
    measure, or both columns of the area.
    """
    table = StagedTableBuilder(dataset)
    # The series is the name of a measure column, the value its cell: the file has no column with their published names.
    required = [
        c.published_as for c in dataset.columns if c.required and c.role not in ("series", "obs_value", "ref_area")
    ]
    for file, body in files:
        header, rows = read_csv(file, body)
        for name in (*required, *dataset.measures):
            if name not in header:
                raise missing_column(file, dataset, name, header)
        if AREA not in header and LOCATION_ID not in header:
            raise missing_column(file, dataset, AREA, header)
        columns: dict[str, list[str | None]] = {
            name: [c or None for c in cells] for name, cells in zip(header, zip(*rows, strict=True), strict=True)
        }
        empty: list[str | None] = [None] * len(rows)
        area = [a or b for a, b in zip(columns.get(AREA, empty), columns.get(LOCATION_ID, empty), strict=True)]
        figures = {*dataset.measures, *dataset.ignored_measures}
        values = {
            table.column(n, "attribute", file): cells for n, cells in columns.items() if n not in (*figures, AREA)
        }
        for measure in dataset.measures:
            series: list[str | None] = [measure] * len(rows)
            table.add(
                file,
                len(rows),
                {**values, "series": series, "ref_area": area, "obs_value": columns[measure]},
                first=2,
            )
    return table.parsed()


def what_changed(request: FetchRequest, state: FetchState | None) -> ReleaseMark:
    """The pinned revision; if its file had an ETag or a date, a conditional request checks whether it changed.

    Otherwise nothing is requested: a revision is published once.
    """
    from sources.fetching import ReleaseMark

    dataset = request.dataset
    if state is None or state.release_tag != dataset.edition or not (state.etag or state.last_modified):
        return ReleaseMark(dataset.edition, dataset.edition_date)
    answer = request.client.get(_address(request), _check(request), state.etag, state.last_modified)
    if answer.status == 304:
        return ReleaseMark(dataset.edition, dataset.edition_date, unchanged=True)
    return ReleaseMark(dataset.edition, dataset.edition_date, moved=True, answer=answer)


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """The revision's file with all places. Raises SourceError for a body that is another file."""
    from sources.fetching import Fetched, FetchProgress, packed_answer

    address = _address(request)
    answer = mark.answer or request.client.get(address, _check(request))
    file = packed_answer(_name(request), answer)
    request.report_progress(FetchProgress(f"{file.name}: {len(file.content):,} bytes", file.name, 1, 1))
    return Fetched(
        [file],
        address,
        list(request.dataset.measures),
        list(request.scope.areas),
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


def _address(request: FetchRequest) -> str:
    return f"{request.base}/{request.dataset.address}"


def _name(request: FetchRequest) -> str:
    return unquote(request.dataset.address.rsplit("/", 1)[-1])


def _check(request: FetchRequest) -> Callable[[bytes], None]:
    """A check that a body is complete CSV, also as gzip, whose header has the measures."""
    name, dataset = _name(request), request.dataset

    def check(body: bytes) -> None:
        limit = request.client.limits.answer_bytes
        plain = decompressed(f"{name.removesuffix('.gz')}.gz", body, limit) if body.startswith(GZIP) else body
        line = text_of(name, plain, "CSV").split("\n", 1)[0].rstrip("\r")
        try:
            header = next(csv.reader([line]), [])
        except csv.Error as error:
            raise SourceError(f"{name}: row 1: {error}, expected the column names.") from error
        for measure in dataset.measures:
            if measure not in header:
                raise missing_column(name, dataset, measure, header)

    return check
