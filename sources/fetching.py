"""The common part of all fetchers: the request, its scope, the release mark, batches and paging.

Belongs here: types and steps for every provider that is requested over HTTP.
Does not belong here: HTTP itself (http.py), pages of an earlier attempt (page_cache.py), a provider's addresses (its
module), the decision whether an answer is a new vintage (dataset_refresh.py).

The module of a provider with endpoints has two functions:

    what_changed(request, state) -> ReleaseMark      the current release mark, with one small request or none
    fetch(request, mark) -> Fetched                  the complete dataset, or an error
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from sources.http import Check, Client, HttpAnswer
from sources.manifests import RawFile, SnapshotOrigin
from sources.page_cache import PageCache
from sources.parsing import (
    IncompleteError,
    NoRowsError,
    PageCount,
    Parser,
    SourceError,
    decompressed,
    reading,
    unrequested_codes,
)
from sources.provider_spec import DatasetSpec, MarkAddress, ProviderSpec

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class FetchProgress:
    """Progress of a fetch: as text, and as numbers where they are available.

    `part`: name of the query. Of its answer `page` of `pages` pages are downloaded; `rows`: rows of all pages.
    """

    text: str
    part: str = ""
    page: int | None = None
    pages: int | None = None
    rows: int | None = None

    def __str__(self) -> str:
        """The text."""
        return self.text


ReportProgress = Callable[[FetchProgress], None]


@dataclass(frozen=True)
class FetchScope:
    """The series and areas to request, in the provider's codes.

    `discontinued`: series that no definition claims and that the newest vintage no longer has. They are requested
    anyway in case they return; their absence is not reported. `meaning`: our area of each code; a provider's files
    may have several codes for one area.
    """

    series: tuple[str, ...]
    areas: tuple[str, ...]
    discontinued: frozenset[str] = frozenset()
    meaning: Mapping[str, str] = field(default_factory=dict)


class FetchState(BaseModel):
    """The result of the last complete fetch of a dataset (state.json in its work folder)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release_tag: str | None
    series: list[str]
    areas: list[str]
    etag: str | None = None
    last_modified: str | None = None
    snapshot: str | None = None
    fetched_at: datetime
    left_out: list[str] = []
    warnings: list[str] = []
    had: list[str] = []  # series that were requested, without those that the provider no longer listed


@dataclass(frozen=True)
class ReleaseMark:
    """A provider's current release mark.

    `release_tag`: the provider's name of the release; None if it has none, then nothing can be compared.
    `vintage_date`: the provider's date of the release; None if it states none, then the day of the answer is used.
    `unchanged`: the provider answered that nothing changed (HTTP 304). `moved`: the content changed under the same
    mark; `answer` has it. `files`: answers from which the mark was read, stored with the snapshot. `listed`: the series
    that the provider lists, if available. `warnings`: limitations of the mark, for readers.
    """

    release_tag: str | None
    vintage_date: date | None = None
    unchanged: bool = False
    files: list[RawFile] = field(default_factory=list)
    listed: frozenset[str] | None = None
    moved: bool = False
    answer: HttpAnswer | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fetched:
    """A complete dataset: files in order, series and areas as requested, and sentences on what was left out."""

    files: list[RawFile]
    address: str
    series: list[str]
    areas: list[str]
    left_out: list[str] = field(default_factory=list)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class FetchRequest:
    """The input of a fetcher: client, provider, dataset, scope, pages of an earlier attempt, parser, listener."""

    client: Client
    provider: ProviderSpec
    dataset: DatasetSpec
    scope: FetchScope
    page_cache: PageCache
    parse: Parser
    report_progress: ReportProgress = lambda _: None

    @property
    def base(self) -> str:
        """The current base address of the dataset's endpoint."""
        if self.dataset.endpoint is None:
            raise SourceError(
                f"{self.dataset.path}: no endpoint in sources/providers/{self.provider.provider}.yaml, expected one. "
                "Add `endpoint` to the dataset."
            )
        return self.provider.endpoint(self.dataset.endpoint).address()

    @property
    def mark_address(self) -> str:
        """The address of the release mark."""
        mark = self.provider.what_changed
        if mark is None:
            raise SourceError(
                f"sources/providers/{self.provider.provider}.yaml: no what_changed, expected an address. Add it."
            )
        return self._address_of(mark)

    @property
    def fallback_mark_address(self) -> str | None:
        """The address to use where the answer of `mark_address` is unusable; None if there is none."""
        mark = self.provider.what_changed_otherwise
        return None if mark is None else self._address_of(mark)

    def _address_of(self, mark: MarkAddress) -> str:
        path = mark.address.format(**{"dataset": self.dataset.dataset, **self.dataset.parameters})
        return f"{self.provider.endpoint(mark.endpoint).address()}/{path}"

    def download(self, address: str, check: Check) -> HttpAnswer:
        """An answer whose body passes `check`: cached from an earlier attempt, or downloaded and then cached."""
        cached = self.page_cache.get(address)
        if cached is not None:
            try:
                with reading(address):
                    check(cached.body)
            except SourceError:  # cached by a version with fewer checks: a new answer may pass
                self.page_cache.drop(address)
            else:
                return cached
        answer = self.client.get(address, check)
        self.page_cache.put(answer)
        return answer

    def pages(self, name: str, address: Callable[[int, int], str], read: Callable[[bytes], PageCount]) -> list[RawFile]:
        """All pages of one query as files NAME_page_N.json.gz, checked by their row counts and their keys.

        `address` returns the address of a page from its number and the rows per page. `read` checks a page
        (SourceError) and returns its number, the number of pages and the rows of all pages. If a page fails, the others
        stay cached, and the first error is raised after all pages were requested.

        Pages that do not form one table (a wrong total, a key on two pages) are all requested once more, with another
        page size. Keys that occur twice on one page with equal cells are accepted as published if both answers have
        them. Otherwise raises IncompleteError, and drops the pages.
        """
        size = self.provider.page_sizes[self.dataset.address]
        duplicate_keys: frozenset[str] = frozenset()
        for rows, is_last in ((size, False), (size - 1 or 2, True)):
            files = self._pages(name, rows, address, read)
            try:
                repeated = self._repeated_keys(files)
                if not repeated or (is_last and repeated <= duplicate_keys):
                    return files
                duplicate_keys = repeated
                if is_last:
                    raise IncompleteError(
                        f"{name}: found keys twice on one page, expected the same keys as in the first answer, which had "
                        "them once. The provider's answers to the same query differ; refresh again later."
                    )
            except IncompleteError as error:
                if is_last:
                    self.page_cache.clear()
                    raise error.within(f"{files[0].address}: all pages were requested twice") from error
                duplicate_keys |= error.keys
            for file in files:
                self.page_cache.drop(file.address)
            self.report_progress(FetchProgress(f"{name}: the pages are incomplete, requested once more", name))
        raise AssertionError("unreachable")

    def _repeated_keys(self, files: Sequence[RawFile]) -> frozenset[str]:
        """The keys that occur more than once on one page with equal cells.

        Raises SourceError for pages that the provider's parser rejects; they are dropped.
        """
        limit = self.client.limits.answer_bytes
        place = f"{self.dataset.path}, {files[0].address}"
        try:
            with reading(place):
                bodies = [(f.name, decompressed(f.name, f.content, limit)) for f in files]
                return self.parse(self.dataset, bodies).repeated_keys
        except NoRowsError:
            return frozenset()
        except IncompleteError:
            raise
        except SourceError as error:
            self.page_cache.clear()
            raise error.within(place) from error

    def _pages(
        self, name: str, rows: int, address: Callable[[int, int], str], read: Callable[[bytes], PageCount]
    ) -> list[RawFile]:
        """The pages as downloaded: page 1 first, then the others in parallel."""

        def download_page(number: int) -> tuple[RawFile, PageCount]:
            counts: list[PageCount] = []

            def check(body: bytes) -> None:
                count = read(body)
                if count.number != number:
                    raise SourceError(
                        f"found page {count.number}, expected page {number}: the provider ignored a parameter. Refresh "
                        "again later."
                    )
                counts.append(count)

            answer = self.download(address(number, rows), check)
            return packed_answer(f"{name}_page_{number:03}.json", answer), counts[-1]

        first, count = download_page(1)
        most = self.client.limits.pages
        if count.pages > min(most, max(count.total, 1)):
            self.page_cache.drop(first.address)
            raise SourceError(
                f"{first.address}: header: found {count.pages} pages for {count.total} rows, expected at most one page per "
                f"row and {most} pages. Refresh again; if the error remains, check the answer and limits.pages in the "
                "provider's YAML file."
            )
        self._report_page(name, 1, count)
        files = [first]
        errors: list[SourceError] = []
        with ThreadPoolExecutor(self.client.limits.connections) as pool:
            pending = [pool.submit(download_page, n) for n in range(2, count.pages + 1)]
            for number, result in enumerate(pending, start=2):
                try:
                    files.append(result.result()[0])
                    self._report_page(name, number, count)
                except SourceError as error:
                    errors.append(error)
        if errors:
            summary = f" ({len(errors)} of {count.pages} pages failed; the others are kept for the next attempt)"
            raise errors[0].within(f"{name}{summary}")
        return files

    def _report_page(self, name: str, number: int, count: PageCount) -> None:
        pages = max(count.pages, 1)
        self.report_progress(
            FetchProgress(f"{name}: page {number} of {pages}, {count.total} rows", name, number, pages, count.total)
        )


class Fetcher(NamedTuple):
    """The two functions of a provider's module."""

    what_changed: Callable[[FetchRequest, FetchState | None], ReleaseMark]
    fetch: Callable[[FetchRequest, ReleaseMark], Fetched]


def packed_answer(name: str, answer: HttpAnswer) -> RawFile:
    """An answer as a file to store: unchanged if it is gzip, else packed without a time stamp."""
    body = answer.body if answer.body.startswith(GZIP) else gzip.compress(answer.body, compresslevel=6, mtime=0)
    return RawFile(f"{name.removesuffix('.gz')}.gz", body, answer.address, answer.status, answer.headers)


def batches(codes: Sequence[str], room: int, separator: int, most: int) -> Iterator[list[str]]:
    """The codes in their order, in groups of at most `most` codes whose characters fit into `room`.

    `separator`: characters that each code needs in addition to its own. Raises SourceError if one code does not fit.
    """
    group: list[str] = []
    used = 0
    for code in codes:
        cost = len(code) + separator
        if cost > room:
            raise SourceError(
                f"The address with {code!r} is longer than the provider accepts. Shorten the list of areas."
            )
        if group and (used + cost > room or len(group) == most):
            yield group
            group, used = [], 0
        group.append(code)
        used += cost
    if group:
        yield group


def refuse_unrequested(found: set[str], requested: Sequence[str], what: str) -> None:
    """Raises SourceError if an answer has codes that were not requested: the provider ignored a parameter."""
    unrequested = sorted(found - set(requested))
    if unrequested:
        raise SourceError(unrequested_codes(unrequested, what))


def snapshot_origin(
    request: FetchRequest, mark: ReleaseMark, fetched: Fetched, fingerprint: str, rows: int
) -> SnapshotOrigin:
    """The manifest of a fetched dataset, without the list of its files."""
    now = request.client.now()
    return SnapshotOrigin(
        provider=request.provider.provider,
        dataset=request.dataset.dataset,
        producer=request.provider.producer,
        vintage_date=mark.vintage_date or now.date(),
        fetched_at=now.isoformat(),
        address=fetched.address,
        release_tag=mark.release_tag,
        series_asked=fetched.series,
        areas_asked=fetched.areas,
        licence=request.dataset.licence,
        attribution=request.dataset.attribution,
        rebuilt=False,
        note=" ".join(fetched.left_out) or None,
        content_fingerprint=fingerprint,
        rows=rows,
        origin="fetched",
        supersedes=request.provider.supersedes,
    )
