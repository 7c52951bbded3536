"""Samples of providers for the shared tests: a small complete answer, faulty answers, and a scope for its server.

Belongs here: formats of several providers. Does not belong here: one provider (samples/NAME.py, found by name).
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sources import registry
from sources.fetching import FetchScope
from sources.manifests import Manifest
from sources.provider_spec import DatasetSpec
from sources.snapshots import SnapshotStore

ROWS = 6
Body = bytes
Row = dict[str, Any]
ChangeRows = Callable[[list[Any]], list[Any]]


@dataclass(frozen=True)
class SmallAnswer:
    """One answer with one file: its name, its bytes, and the number of staged rows."""

    file: str
    body: Body
    rows: int


class ProviderSample(ABC):
    """The sample of one provider. `optional_column`: a published column that an answer may lack."""

    optional_column: ClassVar[str]
    # For each downloaded dataset: a small scope, and a part of the addresses of its figures.
    scopes: ClassVar[Mapping[str, FetchScope]] = {}
    figures_path: ClassVar[Mapping[str, str]] = {}
    # A still smaller scope, of one dataset, for the live test.
    live_scope: ClassVar[Mapping[str, FetchScope]] = {}
    # A part of the address of the release mark.
    mark_path: ClassVar[str] = ""
    # For each dataset: a fragment of the message for a body that is cut in half.
    cut_message: ClassVar[Mapping[str, str]] = {}
    # Whether the download of all series and areas of the archive takes minutes.
    is_large: ClassVar[bool] = False

    def without_snapshot(self, dataset: DatasetSpec) -> SmallAnswer:
        """An answer of a dataset without snapshot in the archive."""
        raise LookupError(f"{dataset.path}: no snapshot in the archive, and no answer in samples/{dataset.provider}.py")

    def holds_figures(self, file: str) -> bool:
        """Whether a file with this name in a snapshot has rows of figures."""
        return True

    @abstractmethod
    def cut_to(self, dataset: DatasetSpec, file: str, body: Body, rows: int) -> SmallAnswer:
        """A complete answer with only the first rows of an answer, and their totals."""

    @abstractmethod
    def change_each(self, body: Body, change: Callable[[Row], None]) -> Body:
        """The answer after `change` of each row (a dictionary of the provider's own fields)."""

    @abstractmethod
    def faulty_bodies(self, body: Body) -> Iterator[tuple[str, Body, str]]:
        """Faulty answers in this format: name of the fault, body, pattern of the message."""

    def steps_to(self, column: str) -> list[str]:
        """The names that lead to a column within a row."""
        return [column]

    def without(self, body: Body, column: str) -> Body:
        """The answer without one column."""

        def drop(row: Row) -> None:
            *outer, name = self.steps_to(column)
            for part in outer:
                row = row[part]
            del row[name]

        return self.change_each(body, drop)

    def with_extra(self, body: Body, column: str, value: str) -> Body:
        """The answer with an additional column."""
        return self.change_each(body, lambda row: row.update({column: value}))


class CsvSample(ProviderSample):
    """A provider whose answers are CSV files."""

    def cut_to(self, dataset: DatasetSpec, file: str, body: Body, rows: int) -> SmallAnswer:
        lines = list(csv.reader(io.StringIO(body.decode())))[: rows + 1]
        return SmallAnswer(file, _csv(lines), (len(lines) - 1) * max(1, len(dataset.measures)))

    def change_each(self, body: Body, change: Callable[[Row], None]) -> Body:
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        for row in rows:
            change(row)
        return _csv([list(rows[0]), *(list(r.values()) for r in rows)])

    def faulty_bodies(self, body: Body) -> Iterator[tuple[str, Body, str]]:
        yield "header only", body[: body.index(b"\n") + 1], "no rows"
        yield "cut in a row", body.rstrip(b"\n").rsplit(b",", 3)[0], "the file was cut"
        yield "open quote", body.rstrip(b"\n") + b',"x', "unclosed quote"


class PagedJsonSample(ProviderSample):
    """A provider whose answers are pages of JSON rows with counts in a header."""

    # The header's fields: number of the page, number of pages, rows of all pages.
    number_field: ClassVar[str]
    pages_field: ClassVar[str]
    total_field: ClassVar[str]
    # A fragment of the message for JSON that is not such a page.
    not_a_page: ClassVar[str]
    # Rows per page, so few that a small scope has several pages.
    small_page: ClassVar[int]
    # Functions that put a text into a row, and the place in the warning.
    text_places: ClassVar[list[tuple[Callable[[Row, str], None], str]]]

    @abstractmethod
    def split(self, answer: Any) -> tuple[Row, list[Any]]:
        """Header and rows of an answer."""

    @abstractmethod
    def joined(self, header: Row, rows: list[Any]) -> Any:
        """The answer with a header and rows."""

    @abstractmethod
    def check_page(self, body: Body) -> object:
        """Checks a page like the download. Raises SourceError."""

    def cut_to(self, dataset: DatasetSpec, file: str, body: Body, rows: int) -> SmallAnswer:
        header, listed = self.split(json.loads(body))
        listed = listed[:rows]
        header |= {self.pages_field: 1, self.total_field: len(listed)}
        return SmallAnswer(file, self._body(header, listed), len(listed))

    def change_each(self, body: Body, change: Callable[[Row], None]) -> Body:
        header, rows = self.split(json.loads(body))
        for row in rows:
            change(row)
        return self._body(header, rows)

    def rows_of(self, body: Body) -> list[Any]:
        """The rows of a page."""
        return self.split(json.loads(body))[1]

    def with_rows(self, body: Body, change: ChangeRows) -> Body:
        """The page with other rows and the same header."""
        header, rows = self.split(json.loads(body))
        return self._body(header, change(rows))

    def with_total(self, body: Body, more: int) -> Body:
        """The page with another total in its header."""
        header, rows = self.split(json.loads(body))
        return self._body(header | {self.total_field: header[self.total_field] + more}, rows)

    def with_count(self, body: Body, field: str, text: bytes) -> Body:
        """The page with another number in a field of its header, digit by digit."""
        name = f'"{field}"'.encode()
        return re.sub(name + rb": ?\d+", name + b": " + text, body)

    def three_pages(self, body: Body) -> list[tuple[str, Body]]:
        """The small answer as three pages of two rows."""
        header, rows = self.split(json.loads(body))
        return [
            (
                f"data_page_{n:03}.json",
                self._body(header | {self.pages_field: 3, self.number_field: n}, rows[n * 2 - 2 : n * 2]),
            )
            for n in (1, 2, 3)
        ]

    def faulty_bodies(self, body: Body) -> Iterator[tuple[str, Body, str]]:
        for end in (1, len(body) // 3, len(body) // 2, len(body) - 2):
            yield f"cut at {end}", body[:end], "the JSON ends at|invalid JSON"
        yield "other JSON", b'{"status": "ok"}', "expected"
        yield "missing rows", self.with_rows(body, lambda rows: rows[:-1]), r"found 5 rows .* expected 6"

    def _body(self, header: Row, rows: list[Any]) -> Body:
        return json.dumps(self.joined(header, rows)).encode()


def sample_of(provider: str) -> Any:
    """The sample of a provider: `Sample` in samples/NAME.py."""
    return importlib.import_module(f"samples.{provider}").Sample()


def small_answer(dataset: DatasetSpec, archive: SnapshotStore, manifest: Manifest | None) -> SmallAnswer:
    """The first rows of the first file of figures of a shipped snapshot, or the sample's own answer."""
    sample: ProviderSample = sample_of(dataset.provider)
    if manifest is None:
        return sample.without_snapshot(dataset)
    name, body = next(
        (n.removesuffix(".gz"), b) for n, b in archive.files(manifest) if sample.holds_figures(n.removesuffix(".gz"))
    )
    return sample.cut_to(dataset, name, body, ROWS)


def _csv(lines: list[list[str]]) -> Body:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


# --- downloaded datasets, for parametrisation ---------------------------------------------------------------


@dataclass(frozen=True)
class FetchedDataset:
    """A downloaded dataset, with its sample."""

    provider: str
    dataset: str
    sample: Any

    @property
    def which(self) -> tuple[str, str]:
        return self.provider, self.dataset

    @property
    def spec(self) -> DatasetSpec:
        return registry.dataset(self.provider, self.dataset)

    @property
    def service(self) -> Any:
        """The class of the service of its provider."""
        return importlib.import_module(f"providers.{self.provider}").Service

    @property
    def is_paged(self) -> bool:
        return isinstance(self.sample, PagedJsonSample)

    @property
    def scope(self) -> FetchScope:
        scope: FetchScope = self.sample.scopes[self.dataset]
        return scope

    @property
    def path(self) -> str:
        """A part of the addresses of its figures."""
        return str(self.sample.figures_path[self.dataset])

    @property
    def cut_message(self) -> str:
        return str(self.sample.cut_message[self.dataset])

    def __str__(self) -> str:
        return self.dataset


def fetched_dataset(provider: str, dataset: str) -> FetchedDataset:
    """One downloaded dataset."""
    return FetchedDataset(provider, dataset, sample_of(provider))


def fetched_datasets() -> list[FetchedDataset]:
    """All downloaded datasets, in the order of the registry."""
    return [
        fetched_dataset(spec.provider, dataset.dataset)
        for spec in registry.providers().values()
        for dataset in spec.datasets
        if dataset.endpoint is not None
    ]
