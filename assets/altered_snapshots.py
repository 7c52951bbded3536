"""Kept snapshots that somebody altered: set aside before a run, and waited for until they are back or given up.

Belongs here: when a run is refused because of them, and what is said.
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
COME_BACK = (
    "Restore its folder from the back-up, or refresh with --online where it is the provider's newest state, or put the "
    "national file into the inbox again. To go on without it, remove the folder that was set aside."
)


class SetAsideError(SnapshotError):
    """Kept snapshots were altered: which, where they lie now, and what is to be done. `asset`: of the first of them."""

    def __init__(self, found: Sequence[SetAside], restored: Collection[str]) -> None:
        super().__init__("\n".join(_told_aside(f, f.place in restored) for f in found))
        provider, dataset, _ = found[0].place.split("/")
        self.asset = f"raw/{provider}/{dataset}"


def _told_aside(found: SetAside, is_restored: bool) -> str:
    if found.folder is None:
        return found.problem
    said = f"{found.problem} The snapshot {found.place} was set aside as {found.folder} and is not used."
    if is_restored:
        return f"{said} The one that ships with the project was put in its place; refresh again."
    return f"{said} {COME_BACK}"


def refuse_altered(home: Home) -> None:
    """Sets kept snapshots aside that somebody altered, and puts those that ship with the project in their place again.

    Raises SetAsideError naming each.
    """
    store = home.snapshots
    found = store.set_altered_aside()
    if found:
        raise SetAsideError(found, _put_back(store, {f.place for f in found if f.folder is not None}))


def _put_back(store: SnapshotStore, places: Collection[str]) -> list[str]:
    """Takes those snapshots that ship with the project in again; their places."""
    done = []
    for folder in archive_folders(shipped_archive()):
        with suppress(SnapshotError):  # what ships is altered too: the asset of the dataset says so at the next refresh
            if read_manifest(folder).place in places:
                done.append(store.import_from(folder).place)
    return done


def refuse_lacking(home: Home, provider: str, dataset: str) -> None:
    """Raises SnapshotError while a snapshot of the dataset lies aside and nothing whole stands in its place.

    To build without it would take older values, or none, and nobody would have said so.
    """
    lacking = home.snapshots.set_aside(provider, dataset)
    if lacking:
        raise SnapshotError(f"{lacking[0]} was altered and set aside, and nothing stands in its place. {COME_BACK}")
