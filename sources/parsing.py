"""The common part of all parsers: checks of a body by its content, page counts, and the tidy table.

Belongs here: checks and table layout for every provider.
Does not belong here: a provider's field names (its module and YAML), our codes (indicator_defs), validation
of rows (warehouse): a parser changes no value, it only refuses incomplete files.

The table that every parser returns (`ParsedDataset.frame`) has one row per published cell and only text,
exactly as published; an empty cell is None (columns have dtype object). Columns, in this order:
`snapshot_row` ("FILE:N"; N counts rows from 1: in JSON the items of the row list, in CSV the records with the
header as row 1, as in a spreadsheet), the role columns of roles.ROLE_COLUMNS (all of them; None if the
provider has no such field), the dimension columns, the attribute columns, and columns that the structure does not
have (`extra_columns`, each also a warning). A dataset of records has `snapshot_row`, the columns of its structure, and
columns that the structure does not have.
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
# Most bytes of one unpacked file, unless limits.answer_megabytes in the provider's YAML file sets another limit.
LARGEST_UNPACKED = 1 << 30
_PIECE = 1 << 20
_NOT_ENCODABLE = re.compile("[\ud800-\udfff\0]")
# The same characters as JSON escapes. Valid pairs match too; json.loads joins them to one character.
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
    "Nothing was stored. Refresh the dataset again; if the error remains, the last good snapshot stays in use: report "
    "the error to the provider."
)


class SourceError(PayungError):
    """A provider's answer, or a file of the inbox, is faulty or cannot be read."""

    def within(self, place: str) -> SourceError:
        """The same error with the place of the fault before the message."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.args = (f"{place}: {self}",)
        return copy


class FinalError(SourceError):
    """An error that a second request would repeat: the answer is not requested again."""


class IncompleteError(SourceError):
    """The pages of an answer do not form one complete table; `keys`: duplicate keys, as text."""

    keys: frozenset[str] = frozenset()


class UnreadableError(SourceError):
    """A library raised an error on an answer, and Payung has no check for it; the cause is that error."""


class NoRowsError(SourceError):
    """A well-formed answer without rows."""


@dataclass(frozen=True)
class ParsedDataset:
    """One dataset's tidy table, warnings for readers, and columns that the structure does not have.

    `repeated_keys`: keys, as text, that occur more than once within one file with equal cells.
    """

    frame: pd.DataFrame
    warnings: list[str] = field(default_factory=list)
    extra_columns: list[StagedColumn] = field(default_factory=list)
    repeated_keys: frozenset[str] = frozenset()


Parser = Callable[[DatasetSpec, Iterable[tuple[str, bytes]]], ParsedDataset]


class PageCount(NamedTuple):
    """The counts in a page's header: number of the page, number of pages, rows of all pages."""

    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Page:
    """One page of a paged answer: the counts of its header and its own number of rows."""

    file: str
    count: PageCount
    rows: int


@contextmanager
def no_collection() -> Iterator[None]:
    """Stops the garbage collector while a parser creates millions of small objects without cycles.

    Collections took half of the parsing time.
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
    """Turns errors of libraries while an answer is read into a SourceError that names the place.

    Payung's own errors pass unchanged. The original error is the cause of the new one, which keeps its traceback.
    """
    try:
        yield
    except PayungError:
        raise
    except Exception as error:  # invalid content can raise any error in a library
        raise unreadable(place, error) from error


def unreadable(place: str, error: Exception) -> UnreadableError:
    """The error for content that a library cannot read, with the library's message."""
    reason = {
        RecursionError: "nested too deeply",
        MemoryError: "not enough memory on this machine",
    }.get(type(error), f"{type(error).__name__}: {encodable(str(error))[:300] or 'no further message'}")
    return UnreadableError(f"{place}: the content cannot be read ({reason}). {_FETCH_AGAIN}")


def encodable(text: str) -> str:
    """The text with JSON escapes for unpaired surrogates, which UTF-8 does not have, and for U+0000."""
    return _NOT_ENCODABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def unpacked_too_large(packed_bytes: int, limit: int) -> str:
    """The message for content that unpacks to more bytes than its limit."""
    return (
        f"{packed_bytes:,} bytes unpack to more than {limit:,} bytes, the limit of this provider. Nothing was stored. If "
        "the content is correct, raise limits.answer_megabytes in the provider's YAML file."
    )


def unrequested_codes(codes: Sequence[str], what: str, place: str = "") -> str:
    """The message for an answer with codes that were not requested: the provider ignored a parameter."""
    few = f"{', '.join(codes[:8])}{' ...' if len(codes) > 8 else ''}"
    return (
        f"found {len(codes)} {what} that were not requested: {few}{f' (first in {place})' if place else ''}. The provider "
        f"ignored a parameter of the request. {_FETCH_AGAIN}"
    )


def first_bytes(body: bytes) -> str:
    """The beginning of a body in printable form, for a message."""
    return repr(body[:_FIRST].decode("utf-8", "replace"))


def decompressed(name: str, body: bytes, limit: int = LARGEST_UNPACKED) -> bytes:
    """The content of a stored file: unpacked if the name ends in .gz, in pieces and up to `limit` bytes.

    Raises SourceError if it is cut or damaged, or unpacks to more.
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
                    raise SourceError(f"{name}: {unpacked_too_large(len(body), limit)}")
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            f"{name}: the compressed file is cut or damaged ({error}); {len(body)} bytes, the first {body[:8]!r}. "
            "Restore the file from its source."
        ) from error
    return b"".join(pieces)


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16 or UTF-32, recognised by the byte order mark or the positions of NUL bytes; None for other encodings."""
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return f"{encoding} (byte order mark {mark.hex(' ').upper()})"
    head = body.rstrip(b"\0")[:64]
    if len(head) < 4:
        return None

    def mostly_nul(start: int, step: int) -> bool:
        column = head[start::step]
        return column.count(0) > 0.7 * len(column)

    for encoding, width in (("UTF-32", 4), ("UTF-16", 2)):
        pattern = [mostly_nul(start, width) for start in range(width)]
        if pattern.count(False) == 1 and (not pattern[0] or not pattern[-1]):
            return f"{encoding} (without a byte order mark)"
    return None


def text_of(name: str, body: bytes, expected: str, advice: str = _FETCH_AGAIN) -> str:
    """The body as text, checked by its content and not by its name.

    `expected` names the format in messages ("JSON", "CSV"), `advice` is the remedy. Raises SourceError for an empty
    body, another kind of file, text in UTF-16 or UTF-32, NUL padding, an HTML page, XML, or bytes that are not UTF-8.
    """
    if not body.strip(b"\0 \t\r\n"):
        kind = "only NUL bytes" if b"\0" in body else "an empty body" if not body else "only blanks"
        raise SourceError(f"{name}: found {kind} ({len(body)} bytes), expected {expected}. {advice}")
    other = next((what for start, what in _NOT_TEXT.items() if body.startswith(start)), None)
    if other is not None:
        raise SourceError(f"{name}: found {other} (it begins {body[:8]!r}), expected {expected}. {advice}")
    encoding = _wide_encoding(body)
    if encoding is not None:
        how = (
            'In Excel choose "CSV UTF-8 (comma delimited)"; in other programs the encoding UTF-8. '
            if expected == "CSV"
            else ""
        )
        raise SourceError(
            f"{name}: found {encoding}, expected {expected} in UTF-8. Save or download it again in UTF-8. {how}{advice}"
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
        title = ""
        if message:
            title = " with the message " + repr(
                (message[1] or message[2] or b"").decode("utf-8", "replace").strip()[:120]
            )
        raise SourceError(f"{name}: found {kind}{title} (it begins {first_bytes(body)}), expected {expected}. {advice}")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{name}: line {line}: byte {error.start + 1} is not UTF-8 ({body[error.start : error.start + 1]!r}), "
            f"expected {expected} in UTF-8. Save or download the file again in UTF-8."
        ) from error


def read_json(name: str, body: bytes, warnings: list[str] | None = None) -> Any:
    """The JSON value of a body; every number is text with its digits as published.

    Text that cannot be written to a file is replaced by its escape (`encodable`); a warning names the first place.
    Raises SourceError for JSON that is invalid, incomplete or nested too deeply.
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
            f"the JSON ends at character {error.pos + 1} of {len(text)} (the answer was cut)"
            if cut
            else f"line {error.lineno}, column {error.colno}: invalid JSON: {error.msg}"
        )
        raise SourceError(f"{name}: {what}; it begins {first_bytes(body)}. {_FETCH_AGAIN}") from error
    except RecursionError as error:
        raise unreadable(name, error) from error
    if places and warnings is not None:
        warnings.append(
            f"{name}: {len(places)} text{'s' * (len(places) > 1)} with an incomplete character or U+0000, the first in "
            f"{_place(places[0])}: stored with an escape (such as \\ud83d) instead of the character."
        )
    return value


def _with_escapes(value: Any, path: tuple[str | int, ...], places: list[tuple[str | int, ...]]) -> Any:
    """The value with every text `encodable`; the paths of changed texts are added to `places`."""
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
    """A path within an answer as "row N, field FIELD"; the second step of the path is the index of the row."""
    if len(path) > 1 and isinstance(path[1], int):
        return f"row {path[1] + 1}, field {'.'.join(map(str, path[2:])) or '(the row itself)'}"
    return f"field {'.'.join(map(str, path)) or '(the answer itself)'}"


def csv_records(
    name: str, body: bytes, delimiter: str = ",", advice: str = _FETCH_AGAIN
) -> tuple[list[str], list[list[str]]]:
    """Header and records of a CSV body; the length of the records is not checked.

    Raises SourceError for a duplicate or empty column name, an unclosed quote, and a file without records (some
    providers send it for an unknown code). `advice`: the remedy for a file that is not CSV.
    """
    text = text_of(name, body, "CSV", advice)
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SourceError(
            f"{name}: row {len(records) + 1}: invalid CSV: {error} (perhaps an unclosed quote). {advice}"
        ) from error
    while records and not any(records[-1]):
        records.pop()
    if not records:
        raise SourceError(f"{name}: found no header, expected the column names. {advice}")
    header = [h.strip() for h in records[0]]
    duplicates = sorted({h for h in header if header.count(h) > 1})
    if duplicates:
        raise SourceError(
            f"{name}: header: found column {', '.join(repr(d) for d in duplicates)} more than once, expected a different "
            "name for each column. Rename the columns."
        )
    rows = records[1:]
    if not rows:
        raise SourceError(
            f"{name}: found a header and no rows ({', '.join(header[:6])} ...), expected rows. The provider may not know "
            "the codes: check the requested codes."
        )
    return header, rows


def width_faults(rows: list[list[str]], width: int) -> Iterator[tuple[int, str]]:
    """(row, message) for each record whose length differs from the header's; the header is row 1."""
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

    Raises SourceError as `csv_records`, and for a record of another length, which a cut file has.
    """
    header, rows = csv_records(name, body)
    for _, fault in width_faults(rows, len(header)):
        raise SourceError(f"{name}: {fault}")
    return header, rows


def check_pages(pages: Sequence[Page]) -> None:
    """Checks that each paged answer is complete: one total, every page once, as many rows as the total.

    Pages of one answer have the same file name before "_page_N". Raises IncompleteError naming the files, the missing
    pages, and the counts.
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
                f"{query}: found pages with different totals ({shown}), expected one total: the data changed during the "
                f"download. {_FETCH_AGAIN}"
            )
        total, count = totals[0]
        numbers = [p.count.number for p in parts]
        found = set(numbers)
        missing = list(islice((n for n in range(1, count + 1) if n not in found), 10))
        if missing:
            raise IncompleteError(f"{query}: page {', '.join(map(str, missing))} of {count} is missing. {_FETCH_AGAIN}")
        if len(numbers) != len(found) or max(numbers, default=0) > max(count, 1):
            raise IncompleteError(
                f"{query}: found pages {sorted(numbers)}, expected 1 to {count} once each. {_FETCH_AGAIN}"
            )
        rows = sum(p.rows for p in parts)
        if rows != total:
            files = ", ".join(p.file for p in parts[:3]) + (" ..." if len(parts) > 3 else "")
            raise IncompleteError(
                f"{query}: found {rows} rows in {files}, expected {total} as in the header. {_FETCH_AGAIN}"
            )


def page_count(name: str, header: Mapping[str, Any], number: str, pages: str, total: str) -> PageCount:
    """The counts in a page's header, from the fields of these names; without number and pages it is the only page.

    Raises SourceError if a count is not a whole number.
    """

    def count(field: str, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError) as error:  # ValueError: also too many digits for int()
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
    """A JSON value as text: None for an empty value, lists joined with " | ", other structures as JSON."""
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
    """`as_text` of each value; with a fast path for columns of text, of lists, and of empty values."""
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return [v or None for v in values]
    return [as_text(v) if v else None for v in values] if kinds <= {list, type(None)} else [as_text(v) for v in values]


def missing_column(file: str, dataset: DatasetSpec, column: str, found: Iterable[str]) -> SourceError:
    """The error for a missing required column."""
    return SourceError(
        f"{file}: the required column {column!r} is missing; found {', '.join(found)}. The provider changed its answer: "
        f"adapt dataset {dataset.dataset} in sources/providers/{dataset.provider}.yaml."
    )


class StagedTableBuilder:
    """Collects a dataset's columns and builds the tidy table."""

    def __init__(self, dataset: DatasetSpec) -> None:
        """An empty table with this dataset's columns."""
        self.dataset = dataset
        self.rows: list[str] = []
        self._by_published_name = {c.published_as: c for c in dataset.columns}
        self._columns: dict[str, list[str | None]] = {c.name: [] for c in dataset.columns}
        self._extra: dict[str, StagedColumn] = {}
        self.warnings: list[str] = []
        self.repeated_keys: frozenset[str] = frozenset()

    def column(self, published_as: str, role: str = "attribute", file: str = "") -> str:
        """The staged name of a published column; an unknown one becomes an extra column, with a warning."""
        existing = self._by_published_name.get(published_as)
        if existing is not None:
            return existing.name
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
            f"{self.dataset.path}: {file}: unknown {column.role} {published_as!r} is stored as column {name}; "
            f"describe it in sources/providers/{self.dataset.provider}.yaml."
        )
        return name

    def add(self, file: str, count: int, values: dict[str, list[str | None]], first: int = 1) -> None:
        """Adds `count` rows of one file; `values` by staged name, columns without values stay empty."""
        before = len(self.rows)
        self.rows.extend([f"{file}:{n}" for n in range(first, first + count)])
        for name, column in self._columns.items():
            if len(column) < before:
                column.extend([None] * (before - len(column)))
            column.extend(values[name] if name in values else [None] * count)

    def parsed(self) -> ParsedDataset:
        """The tidy table. Raises NoRowsError if it has no rows."""
        count = len(self.rows)
        if not count:
            raise NoRowsError(f"{self.dataset.path}: the answer has no rows. {_FETCH_AGAIN}")
        is_records = self.dataset.shape == "records"
        roles = () if is_records else ROLE_COLUMNS
        rest = [c.name for c in (*self.dataset.columns, *self._extra.values()) if c.name not in roles]
        rest.sort(key=lambda n: 0 if self._by_name(n).role == "dimension" else 1)
        empty: list[str | None] = [None] * count
        data = {SNAPSHOT_ROW: self.rows} | {n: self._columns.get(n) or empty for n in (*roles, *rest)}
        import pandas as pd  # here, because `payung status` imports this module and needs no pandas

        frame = pd.DataFrame(data, dtype=object)
        if self.dataset.endpoint is not None and not is_records:
            self._check_keys(frame)
        return ParsedDataset(frame, self.warnings, list(self._extra.values()), self.repeated_keys)

    def _check_keys(self, frame: pd.DataFrame) -> None:
        """Checks that keys are unique: if rows occur twice, as many other rows may be missing.

        A key in two files of one answer means that pages overlap. A key that occurs twice within one file may be
        published so (`key_once` false): such rows are stored, and a warning names the identical ones.
        Raises IncompleteError with the keys and the files.
        """
        dimensions = [c.name for c in (*self.dataset.columns, *self._extra.values()) if c.role == "dimension"]
        columns = ["series", "ref_area", "time_period", "time_detail", *dimensions]
        columns = [c for c in columns if frame[c].notna().any()]
        duplicates = frame[frame.duplicated(columns, keep=False)] if columns else frame[:0]
        if duplicates.empty:
            return
        file = duplicates[SNAPSHOT_ROW].str.rpartition(":")[0]
        files = file.groupby([duplicates[c] for c in columns], dropna=False, sort=False).transform("nunique")
        refused = duplicates if self.dataset.key_once else duplicates[files > 1]
        if not refused.empty:
            shown = _shown_keys(refused, columns)
            error = IncompleteError(
                f"found {len(shown)} duplicate key{'s' * (len(shown) > 1)} in "
                f"{', '.join(_few(file[refused.index].unique()))}, so other rows may be missing: "
                f"{'; '.join(_few(shown))}. {_FETCH_AGAIN}"
            )
            error.keys = frozenset(_key_texts(duplicates, columns))
            raise error
        identical = duplicates[duplicates.duplicated([c for c in frame.columns if c != SNAPSHOT_ROW], keep=False)]
        self.repeated_keys = frozenset(_key_texts(identical, columns))
        if not identical.empty:
            count = len(self.repeated_keys)
            self.warnings.append(
                f"{self.dataset.path}: {count} key{'s' * (count > 1)} in identical rows; every row is stored: "
                f"{'; '.join(_few(_shown_keys(identical, columns)))}."
            )

    def _by_name(self, name: str) -> StagedColumn:
        return self._extra.get(name) or next(c for c in self.dataset.columns if c.name == name)


def _key_texts(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    """The key of each row as text, to compare two answers."""
    return [json.dumps(cells, ensure_ascii=True) for cells in zip(*(rows[c] for c in columns), strict=True)]


def _shown_keys(rows: pd.DataFrame, columns: list[str]) -> list[str]:
    """Each key with its rows: the filled cells of the key, separated by blanks."""
    shown: dict[tuple[str, ...], list[str]] = {}
    for place, *cells in zip(rows[SNAPSHOT_ROW], *(rows[c] for c in columns), strict=True):
        shown.setdefault(tuple(str(c) for c in cells if isinstance(c, str)), []).append(place)
    return [f"{' '.join(key)} ({', '.join(places)})" for key, places in shown.items()]


def _few(texts: Iterable[str], most: int = 5) -> list[str]:
    """The first texts of a list, and the number of the others."""
    listed = list(texts)
    return [*listed[:most], *([f"{len(listed) - most} more"] if len(listed) > most else [])]


def check_requested(
    parsed: ParsedDataset, requested_series: Sequence[str], requested_areas: Sequence[str]
) -> ParsedDataset:
    """Compares the answer with the request; returns the table with a warning for series and areas without rows.

    An empty list is not compared. Raises SourceError for rows of a series or area that was not requested: the provider
    ignored a parameter (a comma list, an unknown name). Records have no series and are returned unchanged.
    """
    frame = parsed.frame
    if "series" not in frame:
        return parsed
    for role, requested in (("series", requested_series), ("ref_area", requested_areas)):
        unrequested = sorted({str(v) for v in frame[role].unique() if v is not None} - set(requested))
        if unrequested and requested:
            what = "areas" if role == "ref_area" else "series"
            row = frame.loc[frame[role] == unrequested[0], SNAPSHOT_ROW].iloc[0]
            raise SourceError(unrequested_codes(unrequested, what, row))
    warnings = list(parsed.warnings)
    for role, what, requested in (("series", "series", requested_series), ("ref_area", "area", requested_areas)):
        without_rows = sorted(set(requested) - set(frame[role].unique()))
        if without_rows:
            few = f"{', '.join(without_rows[:8])}{' ...' if len(without_rows) > 8 else ''}"
            plural = "s" if what == "area" and len(without_rows) != 1 else ""
            warnings.append(f"{len(without_rows)} requested {what}{plural} without rows: {few}")
    return replace(parsed, warnings=warnings)


def areas_in_file_codes(
    dataset: DatasetSpec, parsed: ParsedDataset, requested_areas: Sequence[str], meaning: Mapping[str, str]
) -> list[str]:
    """The requested areas in the codes of a file for all places; of an area without rows its last code by name.

    `meaning`: our area of each code (MMR and 104 are Myanmar). For other datasets the areas are returned unchanged.
    """
    if dataset.requested_by_area:
        return list(requested_areas)
    used = set(parsed.frame["ref_area"].unique()) & set(requested_areas)
    areas_with_rows = {meaning.get(code, code) for code in used}
    last_code = {meaning.get(code, code): code for code in sorted(requested_areas)}
    return sorted(used | {code for area, code in last_code.items() if area not in areas_with_rows})


def requested_areas_only(dataset: DatasetSpec, parsed: ParsedDataset, requested_areas: Sequence[str]) -> ParsedDataset:
    """The table without places that were not requested, if the provider sends one file for all places.

    For other datasets the table is returned unchanged. Raises SourceError if no row is of a requested area.
    """
    if dataset.requested_by_area or not requested_areas:
        return parsed
    frame = parsed.frame[parsed.frame["ref_area"].isin(set(requested_areas))].reset_index(drop=True)
    if frame.empty:
        found = ", ".join(sorted(str(v) for v in parsed.frame["ref_area"].dropna().unique())[:8])
        raise SourceError(
            f"found rows of {found} ... only, expected rows of the requested areas {', '.join(requested_areas[:8])} "
            f"... Add the file's codes to the crosswalk ref_area of {dataset.provider}."
        )
    return replace(parsed, frame=frame)


def content_fingerprint(frame: pd.DataFrame) -> str:
    """sha256 of the content of a table, independent of the order of rows and files and of empty columns.

    Two answers with the same fingerprint have the same content, also if their bytes differ.
    """
    names = sorted(str(c) for c in frame.columns if c != SNAPSHOT_ROW and frame[c].notna().any())
    columns = [[("\x00" if v is None else _plain(str(v))) for v in frame[n]] for n in names]
    digest = hashlib.sha256("\x1e".join(names).encode())
    for line in sorted("\x1f".join(cells) for cells in zip(*columns, strict=True)):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _plain(cell: str) -> str:
    """A cell without the separators of a fingerprint and without characters that cannot be encoded."""
    return cell if cell.isprintable() else encodable(re.sub("[\x1e\x1f]", lambda c: f"\\x{ord(c[0]):02x}", cell))
