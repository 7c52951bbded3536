"""What all fetchers share: the request, its scope, the release mark, batches and paging.

Belongs here: shapes and steps that hold for every provider that is asked over HTTP.
Does not belong here: HTTP itself (http.py), pages of an earlier try (page_cache.py), a provider's questions (its
module), the decision whether an answer is a new vintage (dataset_refresh.py).

A provider's module that can be asked has two functions:

    what_changed(request, state) -> ReleaseMark      one small question (or none): the release mark of today
    fetch(request, mark) -> Fetched                  the whole dataset, or an error
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
from sources.parsing import IncompleteError, NoRowsError, PageCount, Parser, SourceError, decompressed, reading
from sources.provider_spec import DatasetSpec, MarkAddress, ProviderSpec

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class FetchProgress:
    """How far a fetch is: in words, and as numbers where they are known.

    `part`: the question that is asked; `page` of `pages` of its answer have come, with `rows` in all of them.
    """

    text: str
    part: str = ""
    page: int | None = None
    pages: int | None = None
    rows: int | None = None

    def __str__(self) -> str:
        """The words."""
        return self.text


ReportProgress = Callable[[FetchProgress], None]


@dataclass(frozen=True)
class FetchScope:
    """The series and areas to ask for, in the provider's codes.

    `discontinued`: those of the series that no definition claims and the newest vintage has no more. They are requested
    anyway in case they return; their absence is not reported. `meaning`: the area of each code, where a
    provider's files write one area in several ways.
    """

    series: tuple[str, ...]
    areas: tuple[str, ...]
    discontinued: frozenset[str] = frozenset()
    meaning: Mapping[str, str] = field(default_factory=dict)


class FetchState(BaseModel):
    """What the last whole fetch of a dataset left behind (state.json in its work folder)."""

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
    had: list[str] = []  # the series that were asked for in the end; those that the provider no longer listed are not


@dataclass(frozen=True)
class ReleaseMark:
    """A provider's release mark as it stands now.

    `release_tag`: its own name of the release, None where it has none (then there is nothing to compare).
    `vintage_date`: the date it gives for it, None where it gives none (the day of the answer stands for it).
    `unchanged`: it said itself that nothing changed (HTTP 304); `moved`: that something did under the same mark, in
    `answer`. `files`: the answer that says so, kept with the snapshot. `listed`: its series, if known. `warnings`:
    what a reader must know of how the mark was found.
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
    """A whole dataset: its files in order, what was asked for in the end, and what had to be left out, in words."""

    files: list[RawFile]
    address: str
    series: list[str]
    areas: list[str]
    left_out: list[str] = field(default_factory=list)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class FetchRequest:
    """All that a fetcher needs: client, provider, dataset, scope, pages of an earlier try, parser, listener."""

    client: Client
    provider: ProviderSpec
    dataset: DatasetSpec
    scope: FetchScope
    page_cache: PageCache
    parse: Parser
    report_progress: ReportProgress = lambda _: None

    @property
    def base(self) -> str:
        """The address in force of the dataset's endpoint."""
        if self.dataset.endpoint is None:
            raise SourceError(
                f"{self.dataset.path}: has no endpoint in sources/providers/{self.provider.provider}.yaml."
            )
        return self.provider.endpoint(self.dataset.endpoint).address()

    @property
    def mark_address(self) -> str:
        """The address that tells what changed."""
        mark = self.provider.what_changed
        if mark is None:
            raise SourceError(f"sources/providers/{self.provider.provider}.yaml has no what_changed.")
        return self._address_of(mark)

    @property
    def fallback_mark_address(self) -> str | None:
        """The address that is asked where the answer to `question` cannot be used; None where there is none."""
        mark = self.provider.what_changed_otherwise
        return None if mark is None else self._address_of(mark)

    def _address_of(self, mark: MarkAddress) -> str:
        path = mark.address.format(**{"dataset": self.dataset.dataset, **self.dataset.parameters})
        return f"{self.provider.endpoint(mark.endpoint).address()}/{path}"

    def download(self, address: str, check: Check) -> HttpAnswer:
        """An answer whose body passes `check`: of an earlier try, or the provider's (and then kept for a later one)."""
        cached = self.page_cache.get(address)
        if cached is not None:
            try:
                with reading(address):
                    check(cached.body)
            except SourceError:  # kept by a Payung that checked less: a new answer may be better
                self.page_cache.drop(address)
            else:
                return cached
        answer = self.client.get(address, check)
        self.page_cache.put(answer)
        return answer

    def pages(self, name: str, address: Callable[[int, int], str], read: Callable[[bytes], PageCount]) -> list[RawFile]:
        """All pages of one question as files NAME_page_N.json.gz, whole by their counts and by their keys.

        `address`: of a page, by its number and the rows a page. `read` judges a page (SourceError) and returns its
        number, how many there are, and the rows of all. Pages that came are kept when another fails; the first error
        is raised after all were tried.

        Pages that do not make one table (a total that does not fit, a key on two pages) are asked for once more, all of
        them and with other page ends. Keys that one page has twice with all cells alike are taken as the provider's own
        where both answers have them. Raises IncompleteError otherwise, and drops the pages.
        """
        size = self.provider.page_sizes[self.dataset.address]
        doubled: frozenset[str] = frozenset()
        for rows, is_last in ((size, False), (size - 1 or 2, True)):
            files = self._pages(name, rows, address, read)
            try:
                repeated = self._repeated(files)
                if not repeated or (is_last and repeated <= doubled):
                    return files
                doubled = repeated
                if is_last:
                    raise IncompleteError(
                        f"{name}: keys come twice on one page that came once when all pages were asked for before. The "
                        "provider does not answer the same question alike; refresh again later."
                    )
            except IncompleteError as error:
                if is_last:
                    self.page_cache.clear()
                    raise error.within(f"{files[0].address}: all pages asked for twice") from error
                doubled |= error.keys
            for file in files:
                self.page_cache.drop(file.address)
            self.report_progress(FetchProgress(f"{name}: the pages are not whole, asked for once more", name))
        raise AssertionError("unreachable")

    def _repeated(self, files: Sequence[RawFile]) -> frozenset[str]:
        """The keys that come more than once on one page of an answer with all cells alike.

        Raises SourceError for pages that the provider's parser does not take; nothing is kept of them.
        """
        limit = self.client.limits.answer_bytes
        place = f"{self.dataset.path}, {files[0].address}"
        try:
            with reading(place):
                bodies = [(f.name, decompressed(f.name, f.content, limit)) for f in files]
                return self.parse(self.dataset, bodies).repeated
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
        """The pages as they come, page 1 first, the others side by side."""

        def whole(number: int) -> tuple[RawFile, PageCount]:
            counts: list[PageCount] = []

            def check(body: bytes) -> None:
                count = read(body)
                if count.number != number:
                    raise SourceError(
                        f"found page {count.number}, asked for page {number}: part of the question was ignored."
                    )
                counts.append(count)

            answer = self.download(address(number, rows), check)
            return packed_answer(f"{name}_page_{number:03}.json", answer), counts[-1]

        first, count = whole(1)
        most = self.client.limits.pages
        if count.pages > min(most, max(count.total, 1)):
            self.page_cache.drop(first.address)
            raise SourceError(
                f"{first.address}: the header claims {count.pages} pages for {count.total} rows, expected at most one for "
                f"each row and {most} together. Refresh again; if it stays so, look at the answer and at limits.pages in "
                "the provider's YAML file."
            )
        self._came(name, 1, count)
        files = [first]
        errors: list[SourceError] = []
        with ThreadPoolExecutor(self.client.limits.connections) as pool:
            pending = [pool.submit(whole, n) for n in range(2, count.pages + 1)]
            for number, result in enumerate(pending, start=2):
                try:
                    files.append(result.result()[0])
                    self._came(name, number, count)
                except SourceError as error:
                    errors.append(error)
        if errors:
            more = f" ({len(errors)} of {count.pages} pages failed; the others are kept for the next try)"
            raise errors[0].within(f"{name}{more}")
        return files

    def _came(self, name: str, number: int, count: PageCount) -> None:
        pages = max(count.pages, 1)
        self.report_progress(
            FetchProgress(f"{name}: page {number} of {pages}, {count.total} rows", name, number, pages, count.total)
        )


class Fetcher(NamedTuple):
    """A provider's two functions."""

    what_changed: Callable[[FetchRequest, FetchState | None], ReleaseMark]
    fetch: Callable[[FetchRequest, ReleaseMark], Fetched]


def packed_answer(name: str, answer: HttpAnswer) -> RawFile:
    """An answer as a file to keep: as it came where it is gzip already, else packed, without a time in it."""
    body = answer.body if answer.body.startswith(GZIP) else gzip.compress(answer.body, compresslevel=6, mtime=0)
    return RawFile(f"{name.removesuffix('.gz')}.gz", body, answer.address, answer.status, answer.headers)


def batches(codes: Sequence[str], room: int, separator: int, most: int) -> Iterator[list[str]]:
    """The codes in their order, in groups of at most `most` whose characters and separators fit into `room`.

    `separator`: characters that each code costs beside itself. Raises SourceError when one code does not fit.
    """
    group: list[str] = []
    used = 0
    for code in codes:
        cost = len(code) + separator
        if cost > room:
            raise SourceError(f"The address has no room for {code!r}: shorten the list of areas.")
        if group and (used + cost > room or len(group) == most):
            yield group
            group, used = [], 0
        group.append(code)
        used += cost
    if group:
        yield group


def refuse_unrequested(found: set[str], requested: Sequence[str], what: str) -> None:
    """Raises SourceError when something came back that was not asked for: the question was ignored."""
    other = sorted(found - set(requested))
    if other:
        raise SourceError(
            f"{len(other)} {what} came back that were not asked for: {', '.join(other[:8])}"
            f"{' ...' if len(other) > 8 else ''}. The provider ignored a part of the question; nothing was taken."
        )


def snapshot_origin(
    request: FetchRequest, mark: ReleaseMark, fetched: Fetched, fingerprint: str, rows: int
) -> SnapshotOrigin:
    """The manifest of a fetched dataset, without its files."""
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
