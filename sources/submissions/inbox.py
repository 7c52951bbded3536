"""The inbox: the files in it, and a snapshot made of each.

Belongs here: which files are taken in, and what their manifests say.
Does not belong here: reading a file (the provider whose YAML file says `fed_by: inbox`).
"""

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
    """The files of an inbox that are taken in, by name: those that end in .csv (.CSV too) and are not hidden."""
    if not folder.is_dir():
        return []
    return sorted(
        p for p in folder.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith(".") and p.is_file()
    )


def inbox_sheets(folder: Path) -> list[Path]:
    """Spreadsheets in an inbox that were perhaps meant to be handed in; they are not taken."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SHEETS) if folder.is_dir() else []


def is_fed_by_inbox(provider_name: str) -> bool:
    """Whether the files of the inbox become snapshots of this provider."""
    from sources.registry import provider

    return provider(provider_name).fed_by == "inbox"


def collect_inbox(folder: Path, store: SnapshotStore) -> list[Manifest]:
    """Makes a snapshot of every CSV file in `folder`; returns their manifests, in the order of the file names.

    The columns `kind` and `vintage_date`, the same in all rows of a file, say which dataset and which vintage
    it is. A file that was taken in before is recognised by its bytes and kept as it is. A missing folder is an
    empty one. Raises SourceError when a file is faulty (nothing of that file is kept).
    """
    from sources.registry import provider_fed_by

    files = inbox_files(folder)
    spec = provider_fed_by("inbox")
    by_content = {(m.provider, f.sha256): m for m in store.list() for f in m.files} if files else {}
    return [_take_in(path, path.read_bytes(), spec, store, by_content) for path in files]


def _take_in(
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
