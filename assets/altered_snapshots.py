"""Altered snapshots: they are set aside before a run, and the run is refused until they are restored or removed.

sources/snapshots.py checks the bytes and moves the folders. Does not import dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from assets.home import Home
from sources.manifests import SnapshotError, read_manifest
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SetAside, SnapshotStore

# The remedy for a snapshot that was set aside and is not part of the bundled archive.
HOW_TO_RESTORE = (
    "Restore its folder from the backup; or refresh with --online if it is the provider's newest vintage; or put the "
    "national file into the inbox again. To continue without it, remove the folder that was set aside."
)


class SetAsideError(SnapshotError):
    """Snapshots were altered; the message names them, their new place and the remedy. `asset`: of the first one."""

    def __init__(self, altered: Sequence[SetAside], restored: Collection[str]) -> None:
        super().__init__("\n".join(_set_aside_message(s, s.place in restored) for s in altered))
        provider, dataset, _ = altered[0].place.split("/")
        self.asset = f"raw/{provider}/{dataset}"


def _set_aside_message(snapshot: SetAside, is_restored: bool) -> str:
    if snapshot.folder is None:
        return snapshot.problem
    message = f"{snapshot.problem} The snapshot {snapshot.place} was set aside as {snapshot.folder} and is not used."
    if is_restored:
        return f"{message} It was replaced from the bundled archive; refresh again."
    return f"{message} {HOW_TO_RESTORE}"


def refuse_altered(home: Home) -> None:
    """Sets altered snapshots aside and restores those of the bundled archive.

    Raises SetAsideError naming each of them.
    """
    store = home.snapshots
    altered = store.set_altered_aside()
    if altered:
        raise SetAsideError(altered, _restored_from_archive(store, {s.place for s in altered if s.folder is not None}))


def _restored_from_archive(store: SnapshotStore, places: Collection[str]) -> list[str]:
    """Imports those of these snapshots that the bundled archive has; returns their places."""
    restored = []
    for folder in archive_folders(shipped_archive()):
        with suppress(
            SnapshotError
        ):  # the archive is altered too: the next refresh reports it at the asset of the dataset
            if read_manifest(folder).place in places:
                restored.append(store.import_from(folder).place)
    return restored


def refuse_missing(home: Home, provider: str, dataset: str) -> None:
    """Raises SnapshotError while a snapshot of the dataset is set aside and not replaced by an intact one.

    A build without it would use older values, or none, without a message.
    """
    missing = home.snapshots.set_aside(provider, dataset)
    if missing:
        raise SnapshotError(f"{missing[0]} was altered and set aside, and is not replaced. {HOW_TO_RESTORE}")
