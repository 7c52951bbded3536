"""Rebuilt answers of all providers: written as JSON or CSV, packed, parsed as a check, and stored as a snapshot."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from sources.archive_tools.gathered_data import ArchiveError
from sources.manifests import Manifest, RawFile, SnapshotOrigin
from sources.parsing import ParsedDataset, content_fingerprint, decompressed, reading
from sources.provider_spec import DatasetSpec, ProviderSpec
from sources.registry import parser
from sources.snapshots import SnapshotStore

T = TypeVar("T")


def chunks(rows: list[T], size: int) -> list[list[T]]:
    """The rows in pages of this size."""
    return [rows[n : n + size] for n in range(0, len(rows), size)]


def as_json(value: object) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_csv(columns: Sequence[str], records: Iterable[Mapping[str, str]]) -> str:
    """Records as CSV with these columns; missing fields are empty, other fields are left out."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def packed_text(name: str, text: str, address: str) -> RawFile:
    """A compressed file without a time stamp, so that the same text gives the same bytes."""
    return RawFile(f"{name}.gz", gzip.compress(text.encode(), compresslevel=9, mtime=0), address)


def add_snapshot(
    store: SnapshotStore,
    spec: ProviderSpec,
    dataset: DatasetSpec,
    files: Sequence[RawFile],
    *,
    vintage_date: date,
    address: str,
    series_asked: list[str] | None = None,
    areas_asked: list[str] | None = None,
    note: str | None,
    release_tag: str | None = None,
    producer: str | None = None,
    rebuilt: bool = True,
) -> Manifest:
    """Stores the files as a snapshot, after the provider's parser has read them without warnings.

    `series_asked`, `areas_asked`: by default those of the files.
    Raises ArchiveError if the parser finds content that the dataset's structure does not have.
    """
    with reading(dataset.path):
        bodies = [(f.name, decompressed(f.name, f.content)) for f in files]
        parsed = parser(spec.provider)(dataset, bodies)
    if parsed.warnings:
        raise ArchiveError(
            f"{dataset.path}: the answer does not match sources/providers/{spec.provider}.yaml: "
            f"{'; '.join(parsed.warnings)}"
        )
    origin = SnapshotOrigin(
        provider=spec.provider,
        dataset=dataset.dataset,
        producer=producer or spec.producer,
        vintage_date=vintage_date,
        fetched_at=None,
        address=address,
        release_tag=release_tag,
        series_asked=_codes(dataset, parsed, "series") if series_asked is None else series_asked,
        areas_asked=_codes(dataset, parsed, "ref_area") if areas_asked is None else areas_asked,
        licence=dataset.licence,
        attribution=dataset.attribution,
        rebuilt=rebuilt,
        note=note,
        content_fingerprint=content_fingerprint(parsed.frame),
        rows=len(parsed.frame),
        origin="archive",
        supersedes=spec.supersedes,
    )
    return store.add(origin, files)


def _codes(dataset: DatasetSpec, parsed: ParsedDataset, column: str) -> list[str]:
    """The codes in a column of a parsed answer, sorted; none for records."""
    if dataset.shape == "records":
        return []
    return sorted(parsed.frame[column].dropna().unique())
