"""National documents: the snapshot of the figures quoted in the founding documents (founding_documents.csv)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sources.archive_tools.gathered_data import ArchiveError, GatheredData, read_bytes
from sources.archive_tools.rebuilt_answer import add_snapshot
from sources.manifests import Manifest, RawFile
from sources.providers.national import DATASET_OF, identify
from sources.registry import parser, provider
from sources.snapshots import SnapshotStore

FOUNDING_DOCUMENTS = Path(__file__).parent.parent / "founding_documents.csv"


def rebuild(store: SnapshotStore, gathered: GatheredData) -> Iterator[Manifest]:
    """The snapshot with the unchanged file of figures. Raises ArchiveError if they are of another kind."""
    spec = provider("national")
    path = FOUNDING_DOCUMENTS
    body = read_bytes(path)
    name, vintage = identify(spec, path.name, body)
    dataset = spec.dataset(name)
    if name != DATASET_OF["document"]:
        raise ArchiveError(f"{path}: found figures of dataset {name}, expected kind document. Correct the file.")
    frame = parser("national")(dataset, [(path.name, body)]).frame
    address = f"sources/national/{path.name}"
    yield add_snapshot(
        store,
        spec,
        dataset,
        [RawFile("figures.csv", body, address)],
        vintage_date=vintage,
        address=address,
        producer="; ".join(sorted(frame["producer"].dropna().unique())),
        rebuilt=False,
        note=(
            "Figures quoted in the founding documents, with their citation and our own short description; no sentence "
            "of a document is reproduced. The newsletter that quotes them has no date: it refers to the end of August "
            "2014 as past, so the vintage date is the end of 2014."
        ),
    )
