"""Keeps what providers sent: write-once folders of bytes with a manifest, checked by sha256.

Belongs here: the snapshot store, what was altered in it, and its retention.
Does not belong here: the manifest (manifests.py), which snapshots stand (newest_vintages.py), fetching, and what the
bytes mean.

Folder of a snapshot: ROOT/PROVIDER/DATASET/SNAPSHOT_ID/ with manifest.json and the files. The ID is the
vintage date and the first 12 hexadecimal digits of the sha256 over the files' sha256s. A snapshot is written
aside, flushed, and moved into place at once; it is never changed afterwards. This module imports neither pandas
nor an HTTP library, so that a refresh with nothing new decides quickly.
"""

from __future__ import annotations

import os
import shutil
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from indicator_defs.system.files import sync
from sources.manifests import (
    MANIFEST,
    AlteredError,
    Manifest,
    RawFile,
    SnapshotError,
    SnapshotFile,
    SnapshotOrigin,
    checked_bytes,
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
    """A snapshot (PROVIDER/DATASET/SNAPSHOT_ID) that was not as it was written: what was wrong, and where it lies now.

    `folder` is None where it could not be read or moved: then it still lies in its place, and `problem` says why.
    """

    place: str
    problem: str
    folder: Path | None


class SnapshotStore:
    """The snapshots below one folder. Several readers and one writer; nothing in it is ever changed."""

    def __init__(self, root: Path) -> None:
        """The store below `root`, which is made when the first snapshot is kept."""
        self.root = Path(root)

    def folder(self, manifest: Manifest) -> Path:
        """Where this snapshot's files are."""
        return self.root / manifest.provider / manifest.dataset / manifest.snapshot_id

    def list(self) -> list[Manifest]:
        """All whole snapshots, sorted by provider, dataset, vintage date and ID. Leftovers are not among them.

        Raises SnapshotError when a manifest cannot be read or does not fit its folder.
        """
        found = [read_manifest(path.parent) for path in sorted(self.root.glob(f"[!.]*/*/*/{MANIFEST}"))]
        return sorted(found, key=lambda m: (m.provider, m.dataset, m.vintage_date, m.snapshot_id))

    def open(self, snapshot_id: str) -> Manifest:
        """The manifest of one snapshot, by ID or by PROVIDER/DATASET/ID. SnapshotError when there is none, or two."""
        hits = [m for m in self.list() if snapshot_id in (m.snapshot_id, m.place)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise SnapshotError(
                f"Snapshot {snapshot_id} stands for {', '.join(m.place for m in hits)}: name one of them."
            )
        raise SnapshotError(
            f"No snapshot {snapshot_id} in {self.root}. `payung status --snapshots` lists those there are."
        )

    def add(self, origin: SnapshotOrigin, files: Sequence[RawFile]) -> Manifest:
        """Keeps files as a new snapshot and returns its manifest; the same files again return the one that is there.

        The same files as the answer to another question (a series more, of which nothing came) are a snapshot of their
        own: what was asked for decides what counts as withdrawn.
        Raises SnapshotError when there is no file, a name is unsafe or double, or the folder cannot be written.
        """
        names = [f.name for f in files]
        if not files or len(set(names)) != len(names):
            raise SnapshotError(
                f"{origin.provider}/{origin.dataset}: a snapshot needs files with a name each, found {names}."
            )
        for name in names:
            if not is_plain_name(name):
                raise SnapshotError(f"{origin.provider}/{origin.dataset}: {name!r} cannot be the name of a kept file.")
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
        return self._keep(manifest, files)

    def import_from(self, folder: Path) -> Manifest:
        """Copies one snapshot folder (of the shipped archive, say), checking each file's sha256 on the way.

        A snapshot that is kept already is checked and not copied. Raises SnapshotError naming the file, its
        sha256 and the expected one when a file is missing, cut or altered.
        """
        manifest = read_manifest(folder)
        return self._keep(manifest, [RawFile(f.name, checked_bytes(folder, f), f.address) for f in manifest.files])

    def verify(self, manifest: Manifest) -> None:
        """Checks every file of a kept snapshot against its manifest. Raises SnapshotError as import_from does."""
        for _ in self._checked_files(manifest):
            pass

    def files(self, manifest: Manifest, limit: int | None = None) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file, in the order of the manifest; unpacked when the name ends in .gz.

        `limit`: most bytes of an unpacked file. Every file is checked against its sha256. Raises SnapshotError
        (altered) and SourceError (damaged gzip, or one that unpacks to more).
        """
        from sources.parsing import LARGEST_UNPACKED, decompressed

        for name, content in self._checked_files(manifest):
            yield name, decompressed(name, content, LARGEST_UNPACKED if limit is None else limit)

    def set_altered_aside(self) -> tuple[SetAside, ...]:
        """Moves every snapshot that is not as it was written to ROOT/.set_aside, where nothing is taken from; tells which.

        Nothing is lost, and the place is free for the same snapshot to be brought in again. Only with the lock of the
        home held.
        """
        found = []
        for folder in sorted(path for path in self.root.glob("[!.]*/*/[!.]*") if path.is_dir()):
            place = folder.relative_to(self.root)
            try:
                self.verify(read_manifest(folder))
            except AlteredError as error:
                found.append(self._moved_aside(folder, place, error))
            except SnapshotError as error:
                found.append(SetAside(place.as_posix(), str(error), None))
        return tuple(found)

    def _moved_aside(self, folder: Path, place: Path, error: AlteredError) -> SetAside:
        to = self.root / SET_ASIDE / place.with_name(f"{place.name}-{uuid.uuid4().hex[:8]}")
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(to)
        except OSError as refused:
            return SetAside(
                place.as_posix(), f"{error} It could not be set aside: {refused.strerror or refused}.", None
            )
        return SetAside(place.as_posix(), error.problem, to)

    def set_aside(self, provider: str = "*", dataset: str = "*") -> tuple[Path, ...]:
        """The folders of the snapshots that were set aside and did not come back: nothing whole stands in their place."""
        folders = sorted((self.root / SET_ASIDE).glob(f"{provider}/{dataset}/*"))
        return tuple(f for f in folders if not (self._place_of(f) / MANIFEST).exists())

    def _place_of(self, aside: Path) -> Path:
        place = aside.relative_to(self.root / SET_ASIDE)
        return self.root / place.with_name(place.name.rpartition("-")[0])

    def clean(self) -> tuple[str, ...]:
        """Removes what interrupted writers left behind; returns the names. Writers that still run are left alone."""
        removed = []
        for path in sorted(self.root.glob(f"{PARTIAL}*")):
            process = path.name.removeprefix(PARTIAL).split("-")[0]
            if process.isdigit() and int(process) != os.getpid() and _runs(int(process)):
                continue
            shutil.rmtree(path, ignore_errors=True)  # another process may be at it too; what stays is no snapshot
            if not path.exists():
                removed.append(path.name)
        return tuple(removed)

    def _checked_files(self, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
        folder = self.folder(manifest)
        for file in manifest.files:
            yield file.name, checked_bytes(folder, file)

    def _keep(self, manifest: Manifest, files: Iterable[RawFile]) -> Manifest:
        target = self.folder(manifest)
        if (target / MANIFEST).exists():
            return self._existing(target)
        aside = self.root / f"{PARTIAL}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.clean()
            aside.mkdir()
            for file in files:
                _write(aside / file.name, file.content)
            _write(aside / MANIFEST, manifest_bytes(manifest))
            sync(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(target)
            sync(target.parent)
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)  # the error is the one above; `clean` removes what stays
            if (target / MANIFEST).exists():  # another process has just kept the same snapshot
                return self._existing(target)
            raise SnapshotError(
                f"{target}: the snapshot could not be written: {error.strerror or error}. Nothing was kept of it; free "
                "the disk or make the folder writable, then run again."
            ) from error
        return manifest

    def _existing(self, target: Path) -> Manifest:
        existing = read_manifest(target)
        self.verify(existing)
        return existing


def retire(store: SnapshotStore, keep: int, used: Collection[str], provider: str | None = None) -> list[Manifest]:
    """Removes old snapshots and returns their manifests: of each dataset all but the newest `keep`.

    `used`: places (PROVIDER/DATASET/SNAPSHOT_ID) that some release rests on; these stay whatever their age, and so do
    files put in by hand, which nobody can fetch again. `provider`: only its snapshots. Raises ValueError when `keep` is
    less than 1, SnapshotError when a folder cannot be removed.
    """
    if keep < 1:
        raise ValueError("at least one snapshot of each dataset is kept")
    left: dict[tuple[str, str], int] = {}
    removed = []
    for m in reversed(store.list()):
        if provider is not None and m.provider != provider:
            continue
        count = left[m.provider, m.dataset] = left.get((m.provider, m.dataset), 0) + 1
        if count <= keep or m.place in used or m.origin == "inbox":
            continue
        folder = store.folder(m)
        aside = store.root / f"{PARTIAL}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            folder.rename(aside)  # gone at once for every reader; `clean` removes what a kill would leave
            shutil.rmtree(aside)
        except OSError as error:
            raise SnapshotError(
                f"{folder}: the old snapshot could not be removed: {error.strerror or error}. Make the folder "
                "writable, or turn the retention off (keep_snapshots in the provider's file)."
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
    except PermissionError:  # it runs, for another user
        return True
    return True
