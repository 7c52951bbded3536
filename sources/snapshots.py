"""The snapshot store: write-once folders of the bytes that providers sent, with a manifest, checked by sha256.

Belongs here: the snapshot store, its altered snapshots, and its retention.
Does not belong here: the manifest (manifests.py), which snapshots are current (newest_vintages.py), fetching, and the
meaning of the bytes.

Folder of a snapshot: ROOT/PROVIDER/DATASET/SNAPSHOT_ID/ with manifest.json and the files. The ID is the
vintage date and the first 12 hexadecimal digits of the sha256 over the files' sha256s. A snapshot is written to a
temporary folder, flushed, and moved into place in one step; it is never changed afterwards. This module imports neither
pandas nor an HTTP library, so that a refresh without news is fast.
"""

from __future__ import annotations

import os
import shutil
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indicator_defs.system.files import WRITE_REMEDY, sync
from sources.manifests import (
    MANIFEST,
    AlteredError,
    Manifest,
    RawFile,
    SnapshotError,
    SnapshotFile,
    SnapshotOrigin,
    checked_bytes,
    invalid_name,
    is_plain_name,
    manifest_bytes,
    read_manifest,
    requested_codes,
    sha256,
    snapshot_id,
)

PARTIAL = ".partial-"
SET_ASIDE = ".set_aside"


@dataclass(frozen=True)
class SetAside:
    """An altered snapshot (PROVIDER/DATASET/SNAPSHOT_ID), its problem, and the folder to which it was moved.

    `folder` is None if it could not be read or moved: it is then still in its place, and `problem` has the reason.
    """

    place: str
    problem: str
    folder: Path | None


class SnapshotStore:
    """The snapshots below one folder, for several readers and one writer. Snapshots are never changed."""

    def __init__(self, root: Path) -> None:
        """The store below `root`, which is created with the first snapshot."""
        self.root = Path(root)

    def folder(self, manifest: Manifest) -> Path:
        """The folder of this snapshot's files."""
        return self.root / manifest.provider / manifest.dataset / manifest.snapshot_id

    def list(self) -> list[Manifest]:
        """All complete snapshots, by provider, dataset, vintage date and ID; without leftovers of interrupted writers.

        Raises SnapshotError if a manifest cannot be read or does not match its folder.
        """
        found = [read_manifest(path.parent) for path in sorted(self.root.glob(f"[!.]*/*/*/{MANIFEST}"))]
        return sorted(found, key=lambda m: (m.provider, m.dataset, m.vintage_date, m.snapshot_id))

    def open(self, snapshot_id: str) -> Manifest:
        """The manifest of one snapshot, by ID or by PROVIDER/DATASET/ID. Raises SnapshotError unless exactly one exists."""
        hits = [m for m in self.list() if snapshot_id in (m.snapshot_id, m.place)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise SnapshotError(
                f"Snapshot {snapshot_id}: found {', '.join(m.place for m in hits)}, expected one snapshot. Name one of "
                "them as PROVIDER/DATASET/ID."
            )
        raise SnapshotError(
            f"No snapshot {snapshot_id} in {self.root}. `payung status --snapshots` lists the snapshots."
        )

    def add(self, origin: SnapshotOrigin, files: Sequence[RawFile]) -> Manifest:
        """Stores files as a new snapshot and returns its manifest; for files already stored, the existing manifest.

        The same files as the answer to another request (such as one more series, without rows) are a separate
        snapshot: the requested series decide which series count as withdrawn.
        Raises SnapshotError without files, if a name is unsafe or duplicate, or the folder cannot be written.
        """
        names = [f.name for f in files]
        if not files or len(set(names)) != len(names):
            raise SnapshotError(
                f"{origin.provider}/{origin.dataset}: found files {names}, expected at least one file and different names."
            )
        for name in names:
            if not is_plain_name(name):
                raise SnapshotError(f"{origin.provider}/{origin.dataset}: {invalid_name(name)}")
        listed = [
            SnapshotFile(
                name=f.name,
                sha256=sha256(f.content),
                bytes=len(f.content),
                address=f.address,
                status=f.status,
                headers=dict(f.headers),
            )
            for f in files
        ]
        manifest = Manifest(
            snapshot_id=snapshot_id(origin.vintage_date, listed), files=listed, **origin.model_dump(mode="python")
        )
        folder = self.folder(manifest)
        if (folder / MANIFEST).exists() and requested_codes(read_manifest(folder)) != requested_codes(manifest):
            own = snapshot_id(origin.vintage_date, listed, requested_codes(manifest))
            manifest = manifest.model_copy(update={"snapshot_id": own})
        return self._store(manifest, files)

    def import_from(self, folder: Path) -> Manifest:
        """Copies one snapshot folder, for example of the shipped archive, and checks the sha256 of each file.

        A snapshot that is already stored is checked and not copied. Raises SnapshotError with the file, its
        sha256 and the expected one if a file is missing, cut or altered.
        """
        manifest = read_manifest(folder)
        return self._store(manifest, [RawFile(f.name, checked_bytes(folder, f), f.address) for f in manifest.files])

    def verify(self, manifest: Manifest) -> None:
        """Checks every file of a stored snapshot against its manifest. Raises SnapshotError as import_from does."""
        for _ in self._checked_files(manifest):
            pass

    def files(self, manifest: Manifest, limit: int | None = None) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file, in the order of the manifest; unpacked if the name ends in .gz.

        `limit`: most bytes of an unpacked file. Every file is checked against its sha256. Raises SnapshotError
        (altered) and SourceError (damaged gzip, or content above the limit).
        """
        from sources.parsing import LARGEST_UNPACKED, decompressed

        for name, content in self._checked_files(manifest):
            yield name, decompressed(name, content, LARGEST_UNPACKED if limit is None else limit)

    def set_altered_aside(self) -> tuple[SetAside, ...]:
        """Moves every altered snapshot to ROOT/.set_aside, which nothing reads; returns the altered snapshots.

        The bytes are not lost, and the same snapshot can be stored again in its place. The caller must have the lock of
        the home.
        """
        altered = []
        for folder in sorted(path for path in self.root.glob("[!.]*/*/[!.]*") if path.is_dir()):
            place = folder.relative_to(self.root)
            try:
                self.verify(read_manifest(folder))
            except AlteredError as error:
                altered.append(self._move_aside(folder, place, error))
            except SnapshotError as error:
                altered.append(SetAside(place.as_posix(), str(error), None))
        return tuple(altered)

    def _move_aside(self, folder: Path, place: Path, error: AlteredError) -> SetAside:
        target = self.root / SET_ASIDE / place.with_name(f"{place.name}-{uuid.uuid4().hex[:8]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)
        except OSError as refused:
            return SetAside(
                place.as_posix(), f"{error} It could not be set aside: {refused.strerror or refused}.", None
            )
        return SetAside(place.as_posix(), error.problem, target)

    def set_aside(self, provider: str = "*", dataset: str = "*") -> tuple[Path, ...]:
        """The folders of snapshots that were set aside and were not stored again since."""
        folders = sorted((self.root / SET_ASIDE).glob(f"{provider}/{dataset}/*"))
        return tuple(f for f in folders if not (self._place_of(f) / MANIFEST).exists())

    def _place_of(self, aside: Path) -> Path:
        place = aside.relative_to(self.root / SET_ASIDE)
        return self.root / place.with_name(place.name.rpartition("-")[0])

    def clean(self) -> tuple[str, ...]:
        """Removes leftovers of interrupted writers and returns their names; folders of running writers stay."""
        removed = []
        for path in sorted(self.root.glob(f"{PARTIAL}*")):
            process = path.name.removeprefix(PARTIAL).split("-")[0]
            if process.isdigit() and int(process) != os.getpid() and _runs(int(process)):
                continue
            shutil.rmtree(path, ignore_errors=True)  # another process may remove it too
            if not path.exists():
                removed.append(path.name)
        return tuple(removed)

    def _checked_files(self, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
        folder = self.folder(manifest)
        for file in manifest.files:
            yield file.name, checked_bytes(folder, file)

    def _store(self, manifest: Manifest, files: Iterable[RawFile]) -> Manifest:
        target = self.folder(manifest)
        if (target / MANIFEST).exists():
            return self._existing(target)
        partial = self.root / f"{PARTIAL}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.clean()
            partial.mkdir()
            for file in files:
                _write(partial / file.name, file.content)
            _write(partial / MANIFEST, manifest_bytes(manifest))
            sync(partial)
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.rename(target)
            sync(target.parent)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)  # `clean` removes remaining files
            if (target / MANIFEST).exists():  # another process has just stored the same snapshot
                return self._existing(target)
            raise SnapshotError(
                f"{target}: the snapshot cannot be written: {error.strerror or error}. Nothing was stored. "
                f"{WRITE_REMEDY} Then run the command again."
            ) from error
        return manifest

    def _existing(self, target: Path) -> Manifest:
        existing = read_manifest(target)
        self.verify(existing)
        return existing


def retire(store: SnapshotStore, keep: int, used: Collection[str], provider: str | None = None) -> list[Manifest]:
    """Removes all but the newest `keep` snapshots of each dataset, and returns the manifests of those removed.

    `used`: places (PROVIDER/DATASET/SNAPSHOT_ID) of snapshots that a release uses; these are never removed, nor are
    files of the inbox, which cannot be downloaded again. `provider`: only its snapshots. Raises ValueError if `keep` is
    less than 1, SnapshotError if a folder cannot be removed.
    """
    if keep < 1:
        raise ValueError(f"keep: found {keep}, expected 1 or more")
    counts: dict[tuple[str, str], int] = {}
    removed = []
    for m in reversed(store.list()):
        if provider is not None and m.provider != provider:
            continue
        count = counts[m.provider, m.dataset] = counts.get((m.provider, m.dataset), 0) + 1
        if count <= keep or m.place in used or m.origin == "inbox":
            continue
        folder = store.folder(m)
        partial = store.root / f"{PARTIAL}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            folder.rename(partial)  # removed for all readers in one step; `clean` removes remaining files after a kill
            shutil.rmtree(partial)
        except OSError as error:
            raise SnapshotError(
                f"{folder}: the old snapshot cannot be removed: {error.strerror or error}. Make the folder writable, or "
                "turn the retention off (keep_snapshots in the provider's YAML file)."
            ) from error
        removed.append(m)
    return removed


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a running process of another user
        return True
    return True
