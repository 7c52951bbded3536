"""What all fetchers share: what is wanted, what changed, pages kept from an earlier try, batches and paging.

Belongs here: shapes and steps that hold for every provider that is asked over HTTP.
Does not belong here: HTTP itself (http.py), a provider's questions (its module), the decision whether an answer is a
new vintage (online.py).

A provider's module that can be asked has two functions:

    what_changed(errand, known) -> Change      one small question (or none): the release mark of today
    fetch(errand, change) -> Fetched           the whole dataset, or an error

Pages that came whole are kept in a work folder below the store until the dataset is whole; a later try takes them
from there. They are kept under the provider's release mark and dropped when it changes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from indicator_defs.system import files
from sources.http import Answer, Check, Client
from sources.manifests import Origin, RawFile
from sources.parsing import NoRowsError, NotWholeError, PageCount, SourceError, decompressed, reading
from sources.provider_spec import DatasetSpec, ProviderSpec, Question

GZIP = b"\x1f\x8b"
# How a kept page begins: with headers. Pages of an older Payung, without them, are asked for anew.
PAGE_KEPT = "2 "
# How long the pages of a fetch that failed wait for the next try.
KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Step:
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


Tell = Callable[[Step], None]


@dataclass(frozen=True)
class Wanted:
    """The series and areas to ask for, in the provider's codes.

    `bygone`: those of the series that no definition claims and the newest vintage has no more. They are asked for as
    well, for a provider may bring one back; that it does not is no news. `meaning`: the area of each code, where a
    provider's files write one area in several ways.
    """

    series: tuple[str, ...]
    areas: tuple[str, ...]
    bygone: frozenset[str] = frozenset()
    meaning: Mapping[str, str] = field(default_factory=dict)


class Known(BaseModel):
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
class Change:
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
    answer: Answer | None = None
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


def not_written(path: Path, error: OSError) -> SourceError:
    """The error of a file of ours that the disk does not take, with what to do."""
    return SourceError(
        f"{path}: cannot be written: {error.strerror or error}. Free the disk or make the folder writable."
    )


class Work:
    """The pages of a dataset that came whole already, by address, under one release mark."""

    def __init__(self, folder: Path) -> None:
        """The work folder of one dataset; it is made when the first page is kept."""
        self.folder = folder

    def begin(self, mark: str, now: datetime) -> None:
        """Starts a fetch of this release, or goes on with one that began less than KEPT_FOR before `now`.

        Other pages are dropped: values may change under one mark, and a dataset of two states never existed. Raises
        SourceError when the folder cannot be written.
        """
        told = self._pages / "mark"
        try:
            if self._goes_on(told, mark, now):
                return
            if self._pages.exists():
                self.clear()
            files.write(told, f"{mark}\n{now.isoformat()}")
        except OSError as error:
            raise not_written(self._pages, error) from error

    @staticmethod
    def _goes_on(told: Path, mark: str, now: datetime) -> bool:
        """Whether the pages are of this release and young; not where their mark is missing or cannot be read."""
        try:
            old_mark, _, began = told.read_text(encoding="utf-8").rpartition("\n")
            return old_mark == mark and abs(now - datetime.fromisoformat(began)) < KEPT_FOR
        except (FileNotFoundError, ValueError, TypeError):
            return False

    def get(self, address: str) -> Answer | None:
        """The answer kept for this address, or None; a damaged one is dropped."""
        path = self._path(address)
        try:
            content = path.read_bytes()
        except OSError:  # not kept yet; one that cannot be read is asked for anew, and `put` tells of a disk that fails
            return None
        digest, _, rest = content.partition(b"\n")
        headers, _, body = rest.partition(b"\n")
        if digest.decode("ascii", "replace") != PAGE_KEPT + hashlib.sha256(rest).hexdigest():
            path.unlink(missing_ok=True)
            return None
        return Answer(address, 200, body, json.loads(headers))

    def put(self, answer: Answer) -> None:
        """Keeps an answer whose body was judged whole. Raises SourceError when the disk does not take it."""
        path = self._path(answer.address)
        rest = json.dumps(dict(answer.headers)).encode() + b"\n" + answer.body
        try:
            files.write(path, f"{PAGE_KEPT}{hashlib.sha256(rest).hexdigest()}\n".encode() + rest)
        except OSError as error:
            raise not_written(path, error) from error

    def drop(self, address: str) -> None:
        """Drops the answer kept for this address, if there is one. Raises SourceError where it stays."""
        path = self._path(address)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(
                f"{path}: cannot be removed: {error.strerror or error}. Make the folder writable."
            ) from error

    def clear(self) -> None:
        """Drops all pages. Raises SourceError when one stays: it would be taken for a page of the next release."""
        try:
            if self._pages.exists():
                shutil.rmtree(self._pages)
        except OSError as error:
            raise SourceError(
                f"{self._pages}: cannot be removed: {error.strerror or error}. Make the folder writable."
            ) from error

    @property
    def _pages(self) -> Path:
        return self.folder / "pages"

    def _path(self, address: str) -> Path:
        return self._pages / hashlib.sha256(address.encode()).hexdigest()


@dataclass(frozen=True)
class Errand:
    """All that a fetcher needs: the client, who and what is asked, what is wanted, kept pages, who listens."""

    client: Client
    provider: ProviderSpec
    dataset: DatasetSpec
    wanted: Wanted
    work: Work
    tell: Tell = lambda _: None

    @property
    def base(self) -> str:
        """The address in force of the dataset's endpoint."""
        if self.dataset.endpoint is None:
            raise SourceError(f"{self.dataset.path}: has no endpoint in sources/{self.provider.provider}.yaml.")
        return self.provider.endpoint(self.dataset.endpoint).address()

    @property
    def question(self) -> str:
        """The address that tells what changed."""
        ask = self.provider.what_changed
        if ask is None:
            raise SourceError(f"sources/{self.provider.provider}.yaml has no what_changed.")
        return self._address_of(ask)

    @property
    def other_question(self) -> str | None:
        """The address that is asked where the answer to `question` cannot be used; None where there is none."""
        ask = self.provider.what_changed_otherwise
        return None if ask is None else self._address_of(ask)

    def _address_of(self, ask: Question) -> str:
        path = ask.address.format(**{"dataset": self.dataset.dataset, **self.dataset.parameters})
        return f"{self.provider.endpoint(ask.endpoint).address()}/{path}"

    def ask(self, address: str, check: Check) -> Answer:
        """An answer whose body passes `check`: of an earlier try, or the provider's (and then kept for a later one)."""
        kept = self.work.get(address)
        if kept is not None:
            try:
                with reading(address):
                    check(kept.body)
            except SourceError:  # kept by a Payung that checked less: a new answer may be better
                self.work.drop(address)
            else:
                return kept
        answer = self.client.get(address, check)
        self.work.put(answer)
        return answer

    def pages(self, name: str, address: Callable[[int, int], str], read: Callable[[bytes], PageCount]) -> list[RawFile]:
        """All pages of one question as files NAME_page_N.json.gz, whole by their counts and by their keys.

        `address`: of a page, by its number and the rows a page. `read` judges a page (SourceError) and returns its
        number, how many there are, and the rows of all. Pages that came are kept when another fails; the first error
        is raised after all were tried.

        Pages that do not make one table (a total that does not fit, a key on two pages) are asked for once more, all of
        them and with other page ends. Keys that one page has twice with all cells alike are taken as the provider's own
        where both answers have them. Raises NotWholeError otherwise, and drops the pages.
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
                    raise NotWholeError(
                        f"{name}: keys come twice on one page that came once when all pages were asked for before. The "
                        "provider does not answer the same question alike; refresh again later."
                    )
            except NotWholeError as error:
                if is_last:
                    self.work.clear()
                    raise error.within(f"{files[0].address}: all pages asked for twice") from error
                doubled |= error.keys
            for file in files:
                self.work.drop(file.address)
            self.tell(Step(f"{name}: the pages are not whole, asked for once more", name))
        raise AssertionError("unreachable")

    def _repeated(self, files: Sequence[RawFile]) -> frozenset[str]:
        """The keys that come more than once on one page of an answer with all cells alike.

        Raises SourceError for pages that the provider's parser does not take; nothing is kept of them.
        """
        from sources import registry

        limit = self.client.limits.answer_bytes
        place = f"{self.dataset.path}, {files[0].address}"
        try:
            with reading(place):
                bodies = [(f.name, decompressed(f.name, f.content, limit)) for f in files]
                return registry.parser(self.provider.provider)(self.dataset, bodies).repeated
        except NoRowsError:
            return frozenset()
        except NotWholeError:
            raise
        except SourceError as error:
            self.work.clear()
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

            answer = self.ask(address(number, rows), check)
            return packed(f"{name}_page_{number:03}.json", answer), counts[-1]

        first, count = whole(1)
        most = self.client.limits.pages
        if count.pages > min(most, max(count.total, 1)):
            self.work.drop(first.address)
            raise SourceError(
                f"{first.address}: the header claims {count.pages} pages for {count.total} rows, expected at most one for "
                f"each row and {most} together. Refresh again; if it stays so, look at the answer and at limits.pages in "
                "the provider's YAML file."
            )
        self._came(name, 1, count)
        files = [first]
        errors: list[SourceError] = []
        with ThreadPoolExecutor(self.client.limits.connections) as pool:
            asked = [pool.submit(whole, n) for n in range(2, count.pages + 1)]
            for number, result in enumerate(asked, start=2):
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
        self.tell(Step(f"{name}: page {number} of {pages}, {count.total} rows", name, number, pages, count.total))


class Fetcher(NamedTuple):
    """A provider's two functions."""

    what_changed: Callable[[Errand, Known | None], Change]
    fetch: Callable[[Errand, Change], Fetched]


def packed(name: str, answer: Answer) -> RawFile:
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


def foreign(found: set[str], asked: Sequence[str], what: str) -> None:
    """Raises SourceError when something came back that was not asked for: the question was ignored."""
    other = sorted(found - set(asked))
    if other:
        raise SourceError(
            f"{len(other)} {what} came back that were not asked for: {', '.join(other[:8])}"
            f"{' ...' if len(other) > 8 else ''}. The provider ignored a part of the question; nothing was taken."
        )


def origin_of(errand: Errand, change: Change, fetched: Fetched, fingerprint: str, rows: int) -> Origin:
    """The manifest of a fetched dataset, without its files."""
    now = errand.client.now()
    return Origin(
        provider=errand.provider.provider,
        dataset=errand.dataset.dataset,
        producer=errand.provider.producer,
        vintage_date=change.vintage_date or now.date(),
        fetched_at=now.isoformat(),
        address=fetched.address,
        release_tag=change.release_tag,
        series_asked=fetched.series,
        areas_asked=fetched.areas,
        licence=errand.dataset.licence,
        attribution=errand.dataset.attribution,
        rebuilt=False,
        note=" ".join(fetched.left_out) or None,
        content_fingerprint=fingerprint,
        rows=rows,
        origin="fetched",
        supersedes=errand.provider.supersedes,
    )
