"""What all parsers share: judging a body by its content, counting pages, and laying out the tidy table.

Belongs here: checks and shapes that hold for every provider.
Does not belong here: a provider's field names (its module and YAML), our codes (indicator_defs), validation
of rows (warehouse): a parser changes no value, it only refuses files that are not whole.

The table that every parser returns (`ParsedDataset.frame`) has one row per published cell and only text,
exactly as published; an empty cell is None (columns have dtype object). Columns, in this order:
`snapshot_row` ("FILE:N"; N counts rows from 1: in JSON the items of the row list, in CSV the records with the
header as row 1, as a spreadsheet shows it), the role columns of roles.ROLE_COLUMNS (all of them; None where the
provider has no such field), the dimension columns, the attribute columns, and columns that the provider sent
and the structure does not know (`extra_columns`, each also a warning). Of a dataset of records: `snapshot_row`, the
columns of its structure, and those that the structure does not know.
"""

from __future__ import annotations

import csv
import gc
import gzip
import hashlib
import io
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from indicator_defs.datasets import StagedColumn
from indicator_defs.errors import PayungError
from indicator_defs.roles import ADDED_COLUMNS, ROLE_COLUMNS
from sources.provider_spec import DatasetSpec

if TYPE_CHECKING:
    import pandas as pd

SNAPSHOT_ROW = "snapshot_row"
_PAGE = re.compile(r"^(?P<query>.+)_page_(?P<page>\d+)(?P<ending>\.json(\.gz)?)$")
_FIRST = 60
# Bytes of one unpacked file where its provider sets no other limit (sources/providers/*.yaml, limits.answer_megabytes).
LARGEST_UNPACKED = 1 << 30
_PIECE = 1 << 20
_NOT_ENCODABLE = re.compile("[\ud800-\udfff\0]")
# How such text is written in JSON; a whole pair matches too and is left as it is.
_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_NOT_TEXT = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip file",
    b"%PDF-": "a PDF file",
    b"PAR1": "a Parquet file",
}
_FETCH_AGAIN = (
    "Nothing was taken from it. Fetch the dataset again; if the provider keeps answering so, keep the last good "
    "snapshot and tell the provider."
)


class SourceError(PayungError):
    """A provider's answer, or a file that somebody put in, cannot be read whole."""

    def within(self, place: str) -> SourceError:
        """The same error with the place it was met in front of the message."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.args = (f"{place}: {self}",)
        return copy


class FinalError(SourceError):
    """An answer that is understood and would be the same again: it is not asked for once more."""


class IncompleteError(SourceError):
    """The pages of an answer do not make one table; `keys`: those that come more than once, as text."""

    keys: frozenset[str] = frozenset()


class UnreadableError(SourceError):
    """An answer on which a library failed with an error that Payung has no check for; the cause is that error."""


class NoRowsError(SourceError):
    """An answer that is well formed and has no rows."""


@dataclass(frozen=True)
class ParsedDataset:
    """One dataset's tidy table, what the reader should be warned of, and columns beyond the structure.

    `repeated`: the keys, as text, that come more than once within one file with all cells alike.
    """

    frame: pd.DataFrame
    warnings: list[str] = field(default_factory=list)
    extra_columns: list[StagedColumn] = field(default_factory=list)
    repeated: frozenset[str] = frozenset()


Parser = Callable[[DatasetSpec, Iterable[tuple[str, bytes]]], ParsedDataset]


class PageCount(NamedTuple):
    """The counts in a page's header: its number, how many pages there are, and the rows of all."""

    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Page:
    """One page of a paged answer: what its header tells, and the rows that it has itself."""

    file: str
    count: PageCount
    rows: int


@contextmanager
def no_collection() -> Iterator[None]:
    """Stops the garbage collector while a parser makes a million small objects, none of them in a cycle.

    Looking through them again and again took half of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def reading(place: str) -> Iterator[None]:
    """The border of everything that reads an answer: what a library raises becomes a SourceError that names the place.

    An error of Payung's own passes as it is. The original error is the cause of the new one, so its traceback is kept.
    """
    try:
        yield
    except PayungError:
        raise
    except Exception as error:  # a reader of other people's bytes may raise anything
        raise unreadable(place, error) from error


def unreadable(place: str, error: Exception) -> UnreadableError:
    """The error for content that a library could not read, with what it raised."""
    reason = {
        RecursionError: "it is nested too deeply",
        MemoryError: "it does not fit into the memory of this machine",
    }.get(type(error), f"{type(error).__name__}: {encodable(str(error))[:300] or 'no further message'}")
    return UnreadableError(f"{place}: the content cannot be read ({reason}). {_FETCH_AGAIN}")


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot hold (half of a surrogate pair) or what ends a text (U+0000) as JSON's escape."""
    return _NOT_ENCODABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def first_bytes(body: bytes) -> str:
    """The beginning of a body, printable, for a message."""
    return repr(body[:_FIRST].decode("utf-8", "replace"))


def decompressed(name: str, body: bytes, limit: int = LARGEST_UNPACKED) -> bytes:
    """The content of a kept file: unpacked when the name ends in .gz, in pieces and up to `limit` bytes.

    Raises SourceError when it is cut or damaged, or unpacks to more.
    """
    if not name.endswith(".gz"):
        return body
    pieces: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            while piece := packed.read(_PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise SourceError(
                        f"{name}: {len(body):,} bytes unpack to more than {limit:,} bytes, the limit of its provider. "
                        "Nothing was taken from it. Look at the file; if it is right, raise limits.answer_megabytes in "
                        "the provider's YAML file."
                    )
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            f"{name}: the compressed file is cut or damaged ({error}); {len(body)} bytes, beginning {body[:8]!r}. "
            "Restore the file from where it came."
        ) from error
    return b"".join(pieces)


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16 or UTF-32, by its mark or by where its NUL bytes are; None for anything else."""
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return f"{encoding} (it begins with the mark {mark.hex(' ').upper()})"
    head = body.rstrip(b"\0")[:64]
    if len(head) < 4:
        return None

    def empty(start: int, step: int) -> bool:
        every = head[start::step]
        return every.count(0) > 0.7 * len(every)

    for encoding, width in (("UTF-32", 4), ("UTF-16", 2)):
        pattern = [empty(start, width) for start in range(width)]
        if pattern.count(False) == 1 and (not pattern[0] or not pattern[-1]):
            return f"{encoding} (without a mark)"
    return None


def text_of(name: str, body: bytes, expected: str, advice: str = _FETCH_AGAIN) -> str:
    """The body as text, judged by its content and not by its name.

    `expected` names the format in messages ("JSON", "CSV"), `advice` says what to do. Raises SourceError for an empty
    body, another kind of file, text in UTF-16 or UTF-32, NUL padding, an HTML page, XML, or bytes that are not UTF-8.
    """
    if not body.strip(b"\0 \t\r\n"):
        kind = "only NUL bytes" if b"\0" in body else "an empty body" if not body else "only white space"
        raise SourceError(f"{name}: found {kind} ({len(body)} bytes), expected {expected}. {advice}")
    other = next((what for start, what in _NOT_TEXT.items() if body.startswith(start)), None)
    if other is not None:
        raise SourceError(f"{name}: found {other} (beginning {body[:8]!r}), expected {expected}. {advice}")
    encoding = _wide_encoding(body)
    if encoding is not None:
        how = (
            'In Excel choose "CSV UTF-8 (comma delimited)"; elsewhere the encoding UTF-8. ' if expected == "CSV" else ""
        )
        raise SourceError(
            f"{name}: the text is in {encoding}, expected {expected} in UTF-8. Save or fetch it again in UTF-8. "
            f"{how}{advice}"
        )
    if b"\0" in body:
        raise SourceError(
            f"{name}: found {body.count(bytes(1))} NUL bytes, the first at byte {body.index(bytes(1)) + 1} of "
            f"{len(body)} (padding), expected {expected}. {advice}"
        )
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<":
        head = start[:400].lower()
        kind = "an HTML page" if b"<!doctype html" in head or b"<html" in head else "XML"
        message = re.search(
            rb"<wb:message[^>]*>(.*?)</wb:message>|<title[^>]*>(.*?)</title>", start[:4000], re.S | re.I
        )
        words = ""
        if message:
            words = " that says " + repr((message[1] or message[2] or b"").decode("utf-8", "replace").strip()[:120])
        raise SourceError(f"{name}: found {kind}{words} (beginning {first_bytes(body)}), expected {expected}. {advice}")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{name}: line {line}: byte {error.start + 1} is not UTF-8 ({body[error.start : error.start + 1]!r}), "
            f"expected {expected} in UTF-8. Save or fetch the file again in UTF-8."
        ) from error


def read_json(name: str, body: bytes, warnings: list[str] | None = None) -> Any:
    """The JSON value of a body; every number is text with its digits as published.

    Text that no file can hold is replaced by its escape (`encodable`); `warnings` gets a line that names the first
    place. Raises SourceError for what is not whole JSON, or is nested too deeply.
    """
    text = text_of(name, body, "JSON")
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
        if _ESCAPE.search(text) is None:
            return value
        places: list[tuple[str | int, ...]] = []
        value = _with_escapes(value, (), places)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string")
        what = (
            f"the JSON breaks off at character {error.pos + 1} of {len(text)} (the answer was cut)"
            if cut
            else f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        )
        raise SourceError(f"{name}: {what}; it begins {first_bytes(body)}. {_FETCH_AGAIN}") from error
    except RecursionError as error:
        raise unreadable(name, error) from error
    if places and warnings is not None:
        warnings.append(
            f"{name}: {len(places)} text{'s' * (len(places) > 1)} with half of a character or U+0000, which no file can "
            f"hold, the first in {_place(places[0])}: kept with its escape (such as \\ud83d) in place of the character."
        )
    return value


def _with_escapes(value: Any, path: tuple[str | int, ...], places: list[tuple[str | int, ...]]) -> Any:
    """The value with every text `encodable`; `places` gets the path of each that was not."""
    if isinstance(value, str):
        text = encodable(value)
        if text != value:
            places.append(path)
        return text
    if isinstance(value, list):
        return [_with_escapes(item, (*path, number), places) for number, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            _with_escapes(name, (*path, encodable(name)), places): _with_escapes(item, (*path, encodable(name)), places)
            for name, item in value.items()
        }
    return value


def _place(path: tuple[str | int, ...]) -> str:
    """A path within an answer as "row N, FIELD"; a page's rows are the list that its second step counts."""
    if len(path) > 1 and isinstance(path[1], int):
        return f"row {path[1] + 1}, field {'.'.join(map(str, path[2:])) or '(the row itself)'}"
    return f"field {'.'.join(map(str, path)) or '(the answer itself)'}"


def csv_records(
    name: str, body: bytes, delimiter: str = ",", advice: str = _FETCH_AGAIN
) -> tuple[list[str], list[list[str]]]:
    """Header and records of a CSV body, the records as long as they are.

    Raises SourceError for a double or empty column name, an unclosed quote, and a file without records (a provider
    that does not know a code may answer so). `advice` says what to do where the file is not CSV at all.
    """
    text = text_of(name, body, "CSV", advice)
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SourceError(
            f"{name}: not whole CSV, row {len(records) + 1}: {error} (a quote that is never closed?). {advice}"
        ) from error
    while records and not any(records[-1]):
        records.pop()
    if not records:
        raise SourceError(f"{name}: found no header. {advice}")
    header = [h.strip() for h in records[0]]
    double = sorted({h for h in header if header.count(h) > 1})
    if double:
        raise SourceError(
            f"{name}: header: column {', '.join(repr(d) for d in double)} stands twice or without a name. "
            "Each column needs a name of its own."
        )
    rows = records[1:]
    if not rows:
        raise SourceError(
            f"{name}: found a header and no rows ({', '.join(header[:6])} ...). A provider that does not know a code "
            "answers so; check the codes asked for."
        )
    return header, rows


def width_faults(rows: list[list[str]], width: int) -> Iterator[tuple[int, str]]:
    """(row, what is wrong) of the records that are not as long as the header, which is row 1."""
    for number, row in enumerate(rows, start=2):
        if len(row) != width:
            cut = " (the last row: the file was cut)" if number == len(rows) + 1 and len(row) < width else ""
            yield (
                number,
                f"row {number}: found {len(row)} cells{cut}, expected {width} as in the header. "
                f"The row begins {','.join(row)[:_FIRST]!r}.",
            )


def read_csv(name: str, body: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and records of a CSV body, each record as long as the header.

    Raises SourceError as `csv_records`, and for a record of another length (a cut file shows so).
    """
    header, rows = csv_records(name, body)
    for _, fault in width_faults(rows, len(header)):
        raise SourceError(f"{name}: {fault}")
    return header, rows


def check_pages(pages: Sequence[Page]) -> None:
    """Checks that each paged answer is whole: one total, every page once, rows as many as the total.

    Pages belong together when their file names are alike before "_page_N". Raises IncompleteError naming the
    files, the pages that lack, and the counts.
    """
    answers: dict[str, list[Page]] = defaultdict(list)
    for page in pages:
        match = _PAGE.match(page.file)
        answers[f"{match['query']}_page_*" if match else page.file].append(page)
    for query, parts in answers.items():
        totals = sorted({(p.count.total, p.count.pages) for p in parts})
        if len(totals) > 1:
            shown = ", ".join(f"{t} rows on {n} pages" for t, n in totals)
            raise IncompleteError(
                f"{query}: its pages tell different totals ({shown}): it changed meanwhile. {_FETCH_AGAIN}"
            )
        total, count = totals[0]
        have = [p.count.number for p in parts]
        came = set(have)
        lack = list(islice((n for n in range(1, count + 1) if n not in came), 10))
        if lack:
            raise IncompleteError(f"{query}: page {', '.join(map(str, lack))} of {count} is missing. {_FETCH_AGAIN}")
        if len(have) != len(set(have)) or max(have, default=0) > max(count, 1):
            raise IncompleteError(
                f"{query}: found pages {sorted(have)}, expected 1 to {count} once each. {_FETCH_AGAIN}"
            )
        rows = sum(p.rows for p in parts)
        if rows != total:
            files = ", ".join(p.file for p in parts[:3]) + (" ..." if len(parts) > 3 else "")
            raise IncompleteError(
                f"{query}: found {rows} rows in {files}, expected {total} as its header says. {_FETCH_AGAIN}"
            )


def page_count(name: str, header: Mapping[str, Any], number: str, pages: str, total: str) -> PageCount:
    """The counts in a page's header, from its fields of these names; without number and pages it is the only one.

    Raises SourceError when a count is no whole number.
    """

    def count(field: str, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError) as error:  # ValueError: also more digits than Python takes
            raise SourceError(
                f"{name}: header field {field}: found {str(value)[:40]!r}, expected a whole number. {_FETCH_AGAIN}"
            ) from error

    return PageCount(
        count(number, header.get(number, "1")), count(pages, header.get(pages, "1")), count(total, header[total])
    )


def snake(name: str) -> str:
    """A provider's name as a column name: "Education level" -> education_level, "AgeGrp" -> age_grp."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") or "column"


def as_text(value: Any) -> str | None:
    """A JSON value as text: None for nothing, lists joined with " | ", other structures as JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        return " | ".join(v for v in value if v) or None
    return json.dumps(value, ensure_ascii=False) if value else None


def texts(values: Sequence[Any]) -> list[str | None]:
    """`as_text` of each value; quick where all are text or nothing."""
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return [v or None for v in values]
    return [as_text(v) if v else None for v in values] if kinds <= {list, type(None)} else [as_text(v) for v in values]


def missing_column(file: str, dataset: DatasetSpec, column: str, found: Iterable[str]) -> SourceError:
    """The error for a required column that is not there."""
    return SourceError(
        f"{file}: the required column {column!r} is missing; found {', '.join(found)}. The provider has changed its "
        f"answer: compare it with sources/providers/{dataset.provider}.yaml, dataset {dataset.dataset}, and adapt that "
        "file."
    )


class StagedTableBuilder:
    """Collects a dataset's columns and lays them out as the tidy table."""

    def __init__(self, dataset: DatasetSpec) -> None:
        """An empty table of this dataset's columns."""
        self.dataset = dataset
        self.rows: list[str] = []
        self._by_published_name = {c.published_as: c for c in dataset.columns}
        self._columns: dict[str, list[str | None]] = {c.name: [] for c in dataset.columns}
        self._extra: dict[str, StagedColumn] = {}
        self.warnings: list[str] = []
        self.repeated: frozenset[str] = frozenset()

    def column(self, published_as: str, role: str = "attribute", file: str = "") -> str:
        """The staged name of a published column; an unknown one is taken up as an extra column, with a warning."""
        known = self._by_published_name.get(published_as)
        if known is not None:
            return known.name
        name = snake(published_as)
        while name in self._columns or name in ROLE_COLUMNS or name in ADDED_COLUMNS:
            name += "_2"
        column = StagedColumn(
            name=name,
            published_as=published_as,
            role="dimension" if role == "dimension" else "attribute",
            description=f"Sent by the provider as {published_as}; not in sources/providers/{self.dataset.provider}.yaml.",
        )
        self._by_published_name[published_as] = self._extra[name] = column
        self._columns[name] = []
        self.warnings.append(
            f"{self.dataset.path}: {file}: unknown {column.role} {published_as!r} was kept as column {name}; "
            f"describe it in sources/providers/{self.dataset.provider}.yaml."
        )
        return name

    def add(self, file: str, count: int, values: dict[str, list[str | None]], first: int = 1) -> None:
        """Adds `count` rows of one file; `values` by staged name, columns that are left out stay empty."""
        before = len(self.rows)
        self.rows.extend([f"{file}:{n}" for n in range(first, first + count)])
        for name, column in self._columns.items():
            if len(column) < before:
                column.extend([None] * (before - len(column)))
            column.extend(values[name] if name in values else [None] * count)

    def parsed(self) -> ParsedDataset:
        """The tidy table; SourceError when it has no rows at all."""
        count = len(self.rows)
        if not count:
            raise NoRowsError(f"{self.dataset.path}: the answer holds no rows at all. {_FETCH_AGAIN}")
        is_records = self.dataset.shape == "records"
        roles = () if is_records else ROLE_COLUMNS
        rest = [c.name for c in (*self.dataset.columns, *self._extra.values()) if c.name not in roles]
        rest.sort(key=lambda n: 0 if self._by_name(n).role == "dimension" else 1)
        empty: list[str | None] = [None] * count
        data = {SNAPSHOT_ROW: self.rows} | {n: self._columns.get(n) or empty for n in (*roles, *rest)}
        import pandas as pd  # late: `payung status` reads reports only

        frame = pd.DataFrame(data, dtype=object)
        if self.dataset.endpoint is not None and not is_records:
            self._check_keys(frame)
        return ParsedDataset(frame, self.warnings, list(self._extra.values()), self.repeated)

    def _check_keys(self, frame: pd.DataFrame) -> None:
        """Judges an answer by its keys: rows that come twice may hide as many that are missing.

        A key in two files of one answer is an overlap of pages: one page never has a row of another. Within one file it
        may be the provider's own (`key_once` false): such rows are kept, and identical ones are named in a warning.
        Raises IncompleteError with the keys and the files.
        """
        dimensions = [c.name for c in (*self.dataset.columns, *self._extra.values()) if c.role == "dimension"]
        columns = ["series", "ref_area", "time_period", "time_detail", *dimensions]
        columns = [c for c in columns if frame[c].notna().any()]
        doubled = frame[frame.duplicated(columns, keep=False)] if columns else frame[:0]
        if doubled.empty:
            return
        file = doubled[SNAPSHOT_ROW].str.rpartition(":")[0]
        files = file.groupby([doubled[c] for c in columns], dropna=False, sort=False).transform("nunique")
        across = doubled[files > 1]
        refused = doubled if self.dataset.key_once else across
        if not refused.empty:
            shown = _shown_keys(refused, columns)
            error = IncompleteError(
                f"{len(shown)} key{'s come' if len(shown) > 1 else ' comes'} more than once in "
                f"{', '.join(_few(file[refused.index].unique()))}, so that as many may be missing: "
                f"{'; '.join(_few(shown))}. {_FETCH_AGAIN}"
            )
            error.keys = frozenset(_key_texts(doubled, columns))
            raise error
        same = doubled[doubled.duplicated([c for c in frame.columns if c != SNAPSHOT_ROW], keep=False)]
        self.repeated = frozenset(_key_texts(same, columns))
        if not same.empty:
            come = "keys come" if len(self.repeated) > 1 else "key comes"
            self.warnings.append(
                f"{self.dataset.path}: {len(self.repeated)} {come} more than once with all cells alike; every row is kept: "
                f"{'; '.join(_few(_shown_keys(same, columns)))}."
            )

    def _by_name(self, name: str) -> StagedColumn:
        return self._extra.get(name) or next(c for c in self.dataset.columns if c.name == name)


def _key_texts(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    """The key of each row as text, for comparing two answers."""
    return [json.dumps(cells, ensure_ascii=True) for cells in zip(*(rows[c] for c in columns), strict=True)]


def _shown_keys(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    """Each key once, its filled cells with blanks between, and the rows that have it."""
    shown: dict[tuple[str, ...], list[str]] = {}
    for place, *cells in zip(rows[SNAPSHOT_ROW], *(rows[c] for c in columns), strict=True):
        shown.setdefault(tuple(str(c) for c in cells if isinstance(c, str)), []).append(place)
    return [f"{' '.join(key)} ({', '.join(places)})" for key, places in shown.items()]


def _few(texts: Iterable[str], most: int = 5) -> list[str]:
    """The first of the texts, and how many more there are."""
    listed = list(texts)
    return [*listed[:most], *([f"{len(listed) - most} more"] if len(listed) > most else [])]


def check_requested(parsed: ParsedDataset, series_asked: Sequence[str], areas_asked: Sequence[str]) -> ParsedDataset:
    """Compares what came back with what was asked for; returns the table, warning of series and areas without a row.

    An empty list means that nothing can be compared. Raises SourceError when rows of another series or area
    came back: then the provider ignored the question (a comma list, an unknown parameter). Records, which have no
    series, are returned as they are.
    """
    frame = parsed.frame
    if "series" not in frame:
        return parsed
    for role, asked in (("series", series_asked), ("ref_area", areas_asked)):
        unrequested = sorted({str(v) for v in frame[role].unique() if v is not None} - set(asked)) if asked else []
        if unrequested:
            what = "areas" if role == "ref_area" else "series"
            row = frame.loc[frame[role] == unrequested[0], SNAPSHOT_ROW].iloc[0]
            raise SourceError(
                f"{len(unrequested)} {what} came back that were not asked for: {', '.join(unrequested[:8])}"
                f"{' ...' if len(unrequested) > 8 else ''} (first in {row}). The provider ignored a part of the question. "
                f"{_FETCH_AGAIN}"
            )
    warnings = list(parsed.warnings)
    for role, what, asked in (("series", "series", series_asked), ("ref_area", "area", areas_asked)):
        empty = sorted(set(asked) - set(frame[role].unique()))
        if empty:
            named = f"{', '.join(empty[:8])}{' ...' if len(empty) > 8 else ''}"
            plural = "s" if what == "area" and len(empty) != 1 else ""
            warnings.append(f"{len(empty)} {what}{plural} asked for came back without rows: {named}")
    return replace(parsed, warnings=warnings)


def areas_in_file_codes(
    dataset: DatasetSpec, parsed: ParsedDataset, areas_asked: Sequence[str], meaning: Mapping[str, str]
) -> list[str]:
    """The areas asked for in the codes that a file for all places uses; of an area that it lacks the last code by name.

    `meaning`: the area of each code (MMR and 104 are Myanmar). For other datasets the areas as they are.
    """
    if dataset.requested_by_area:
        return list(areas_asked)
    used = set(parsed.frame["ref_area"].unique()) & set(areas_asked)
    there = {meaning.get(code, code) for code in used}
    lacking = {meaning.get(code, code): code for code in sorted(areas_asked)}
    return sorted(used | {code for area, code in lacking.items() if area not in there})


def requested_areas_only(dataset: DatasetSpec, parsed: ParsedDataset, areas_asked: Sequence[str]) -> ParsedDataset:
    """The table without places that were not asked for, where the provider sends one file for all places.

    For other datasets the table as it is. Raises SourceError when not one row is of an area asked for.
    """
    if dataset.requested_by_area or not areas_asked:
        return parsed
    frame = parsed.frame[parsed.frame["ref_area"].isin(set(areas_asked))].reset_index(drop=True)
    if frame.empty:
        found = ", ".join(sorted(str(v) for v in parsed.frame["ref_area"].dropna().unique())[:8])
        raise SourceError(
            f"not one row is of an area asked for; the file has {found} ..., asked for were "
            f"{', '.join(list(areas_asked)[:8])} ... Add the file's codes to the crosswalk ref_area of "
            f"{dataset.provider}."
        )
    return replace(parsed, frame=frame)


def content_fingerprint(frame: pd.DataFrame) -> str:
    """sha256 of what the table says, whatever the order of rows, files and empty columns.

    Two answers with the same fingerprint are the same content in other bytes.
    """
    names = sorted(str(c) for c in frame.columns if c != SNAPSHOT_ROW and frame[c].notna().any())
    columns = [[("\x00" if v is None else _plain(str(v))) for v in frame[n]] for n in names]
    digest = hashlib.sha256("\x1e".join(names).encode())
    for line in sorted("\x1f".join(cells) for cells in zip(*columns, strict=True)):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _plain(cell: str) -> str:
    """A cell without what separates cells in a fingerprint, and without what cannot be encoded."""
    return cell if cell.isprintable() else encodable(re.sub("[\x1e\x1f]", lambda c: f"\\x{ord(c[0]):02x}", cell))
