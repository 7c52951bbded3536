"""Altered snapshots: set aside before a run, which is refused until they are restored or given up.

Belongs here: when a run is refused because of them, and with which message.
Does not belong here: the check of the bytes and the move (sources/snapshots.py); dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from assets.home import Home
from sources.manifests import SnapshotError, read_manifest
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SetAside, SnapshotStore

# What to do about a snapshot that was set aside and does not ship with the project.
HOW_TO_RESTORE = (
    "Restore its folder from the back-up, or refresh with --online where it is the provider's newest state, or put the "
    "national file into the inbox again. To go on without it, remove the folder that was set aside."
)


class SetAsideError(SnapshotError):
    """Snapshots were altered: which, where they lie now, and what is to be done. `asset`: of the first of them."""

    def __init__(self, altered: Sequence[SetAside], restored: Collection[str]) -> None:
        super().__init__("\n".join(_set_aside_message(s, s.place in restored) for s in altered))
        provider, dataset, _ = altered[0].place.split("/")
        self.asset = f"raw/{provider}/{dataset}"


def _set_aside_message(snapshot: SetAside, is_restored: bool) -> str:
    if snapshot.folder is None:
        return snapshot.problem
    message = f"{snapshot.problem} The snapshot {snapshot.place} was set aside as {snapshot.folder} and is not used."
    if is_restored:
        return f"{message} The one that ships with the project was put in its place; refresh again."
    return f"{message} {HOW_TO_RESTORE}"


def refuse_altered(home: Home) -> None:
    """Sets altered snapshots aside, and puts those that ship with the project in their place again.

    Raises SetAsideError naming each.
    """
    store = home.snapshots
    altered = store.set_altered_aside()
    if altered:
        raise SetAsideError(altered, _restored_from_archive(store, {s.place for s in altered if s.folder is not None}))


def _restored_from_archive(store: SnapshotStore, places: Collection[str]) -> list[str]:
    """Takes those snapshots that ship with the project in again; their places."""
    restored = []
    for folder in archive_folders(shipped_archive()):
        with suppress(SnapshotError):  # what ships is altered too: the asset of the dataset says so at the next refresh
            if read_manifest(folder).place in places:
                restored.append(store.import_from(folder).place)
    return restored


def refuse_missing(home: Home, provider: str, dataset: str) -> None:
    """Raises SnapshotError while a snapshot of the dataset lies aside and no whole one is in its place.

    To build without it would take older values, or none, without a word.
    """
    missing = home.snapshots.set_aside(provider, dataset)
    if missing:
        raise SnapshotError(
            f"{missing[0]} was altered and set aside, and nothing stands in its place. {HOW_TO_RESTORE}"
        )
