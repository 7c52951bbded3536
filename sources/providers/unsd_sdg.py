"""UN SDG Global Database: requests and parser for pages of Series/Data (and Indicator/Data, with the same rows).

Facts about the provider: timePeriodStart is a float (2000.0), stored as the year's digits; geoAreaCode is an
M49 number without leading zeros; dimensions differ by series and their names have spaces; Series/List is the
list of series with the release tag, stored in the snapshot but without figures. A comma list is silently
ignored and the answer has all areas of the world: parameters are repeated, and each page is compared with the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sources.parsing import (
    Page,
    PageCount,
    ParsedDataset,
    SourceError,
    StagedTableBuilder,
    as_text,
    check_pages,
    first_bytes,
    missing_column,
    page_count,
    read_json,
    texts,
)
from sources.provider_spec import DatasetSpec

if TYPE_CHECKING:
    from sources.fetching import Fetched, FetchRequest, FetchState, ReleaseMark

SERIES_LIST = "series_list"
COUNTS = ("pageNumber", "totalPages", "totalElements")


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per row of the Series/Data pages; files named series_list* are ignored.

    Raises SourceError for a body that is not such a page, a row without a required field, and fewer pages or rows than
    totalPages and totalElements.
    """
    table = StagedTableBuilder(dataset)
    pages: list[Page] = []
    required = [c.published_as for c in dataset.columns if c.required]
    for file, body in files:
        if file.startswith(SERIES_LIST):
            continue
        answer = read_json(file, body, table.warnings)
        rows = _data_rows(file, answer, body)
        pages.append(Page(file, page_count(file, answer, *COUNTS), len(rows)))
        _add_page(table, file, rows, required)
    check_pages(pages)
    return table.parsed()


def what_changed(request: FetchRequest, state: FetchState | None) -> ReleaseMark:
    """The release tags of Series/List for the series in scope, and the list of series.

    The UN states no date of a release: the day of the answer is used.
    """
    from sources.fetching import ReleaseMark, packed_answer

    answer = request.client.get(request.mark_address, _check_list)
    tags = _tags(answer.body)
    ours = {tag for code, tag in tags.items() if tag and code in request.scope.series}
    return ReleaseMark(
        release_tag="; ".join(sorted(ours)) or None,
        files=[packed_answer(f"{SERIES_LIST}.json", answer)],
        listed=frozenset(tags),
    )


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """All rows of the series and areas in scope, in batches of series; series that are no longer listed are left out.

    `left_out` does not name discontinued series. Raises SourceError for a page that fails or has unrequested codes, and
    if the release changed during the download.
    """
    from sources.fetching import Fetched, batches

    series = [s for s in request.scope.series if mark.listed is None or s in mark.listed]
    if not series:
        unlisted = ", ".join(request.scope.series[:8])
        raise SourceError(
            f"{request.mark_address}: found none of the requested series: {unlisted} ... Refresh again later."
        )
    unlisted_series = [s for s in request.scope.series if s not in series and s not in request.scope.discontinued]
    limits = request.client.limits
    base = f"{request.base}/{request.dataset.address}"
    size = request.provider.page_sizes[request.dataset.address]
    areas = [("areaCode", a) for a in request.scope.areas]
    room = (
        (limits.url_characters or 8000) - len(base) - len(urlencode([*areas, ("page", 99999), ("pageSize", size)])) - 2
    )
    files = list(mark.files)
    groups = list(batches(series, room, len("seriesCode=&"), limits.codes_per_question))
    for number, batch in enumerate(groups, start=1):
        codes = [("seriesCode", s) for s in batch]

        def address(page: int, rows: int, codes: list[tuple[str, str]] = codes) -> str:
            return f"{base}?{urlencode([*codes, *areas, ('page', page), ('pageSize', rows)])}"

        def read(body: bytes, batch: list[str] = batch) -> PageCount:
            return read_page(body, batch, request.scope.areas)

        files += request.pages(f"series_data_{number:02}", address, read)
    if what_changed(request, None).release_tag != mark.release_tag:
        raise SourceError(
            f"{request.mark_address}: the release changed during the download (it was {mark.release_tag}); nothing was "
            "stored. Refresh again."
        )
    left_out = (
        [f"Series no longer listed by the UN: {', '.join(unlisted_series)}; their last stored values stay in use."]
        if unlisted_series
        else []
    )
    return Fetched(files, base, series, list(request.scope.areas), left_out)


def _check_list(body: bytes) -> None:
    _tags(body)


def _tags(body: bytes) -> dict[str, str | None]:
    """Series code → release tag of Series/List."""
    listed = read_json("Series/List", body)
    if not isinstance(listed, list) or not listed or not all(isinstance(s, dict) and s.get("code") for s in listed):
        raise SourceError(
            f"Series/List: found other JSON, expected a list of series with a code (it begins {first_bytes(body)})."
        )
    return {str(s["code"]): str(s["release"]) if s.get("release") else None for s in listed}


def _data_rows(name: str, answer: Any, body: bytes) -> list[Any]:
    """The rows of a page of Series/Data. Raises SourceError for other JSON."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list) or "totalElements" not in answer:
        raise SourceError(
            f"{name}: found JSON without totalElements and data (it begins {first_bytes(body)}), expected a page of "
            "Series/Data. Check the requested address."
        )
    rows: list[Any] = answer["data"]
    return rows


def read_page(body: bytes, series: Iterable[str], areas: Iterable[str]) -> PageCount:
    """Counts of one page. Raises SourceError for another body, and for unrequested series or areas."""
    from sources.fetching import refuse_unrequested

    name = "Series/Data"
    answer = read_json(name, body)
    rows = [r for r in _data_rows(name, answer, body) if isinstance(r, dict)]
    refuse_unrequested({str(r.get("series")) for r in rows}, list(series), "series")
    refuse_unrequested({str(r.get("geoAreaCode")) for r in rows}, list(areas), "areas")
    return page_count(name, answer, *COUNTS)


def _add_page(table: StagedTableBuilder, file: str, rows: list[Any], required: list[str]) -> None:
    if set(map(type, rows)) - {dict}:
        number, row = next((n, r) for n, r in enumerate(rows, start=1) if not isinstance(r, dict))
        raise SourceError(f"{file}:{number}: found {str(row)[:40]!r}, expected a row with fields.")
    cells_of, partial = _columns(rows)
    for name in required:
        if rows and (name not in cells_of or name in partial):
            number, row = next((n, r) for n, r in enumerate(rows, start=1) if name not in r)
            raise missing_column(f"{file}:{number}", table.dataset, name, row)
    values: dict[str, list[str | None]] = {}
    for name, cells in cells_of.items():
        if name in ("attributes", "dimensions"):
            values.update(_nested(table, file, name, cells))
        elif name == "timePeriodStart":
            values[table.column(name)] = [v.removesuffix(".0") if v else v for v in texts(cells)]
        elif name in ("goal", "target", "indicator"):
            values[table.column(name)] = _codes(cells)
        else:
            values[table.column(name, "attribute", file)] = texts(cells)
    table.add(file, len(rows), values)


def _columns(rows: list[dict[str, Any]]) -> tuple[dict[str, list[Any]], set[str]]:
    """The rows' fields as columns, and the names of fields that some row lacks (with None in these rows).

    Consecutive rows with the same fields are transposed together, which is much faster than field by field.
    """
    columns: dict[str, list[Any]] = {}
    partial: set[str] = set()
    row_count = 0
    for names, grouped in groupby(rows, key=tuple):
        run = list(grouped)
        part = list(zip(*(row.values() for row in run), strict=True))
        for name, cells in zip(names, part, strict=True):
            column = columns.setdefault(name, [])
            if len(column) < row_count:
                column.extend([None] * (row_count - len(column)))
                partial.add(name)
            column.extend(cells)
        row_count += len(run)
    for name, column in columns.items():
        if len(column) < row_count:
            column.extend([None] * (row_count - len(column)))
            partial.add(name)
    return columns, partial


def _nested(table: StagedTableBuilder, file: str, name: str, cells: list[Any]) -> dict[str, list[str | None]]:
    """The columns of the attributes or dimensions of all rows, by staged name; rows may have different ones."""
    if set(map(type, cells)) - {dict, type(None)}:
        number, found = next((n, c) for n, c in enumerate(cells, start=1) if not isinstance(c, dict | None))
        raise SourceError(f"{file}:{number}: {name}: found {str(found)[:40]!r}, expected an object of names and codes.")
    role = "dimension" if name == "dimensions" else "attribute"
    # The row number is an additional field, so that rows without attributes or dimensions keep their position.
    columns, _ = _columns([{"": number, **(nested or {})} for number, nested in enumerate(cells)])
    return {table.column(key, role, file): texts(column) for key, column in columns.items() if key}


def _codes(cells: list[Any]) -> list[str | None]:
    """Goal, target and indicator as text: a series can have several, which are joined with ", " as in the UN's files."""
    joined: list[str | None] = []
    last, text = None, None
    for cell in cells:
        if cell != last:
            last, text = cell, (", ".join(map(str, cell)) or None) if isinstance(cell, list) else as_text(cell)
        joined.append(text)
    return joined
