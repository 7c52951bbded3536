"""The data of the servers: the files of the shipped archive, with the digits of their numbers unchanged."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

Row = dict[str, Any]


class Literal(float):
    """A number that is written with the same digits as it was read."""

    text: str

    def __new__(cls, text: str) -> Literal:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text


class Written(dict[str, Any]):
    """A row that caches its JSON; a changed copy of it is a plain dictionary."""

    _text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = json.dumps(self, ensure_ascii=False)
        return self._text


def dump(value: Any) -> bytes:
    """JSON with the original digits of `Literal` numbers."""
    if isinstance(value, list):
        return b"[" + b", ".join(map(dump, value)) + b"]"
    if isinstance(value, Written):
        return value.text.encode()
    if isinstance(value, dict):
        return b"{" + b", ".join(json.dumps(k).encode() + b": " + dump(v) for k, v in value.items()) + b"}"
    if isinstance(value, Literal):
        return value.text.encode()
    return json.dumps(value, ensure_ascii=False).encode()


def load(body: bytes) -> Any:
    """JSON with fractions as `Literal`."""
    return json.loads(body, parse_float=Literal)


def read_csv(body: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and records."""
    header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    return header, rows


def write_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def newest_files(name: str, dataset: str) -> list[tuple[str, bytes]]:
    """The files of the newest vintage: the content of a database whose vintages each have all data."""
    store = SnapshotStore(shipped_archive())
    newest = max((m for m in store.list() if (m.provider, m.dataset) == (name, dataset)), key=lambda m: m.vintage_date)
    return list(store.files(newest))


def all_files(name: str, dataset: str) -> list[tuple[str, bytes]]:
    """The files of all vintages."""
    store = SnapshotStore(shipped_archive())
    return [f for m in store.list() if (m.provider, m.dataset) == (name, dataset) for f in store.files(m)]
