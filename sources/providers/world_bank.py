"""World Bank API v2: reads JSON pages of country/.../indicator/...

Belongs here: the shape of the World Bank's answers, errors inside HTTP 200 included, and the questions that bring them.
Does not belong here: HTTP itself (http.py), and what the codes mean.

Facts of the provider: an answer is a list of a header and the rows; an error is a list of one `message`, sent
with HTTP 200; `value` is null where there is no figure (such rows are kept, with an empty value);
countryiso3code may be empty, then country.id is the area. One bad country or indicator fails a whole question and the
error does not say which: it is found by halving the list, and the rest is kept.
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

# What the Bank's error numbers mean and what to do (its texts do not say which value is wrong).
ERRORS = {
    "111": "the format asked for is not known: ask with format=json",
    "120": "a country or indicator in the list is not valid and fails the whole call: ask for them one by one",
    "160": "no data for this question: check the period and the areas",
    "175": "the indicator was deleted or archived: take it out of the list, or find its successor",
}
# Errors that one code in the list can cause; the others are about the question itself.
OF_ONE_CODE = {"120", "160", "175"}
AREAS_PER_PAGE = 400
COUNTS = ("page", "pages", "total")


class WorldBankError(FinalError):
    """The Bank answered with its own error; `codes` are its error numbers."""

    codes: tuple[str, ...] = ()


def parse(dataset: DatasetSpec, files: Iterable[tuple[str, bytes]]) -> ParsedDataset:
    """One row per row of the pages, rows without a figure included.

    Raises WorldBankError for the Bank's own errors, SourceError for a body that is no such page, a required
    field that is missing, and pages or rows that lack against the header's pages and total.
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
                f"source/{number}: found {header.get('total')} sources without a lastupdated of {number}, expected one."
            )
        found.append(str(ours[0]["lastupdated"]))

    request.client.get(request.mark_address, check)
    updated = found[-1]
    try:
        vintage = date.fromisoformat(updated[:10])
    except ValueError as error:
        raise SourceError(
            f"{request.mark_address}: lastupdated is {updated!r}, expected a date such as 2026-07-13."
        ) from error
    return ReleaseMark(release_tag=f"lastupdated {updated}", vintage_date=vintage)


def fetch(request: FetchRequest, mark: ReleaseMark) -> Fetched:
    """All rows of the series and areas in scope, in batches of series.

    A series or area that the Bank refuses (errors 120, 160, 175) is found, named in `left_out` and not among those
    asked for, so that its last kept values stand. Raises WorldBankError when nothing is left or the question
    itself is refused, SourceError for a page that fails or holds what was not asked for.
    """
    from sources.fetching import Fetched, batches

    asker = _SeriesDownload(request, mark)
    limits = request.client.limits
    size = request.provider.page_sizes[request.dataset.address]
    longest = len(asker.address(list(request.scope.areas), [""], 99999, size))
    room = (limits.url_characters or 8000) - longest
    came: list[str] = []
    files: list[RawFile] = []
    for batch in batches([quote(s, safe=".") for s in request.scope.series], room, 1, limits.codes_per_question):
        for codes, pages in asker.ask(batch, f"data_{len(came) + 1:03}"):
            came += codes
            files += pages
    if not came:
        raise WorldBankError(f"{request.base}: the World Bank refused every series: {' '.join(asker.left_out)}")
    address = asker.address(asker.areas, [""], None)
    return Fetched(files, address, came, list(asker.areas), asker.left_out)


class _SeriesDownload:
    """Asks for series, and halves a question that the Bank refuses until the refused codes are known by name."""

    def __init__(self, request: FetchRequest, mark: ReleaseMark) -> None:
        self.request, self.mark = request, mark
        self.areas = list(request.scope.areas)
        self.left_out: list[str] = []
        self._areas_known = False

    def address(self, areas: Sequence[str], series: Sequence[str], page: int | None, rows: int = 0) -> str:
        """The address of a page with so many rows (None: of the question as a whole, without paging)."""
        parameters: dict[str, object] = {**self.request.dataset.parameters, "format": "json"}
        if page is not None:
            parameters |= {"per_page": rows, "page": page}
        return f"{self.request.base}/country/{';'.join(areas)}/indicator/{';'.join(series)}?{urlencode(parameters)}"

    def ask(self, series: list[str], name: str) -> list[tuple[list[str], list[RawFile]]]:
        """The series that came, in parts, each with its files."""
        try:
            pages = self.request.pages(
                name, lambda number, rows: self.address(self.areas, series, number, rows), self._read(series)
            )
            return [(series, pages)]
        except WorldBankError as error:
            if not set(error.codes) & OF_ONE_CODE:
                raise
            if not self._areas_known:
                self._find_areas()
                return self.ask(series, name)
            if len(series) == 1:
                code = next(c for c in error.codes if c in OF_ONE_CODE)
                self.left_out.append(
                    f"Series {series[0]} was refused by the World Bank (error {code}: {ERRORS[code]}); the last values "
                    "kept of it stand."
                )
                return []
            half = len(series) // 2
            return [*self.ask(series[:half], f"{name}a"), *self.ask(series[half:], f"{name}b")]

    def _find_areas(self) -> None:
        """Asks for the areas by themselves and takes out those that the Bank does not know."""
        good = self._good_areas(self.areas)
        bad = [a for a in self.areas if a not in good]
        if bad:
            self.left_out.append(f"Areas refused by the World Bank (error 120): {', '.join(bad)}.")
        if not good:
            raise WorldBankError(f"{self.request.base}: the World Bank refused every area: {', '.join(bad)}.")
        self.areas = good
        self._areas_known = True

    def _good_areas(self, areas: list[str]) -> list[str]:
        query = urlencode({"format": "json", "per_page": AREAS_PER_PAGE})
        try:
            self.request.client.get(
                f"{self.request.base}/country/{';'.join(areas)}?{query}",
                lambda body: _judge("country", body),
            )
            return areas
        except WorldBankError as error:
            if not set(error.codes) & OF_ONE_CODE:
                raise
            if len(areas) == 1:
                return []
            half = len(areas) // 2
            return [*self._good_areas(areas[:half]), *self._good_areas(areas[half:])]

    def _read(self, series: list[str]) -> Callable[[bytes], PageCount]:
        from sources.fetching import refuse_unrequested

        tag = self.mark.release_tag

        def read(body: bytes) -> PageCount:
            header, rows = read_page("data", body)
            updated = header.get("lastupdated")
            if updated and f"lastupdated {updated}" != tag:
                raise FinalError(
                    f"the page is of lastupdated {updated}, the source said {tag}: it changed meanwhile. Refresh again."
                )
            flat = [_flat(r) for r in rows]
            refuse_unrequested({str(r.get("indicator.id")) for r in flat}, series, "series")
            refuse_unrequested(
                {str(r.get("countryiso3code") or r.get("country.id")) for r in flat}, self.areas, "areas"
            )
            count = page_count("data", header, *COUNTS)
            return count if count.total else count._replace(number=1)

        return read


def _judge(name: str, body: bytes) -> None:
    read_page(name, body)


def read_page(file: str, body: bytes, warnings: list[str] | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and rows of one answer; `warnings` as in `read_json`. Raises WorldBankError and SourceError as `parse`."""
    answer = read_json(file, body, warnings)
    first = answer[0] if isinstance(answer, list) and answer else None
    if isinstance(first, dict) and isinstance(first.get("message"), list):
        listed = [m if isinstance(m, dict) else {"value": m} for m in first["message"]]
        errors = [(str(m.get("id", "")), str(m.get("key", "")), str(m.get("value", ""))) for m in listed]
        words = "; ".join(f"error {i} {k}: {v} ({ERRORS.get(i, 'not listed')})" for i, k, v in errors)
        error = WorldBankError(f"{file}: found the World Bank's own {words}; expected rows.")
        error.codes = tuple(i for i, _, _ in errors)
        raise error
    if not isinstance(first, dict) or len(answer) != 2 or not first.keys() >= set(COUNTS):
        raise SourceError(
            f"{file}: found JSON that is no list of a header and rows (beginning {first_bytes(body)}), expected an "
            "answer of API v2. Check the address that was asked."
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
    """A row with indicator{id,value} and country{id,value} as indicator.id and so on."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": v for inner, v in value.items()})
        else:
            flat[key] = value
    return flat
