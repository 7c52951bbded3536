"""World Bank API v2: requests and parser for JSON pages of country/.../indicator/...

Facts about the provider: an answer is a list of a header and the rows; an error is a list of one `message`, sent
with HTTP 200; `value` is null if the figure is missing (such rows are stored, with an empty value);
countryiso3code may be empty, then country.id is the area. One invalid country or indicator fails a whole request and
the error does not name it: it is identified by halving the list, and the other codes are downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sources.parsing import (
    FinalError,
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
    from sources.manifests import RawFile

# Meaning and remedy of the Bank's error numbers (its texts do not name the invalid value).
ERRORS = {
    "111": "the requested format is unknown: use format=json",
    "120": "a country or indicator in the list is invalid and fails the whole request: request them one by one",
    "160": "no data for this request: check the period and the areas",
    "175": "the indicator was deleted or archived: remove it from the list, or find its successor",
}
# Errors that one code in the list can cause; the others concern the whole request.
OF_ONE_CODE = {"120", "160", "175"}
AREAS_PER_PAGE = 400
COUNTS = ("page", "pages", "total")


class WorldBankError(FinalError):
    """The Bank answered with its own error; `codes` are its error numbers."""

    codes: tuple[str, ...] = ()


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per row of the pages, rows without a figure included.

    Raises WorldBankError for the Bank's own errors, SourceError for a body that is not such a page, a missing required
    field, and fewer pages or rows than in the header.
    """
    table = StagedTableBuilder(dataset)
    pages: list[Page] = []
    for file, body in files:
        header, rows = read_page(file, body, table.warnings)
        pages.append(Page(file, page_count(file, header, *COUNTS), len(rows)))
        _add_page(table, file, header, rows)
    check_pages(pages)
    return table.parsed()


def what_changed(request: FetchRequest, state: FetchState | None) -> ReleaseMark:
    """`lastupdated` of the dataset's source: one date for all series of the source."""
    from sources.fetching import ReleaseMark

    found: list[str] = []
    number = request.dataset.parameters["source"]

    def check(body: bytes) -> None:
        header, rows = read_page(f"source/{number}", body)
        ours = [r for r in rows if str(r.get("id")) == number]
        if len(ours) != 1 or not ours[0].get("lastupdated"):
            raise SourceError(
                f"source/{number}: found {len(ours)} of {header.get('total')} sources with id {number}, expected one with "
                "lastupdated. Refresh again later."
            )
        found.append(str(ours[0]["lastupdated"]))

    request.client.get(request.mark_address, check)
    updated = found[-1]
    try:
        vintage = date.fromisoformat(updated[:10])
    except ValueError as error:
        raise SourceError(
            f"{request.mark_address}: lastupdated: found {updated!r}, expected a date such as 2026-07-13."
        ) from error
    return ReleaseMark(release_tag=f"lastupdated {updated}", vintage_date=vintage)


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """All rows of the series and areas in scope, in batches of series.

    A series or area that the Bank refuses (errors 120, 160, 175) is named in `left_out` and does not count as
    requested, so that its last stored values stay in use. Raises WorldBankError if nothing remains or the Bank refuses
    the request for another reason, SourceError for a page that fails or has unrequested codes.
    """
    from sources.fetching import Fetched, batches

    download = _SeriesDownload(request, mark)
    limits = request.client.limits
    size = request.provider.page_sizes[request.dataset.address]
    longest = len(download.address(list(request.scope.areas), [""], 99999, size))
    room = (limits.url_characters or 8000) - longest
    series: list[str] = []
    files: list[RawFile] = []
    for batch in batches([quote(s, safe=".") for s in request.scope.series], room, 1, limits.codes_per_question):
        for codes, pages in download.batch(batch, f"data_{len(series) + 1:03}"):
            series += codes
            files += pages
    if not series:
        raise WorldBankError(f"{request.base}: the World Bank refused every series: {' '.join(download.left_out)}")
    address = download.address(download.areas, [""], None)
    return Fetched(files, address, series, list(download.areas), download.left_out)


class _SeriesDownload:
    """Downloads series, and halves a batch that the Bank refuses until the refused codes are identified."""

    def __init__(self, request: FetchRequest, mark: ReleaseMark) -> None:
        self.request, self.mark = request, mark
        self.areas = list(request.scope.areas)
        self.left_out: list[str] = []
        self._areas_are_checked = False

    def address(self, areas: Sequence[str], series: Sequence[str], page: int | None, rows: int = 0) -> str:
        """The address of a page with this number of rows; page None: the address without paging."""
        parameters: dict[str, object] = {**self.request.dataset.parameters, "format": "json"}
        if page is not None:
            parameters |= {"per_page": rows, "page": page}
        return f"{self.request.base}/country/{';'.join(areas)}/indicator/{';'.join(series)}?{urlencode(parameters)}"

    def batch(self, series: list[str], name: str) -> list[tuple[list[str], list[RawFile]]]:
        """The downloaded series, in parts, each with its files."""
        try:
            pages = self.request.pages(
                name, lambda number, rows: self.address(self.areas, series, number, rows), self._read(series)
            )
            return [(series, pages)]
        except WorldBankError as error:
            if not set(error.codes) & OF_ONE_CODE:
                raise
            if not self._areas_are_checked:
                self._leave_out_refused_areas()
                return self.batch(series, name)
            if len(series) == 1:
                code = next(c for c in error.codes if c in OF_ONE_CODE)
                self.left_out.append(
                    f"Series {series[0]} was refused by the World Bank (error {code}: {ERRORS[code]}); its last stored "
                    "values stay in use."
                )
                return []
            half = len(series) // 2
            return [*self.batch(series[:half], f"{name}a"), *self.batch(series[half:], f"{name}b")]

    def _leave_out_refused_areas(self) -> None:
        """Requests the areas alone and removes those that the Bank refuses."""
        accepted = self._accepted_areas(self.areas)
        refused = [a for a in self.areas if a not in accepted]
        if refused:
            self.left_out.append(f"Areas refused by the World Bank (error 120): {', '.join(refused)}.")
        if not accepted:
            raise WorldBankError(f"{self.request.base}: the World Bank refused every area: {', '.join(refused)}.")
        self.areas = accepted
        self._areas_are_checked = True

    def _accepted_areas(self, areas: list[str]) -> list[str]:
        query = urlencode({"format": "json", "per_page": AREAS_PER_PAGE})
        try:
            self.request.client.get(
                f"{self.request.base}/country/{';'.join(areas)}?{query}",
                lambda body: _check_page("country", body),
            )
            return areas
        except WorldBankError as error:
            if not set(error.codes) & OF_ONE_CODE:
                raise
            if len(areas) == 1:
                return []
            half = len(areas) // 2
            return [*self._accepted_areas(areas[:half]), *self._accepted_areas(areas[half:])]

    def _read(self, series: list[str]) -> Callable[[bytes], PageCount]:
        from sources.fetching import refuse_unrequested

        tag = self.mark.release_tag

        def read(body: bytes) -> PageCount:
            header, rows = read_page("data", body)
            updated = header.get("lastupdated")
            if updated and f"lastupdated {updated}" != tag:
                raise FinalError(
                    f"found a page with lastupdated {updated}, expected {tag}: the source changed during the download. "
                    "Refresh again."
                )
            flat = [_flat(r) for r in rows]
            refuse_unrequested({str(r.get("indicator.id")) for r in flat}, series, "series")
            refuse_unrequested(
                {str(r.get("countryiso3code") or r.get("country.id")) for r in flat}, self.areas, "areas"
            )
            count = page_count("data", header, *COUNTS)
            return count if count.total else count._replace(number=1)

        return read


def _check_page(name: str, body: bytes) -> None:
    read_page(name, body)


def read_page(file: str, body: bytes, warnings: list[str] | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and rows of one answer; `warnings` as in `read_json`. Raises WorldBankError and SourceError as `parse`."""
    answer = read_json(file, body, warnings)
    first = answer[0] if isinstance(answer, list) and answer else None
    if isinstance(first, dict) and isinstance(first.get("message"), list):
        listed = [m if isinstance(m, dict) else {"value": m} for m in first["message"]]
        errors = [(str(m.get("id", "")), str(m.get("key", "")), str(m.get("value", ""))) for m in listed]
        summary = "; ".join(f"error {i} {k}: {v} ({ERRORS.get(i, 'unknown error')})" for i, k, v in errors)
        error = WorldBankError(f"{file}: found the World Bank's own {summary}; expected rows.")
        error.codes = tuple(i for i, _, _ in errors)
        raise error
    if not isinstance(first, dict) or len(answer) != 2 or not first.keys() >= set(COUNTS):
        raise SourceError(
            f"{file}: found other JSON (it begins {first_bytes(body)}), expected a list of a header and rows, as API v2 "
            "sends it. Check the requested address."
        )
    rows = answer[1] if answer[1] is not None else []
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise SourceError(f"{file}: found {str(rows)[:40]!r} as second element, expected a list of rows.")
    return first, rows


def _add_page(table: StagedTableBuilder, file: str, header: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    flat = [_flat(row) for row in rows]
    for number, row in enumerate(flat, start=1):
        for column in table.dataset.columns:
            if column.required and column.published_as not in row:
                raise missing_column(f"{file}:{number}", table.dataset, column.published_as, row)
    values: dict[str, list[str | None]] = {}
    for name in dict.fromkeys(key for row in flat for key in row):
        values[table.column(name, "attribute", file)] = texts([row.get(name) for row in flat])
    code = table.column("countryiso3code")
    identifier = table.column("country.id")
    values["ref_area"] = [a or b for a, b in zip(values[code], values[identifier], strict=True)] if flat else []
    for name in ("sourceid", "lastupdated"):
        values[table.column(f"header.{name}")] = [as_text(header.get(name))] * len(flat)
    table.add(file, len(flat), values)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its nested fields at the top level, such as indicator.id and country.value."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": v for inner, v in value.items()})
        else:
            flat[key] = value
    return flat
