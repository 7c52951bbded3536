"""National documents: the figures quoted in the founding documents, as they stand in our own CSV.

Belongs here: what the archive says of these figures.
Does not belong here: the figures themselves (sources/national/), their format (sources/providers/national.py).
"""

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
    """The snapshot of the founding documents' figures, byte by byte. ArchiveError when they are of another kind."""
    spec = provider("national")
    path = FOUNDING_DOCUMENTS
    body = read_bytes(path)
    name, vintage = identify(spec, path.name, body)
    dataset = spec.dataset(name)
    if name != DATASET_OF["document"]:
        raise ArchiveError(f"{path}: the archive ships figures of kind document only, found {name}.")
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
            "of a document is carried. The newsletter that quotes them bears no date: it speaks of the end of August "
            "2014 as past, so the end of 2014 stands as vintage date."
        ),
    )
