"""UN SDG Global Database: reads pages of Series/Data (and Indicator/Data, whose rows are the same).

Belongs here: the shape of the UN's answers, and the questions that bring them.
Does not belong here: HTTP itself (http.py), and what the codes mean.

Facts of the provider: timePeriodStart is a float (2000.0), kept here as the year's digits; geoAreaCode is an
M49 number without leading zeros; dimensions differ by series and their names have spaces; Series/List is the
list of series with the release tag, kept in the snapshot and not a table of figures. A comma list is silently
ignored and brings the whole world: parameters are repeated, and each page is compared with what was asked for.
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
    """One row per row of the Series/Data pages; files named series_list* are left aside.

    Raises SourceError for a body that is no such page, a required field that is missing from a row, and
    pages or rows that lack against totalElements and totalPages.
    """
    table = StagedTableBuilder(dataset)
    pages: list[Page] = []
    required = [c.published_as for c in dataset.columns if c.required]
    for file, body in files:
        if file.startswith(SERIES_LIST):
            continue
        answer = read_json(file, body, table.warnings)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list) or "totalElements" not in answer:
            raise SourceError(
                f"{file}: found JSON without totalElements and data (beginning {first_bytes(body)}), expected a page "
                "of Series/Data. Check the address that was asked."
            )
        rows = answer["data"]
        pages.append(Page(file, page_count(file, answer, *COUNTS), len(rows)))
        _add_page(table, file, rows, required)
    check_pages(pages)
    return table.parsed()


def what_changed(request: FetchRequest, state: FetchState | None) -> ReleaseMark:
    """The release tags that Series/List gives for the series in scope, and which series there are.

    The UN states no date of a release: the day of the answer stands for it.
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

    Those that were gone in the vintage before already, and that nothing claims, are left out without a word.

    Raises SourceError for a page that fails or holds what was not asked for, and when the release changed meanwhile.
    """
    from sources.fetching import Fetched, batches

    series = [s for s in request.scope.series if mark.listed is None or s in mark.listed]
    if not series:
        unlisted = ", ".join(request.scope.series[:8])
        raise SourceError(f"{request.mark_address}: not one of the series wanted is listed: {unlisted} ...")
    gone = [s for s in request.scope.series if s not in series and s not in request.scope.discontinued]
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
            f"{request.mark_address}: the release changed while it was fetched (it was {mark.release_tag}); nothing was "
            "taken. Refresh again."
        )
    left_out = (
        [f"Series no longer listed by the UN: {', '.join(gone)}; the last values kept of them stand."] if gone else []
    )
    return Fetched(files, base, series, list(request.scope.areas), left_out)


def _check_list(body: bytes) -> None:
    _tags(body)


def _tags(body: bytes) -> dict[str, str | None]:
    """Series code → release tag of Series/List."""
    listed = read_json("Series/List", body)
    if not isinstance(listed, list) or not listed or not all(isinstance(s, dict) and s.get("code") for s in listed):
        raise SourceError(
            f"Series/List: found JSON that is no list of series with a code (beginning {first_bytes(body)})."
        )
    return {str(s["code"]): str(s["release"]) if s.get("release") else None for s in listed}


def read_page(body: bytes, series: Iterable[str], areas: Iterable[str]) -> PageCount:
    """Counts of one page; SourceError when it is none, or holds series or areas that were not asked for."""
    from sources.fetching import refuse_unrequested

    name = "Series/Data"
    answer = read_json(name, body)
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list) or "totalElements" not in answer:
        raise SourceError(f"{name}: found JSON without totalElements and data (beginning {first_bytes(body)}).")
    rows = [r for r in answer["data"] if isinstance(r, dict)]
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
    """The rows' fields as columns, and the names of those that some row lacks (None stands there).

    Rows with the same fields come in long runs, and a run is turned over at once: far quicker than by field.
    """
    columns: dict[str, list[Any]] = {}
    partial: set[str] = set()
    done = 0
    for names, grouped in groupby(rows, key=tuple):
        run = list(grouped)
        part = list(zip(*(row.values() for row in run), strict=True))
        for name, cells in zip(names, part, strict=True):
            column = columns.setdefault(name, [])
            if len(column) < done:
                column.extend([None] * (done - len(column)))
                partial.add(name)
            column.extend(cells)
        done += len(run)
    for name, column in columns.items():
        if len(column) < done:
            column.extend([None] * (done - len(column)))
            partial.add(name)
    return columns, partial


def _nested(table: StagedTableBuilder, file: str, name: str, cells: list[Any]) -> dict[str, list[str | None]]:
    """The columns of the attributes or dimensions of all rows, by staged name; rows differ in which they have."""
    if set(map(type, cells)) - {dict, type(None)}:
        number, found = next((n, c) for n, c in enumerate(cells, start=1) if not isinstance(c, dict | None))
        raise SourceError(f"{file}:{number}: {name}: found {str(found)[:40]!r}, expected named codes.")
    role = "dimension" if name == "dimensions" else "attribute"
    # The position takes part, so that rows without any attribute or dimension keep their place.
    columns, _ = _columns([{"": number, **(nested or {})} for number, nested in enumerate(cells)])
    return {table.column(key, role, file): texts(column) for key, column in columns.items() if key}


def _codes(cells: list[Any]) -> list[str | None]:
    """Goal, target and indicator are lists, for a series can serve several: joined as the UN's files write them."""
    joined: list[str | None] = []
    last, text = None, None
    for cell in cells:
        if cell != last:
            last, text = cell, (", ".join(map(str, cell)) or None) if isinstance(cell, list) else as_text(cell)
        joined.append(text)
    return joined
