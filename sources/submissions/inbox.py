"""The inbox: its files, and a snapshot made of each. The provider with `fed_by: inbox` parses the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.system import clock

if TYPE_CHECKING:
    from sources.manifests import Manifest
    from sources.provider_spec import ProviderSpec
    from sources.snapshots import SnapshotStore

SHEETS = (".xlsx", ".xls", ".ods", ".tsv")


def inbox_files(folder: Path) -> list[Path]:
    """The files of an inbox to store, by name: those that end in .csv (also .CSV) and are not hidden."""
    if not folder.is_dir():
        return []
    return sorted(
        p for p in folder.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith(".") and p.is_file()
    )


def inbox_sheets(folder: Path) -> list[Path]:
    """Spreadsheets in an inbox, perhaps meant as submissions; they are not stored."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SHEETS) if folder.is_dir() else []


def is_fed_by_inbox(provider_name: str) -> bool:
    """Whether the files of the inbox become snapshots of this provider."""
    from sources.registry import provider

    return provider(provider_name).fed_by == "inbox"


def collect_inbox(folder: Path, store: SnapshotStore) -> list[Manifest]:
    """Makes a snapshot of every CSV file in `folder`; returns their manifests, in the order of the file names.

    The columns `kind` and `vintage_date`, the same in all rows of a file, determine its dataset and vintage. A file
    that was stored before is recognised by its bytes. A missing folder counts as empty. Raises SourceError for a faulty
    file, of which nothing is stored.
    """
    from sources.registry import provider_fed_by

    files = inbox_files(folder)
    spec = provider_fed_by("inbox")
    by_content = {(m.provider, f.sha256): m for m in store.list() for f in m.files} if files else {}
    return [_store_file(path, path.read_bytes(), spec, store, by_content) for path in files]


def _store_file(
    path: Path, body: bytes, spec: ProviderSpec, store: SnapshotStore, by_content: dict[tuple[str, str], Manifest]
) -> Manifest:
    from sources.manifests import RawFile, SnapshotOrigin, sha256
    from sources.parsing import content_fingerprint
    from sources.registry import identifier, parser

    existing = by_content.get((spec.provider, sha256(body)))
    if existing is not None:
        return existing
    dataset, vintage = identifier(spec.provider)(spec, path.name, body)
    parsed = parser(spec.provider)(spec.dataset(dataset), [(path.name, body)])
    frame = parsed.frame
    producers = sorted({str(p) for p in frame["producer"] if p is not None})
    origin = SnapshotOrigin(
        provider=spec.provider,
        dataset=dataset,
        producer="; ".join(producers) or f"not stated in {path.name}",
        vintage_date=vintage,
        fetched_at=clock.stamp(),
        address=f"inbox/{path.name}",
        series_asked=sorted(frame["series"].unique()),
        areas_asked=sorted(frame["ref_area"].unique()),
        licence=spec.licence,
        attribution=spec.attribution,
        note="; ".join(parsed.warnings) or None,
        content_fingerprint=content_fingerprint(frame),
        rows=len(frame),
        origin="inbox",
        supersedes=spec.supersedes,
    )
    return store.add(origin, [RawFile(path.name, body, f"inbox/{path.name}")])
