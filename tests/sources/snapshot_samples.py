"""Origin and files of a small snapshot for tests of the store."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

from sources.manifests import RawFile, SnapshotOrigin


def origin(**other: object) -> SnapshotOrigin:
    fields: dict[str, object] = {
        "provider": "provider_a",
        "dataset": "dataset_a",
        "producer": "Producer A",
        "vintage_date": date(2023, 12, 17),
        "address": "https://example.org/Series/Data",
        "series_asked": ["A", "B"],
        "areas_asked": ["1"],
        "licence": "terms",
        "attribution": "Producer A",
        "origin": "fetched",
    }
    return SnapshotOrigin.model_validate(fields | other)


def files(text: str = "one") -> list[RawFile]:
    return [
        RawFile("a.csv", text.encode()),
        RawFile("b.json.gz", gzip.compress(b"{}", mtime=0), "https://example.org/b"),
    ]


def altered(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
