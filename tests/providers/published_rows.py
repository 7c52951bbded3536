"""What the servers answer from: the rows of the shipped archive, in each provider's own shape."""

from __future__ import annotations

import csv
import gzip
import io
import json
from functools import cache
from typing import Any

from sources.newest_vintages import current_snapshots
from sources.registry import provider
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

Row = dict[str, Any]


class Literal(float):
    """A number that is written with the digits it was read with."""

    text: str

    def __new__(cls, text: str) -> Literal:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text


class Written(dict[str, Any]):
    """A row that remembers its JSON; a changed copy of it is a plain dictionary."""

    _text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = json.dumps(self, ensure_ascii=False)
        return self._text


def dump(value: Any) -> bytes:
    """JSON with the digits of `Literal` numbers as they were."""
    if isinstance(value, list):
        return b"[" + b", ".join(map(dump, value)) + b"]"
    if isinstance(value, Written):
        return value.text.encode()
    if isinstance(value, dict):
        return b"{" + b", ".join(json.dumps(k).encode() + b": " + dump(v) for k, v in value.items()) + b"}"
    if isinstance(value, Literal):
        return value.text.encode()
    return json.dumps(value, ensure_ascii=False).encode()


def _load(body: bytes) -> Any:
    return json.loads(body, parse_float=Literal)


@cache
def unsd() -> list[Row]:
    """Rows of Series/Data in the newest vintage; their values are text, so that plain JSON keeps the digits."""
    rows: list[Row] = []
    for name, body in _newest("unsd_sdg", "sdg"):
        if not name.startswith("series_list"):
            rows += [Written(r) for r in json.loads(body)["data"]]
    return rows


@cache
def unsd_series() -> list[Row]:
    """Rows of Series/List."""
    return next(_load(b) for n, b in _newest("unsd_sdg", "sdg") if n.startswith("series_list"))


@cache
def world_bank() -> list[Row]:
    """Rows of source 2: each series from the extract that stands for it."""
    store = SnapshotStore(shipped_archive())
    return [
        row
        for current in current_snapshots(m for m in store.list() if m.dataset == "wdi")
        for _, body in store.files(current.manifest)
        for row in _load(body)[1]
        if row["indicator"]["id"] in current.series
    ]


@cache
def ilostat() -> tuple[list[str], list[list[str]]]:
    """Header and records of the SDMX-CSV."""
    (_, body), *_ = _files("ilostat", "SDG_0131_SEX_SOC_RT")
    header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    return header, rows


@cache
def wpp() -> dict[str, bytes]:
    """Path → file as it is served, with places that nobody asks for beside those of the archive."""
    found = {}
    for dataset in provider("un_wpp").datasets:
        (_, body), *_ = _files("un_wpp", dataset.dataset)
        header, first, *rest = body.decode().splitlines()
        names, cells = next(csv.reader([header])), next(csv.reader([first]))
        cells[names.index("ISO3_code")] = "FRA"
        whole = "\n".join([header, ",".join(f'"{c}"' if "," in c else c for c in cells), first, *rest, ""]).encode()
        found[dataset.address] = gzip.compress(whole, mtime=0) if dataset.address.endswith(".gz") else whole
    return found


def write_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _newest(name: str, dataset: str) -> list[tuple[str, bytes]]:
    """The files of the newest vintage alone: what a database holds that is published whole each time."""
    store = SnapshotStore(shipped_archive())
    newest = max((m for m in store.list() if (m.provider, m.dataset) == (name, dataset)), key=lambda m: m.vintage_date)
    return list(store.files(newest))


def _files(name: str, dataset: str) -> list[tuple[str, bytes]]:
    store = SnapshotStore(shipped_archive())
    return [f for m in store.list() if (m.provider, m.dataset) == (name, dataset) for f in store.files(m)]
