"""Keeps what providers sent: write-once folders of bytes with a manifest, checked by sha256.

Belongs here: the snapshot store, its manifests, the archive that ships with the project, and which snapshots
make up the newest state (told from the manifests alone).
Does not belong here: fetching, and what the bytes mean (the providers' modules).

Folder of a snapshot: ROOT/PROVIDER/DATASET/SNAPSHOT_ID/ with manifest.json and the files. The ID is the
vintage date and the first 12 hexadecimal digits of the sha256 over the files' sha256s. A snapshot is written
aside, flushed, and moved into place at once; it is never changed afterwards. This module imports neither pandas
nor an HTTP library, so that a refresh with nothing new decides quickly.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indicator_defs.errors import PayungError
from indicator_defs.model import Snapshot, SnapshotFile

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
PARTIAL = ".partial-"
SET_ASIDE = ".set_aside"
_HEX = 12


class SnapshotError(PayungError):
    """A kept snapshot is damaged, was altered, or cannot be written; the message names the file."""


class AlteredError(SnapshotError):
    """A snapshot is not as it was written: a file was edited, cut or removed, or the manifest does not fit its folder.

    The message says what to do where the folder lies; `problem` is what is wrong, by itself.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem


class Origin(BaseModel):
    """All that is told of a snapshot beside its files; `SnapshotStore.add` makes the manifest of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    dataset: str
    producer: str = Field(description="Who made the figures public.")
    vintage_date: date = Field(description="When the provider had published this state.")
    fetched_at: str | None = Field(default=None, description="When we got it, UTC, ISO 8601; null for rebuilt answers.")
    address: str = Field(description="The address that was asked, or that the rebuilt answer stands for.")
    release_tag: str | None = Field(default=None, description="The provider's own name of the release.")
    series_asked: list[str] = Field(default_factory=list, description="Series asked for; absence counts only in it.")
    areas_asked: list[str] = Field(default_factory=list, description="Areas asked for, in the provider's codes.")
    licence: str
    attribution: str
    rebuilt: bool = Field(default=False, description="Rebuilt from figures in the provider's shape, not its own bytes.")
    note: str | None = Field(default=None, description="What a reader must know of this snapshot.")
    content_fingerprint: str | None = Field(default=None, description="Fingerprint of the parsed table.")
    rows: int | None = Field(default=None, description="Rows of the parsed table.")
    origin: Literal["archive", "fetched", "inbox"] = Field(description="Shipped, fetched by us, or put in by hand.")
    supersedes: Literal["series", "series_and_area"] = Field(
        default="series", description="What it replaces of older vintages; see ProviderSpec.supersedes."
    )


class Manifest(Snapshot):
    """One snapshot's manifest.json: indicator_defs.model.Snapshot and what the store needs beside it."""

    rows: int | None = None
    origin: Literal["archive", "fetched", "inbox"] = "fetched"
    supersedes: Literal["series", "series_and_area"] = "series"

    @property
    def place(self) -> str:
        """PROVIDER/DATASET/SNAPSHOT_ID: its folder below the root, and its name in messages."""
        return f"{self.provider}/{self.dataset}/{self.snapshot_id}"


@dataclass(frozen=True)
class RawFile:
    """One file to keep: its name (ending in .gz when compressed), its bytes, the address that answered it, and how.

    `status` and `headers` (those that matter) of the answer; none for a file that was not fetched.
    """

    name: str
    content: bytes
    address: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CurrentSnapshot:
    """A snapshot of the newest state and the part of it that no newer vintage replaces."""

    manifest: Manifest
    series: frozenset[str]
    cells: frozenset[tuple[str, str]] | None = None

    @property
    def whole(self) -> bool:
        """True when every series (and area) that was asked for still stands."""
        if self.cells is not None:
            return len(self.cells) == len(set(self.manifest.series_asked)) * len(set(self.manifest.areas_asked))
        return len(self.series) == len(set(self.manifest.series_asked))

    def keep(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """For each row of the parsed table (columns series, ref_area) whether it belongs to the newest state."""
        import pandas as pd

        if self.cells is None:
            return frame["series"].isin(self.series)
        return pd.Series(
            [pair in self.cells for pair in zip(frame["series"], frame["ref_area"], strict=True)], frame.index
        )


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

    def add(self, origin: Origin, files: Sequence[RawFile]) -> Manifest:
        """Keeps files as a new snapshot and returns its manifest; the same files again return the one that is there.

        Raises SnapshotError when there is no file, a name is unsafe or double, or the folder cannot be written.
        """
        names = [f.name for f in files]
        if not files or len(set(names)) != len(names):
            raise SnapshotError(
                f"{origin.provider}/{origin.dataset}: a snapshot needs files with a name each, found {names}."
            )
        for name in names:
            if Path(name).name != name or name.startswith(".") or name == MANIFEST:
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
        return self._keep(manifest, files)

    def import_from(self, folder: Path) -> Manifest:
        """Copies one snapshot folder (of the shipped archive, say), checking each file's sha256 on the way.

        A snapshot that is kept already is checked and not copied. Raises SnapshotError naming the file, its
        sha256 and the expected one when a file is missing, cut or altered.
        """
        manifest = read_manifest(folder)
        return self._keep(manifest, [RawFile(f.name, _checked(folder, f), f.address) for f in manifest.files])

    def verify(self, manifest: Manifest) -> None:
        """Checks every file of a kept snapshot against its manifest. Raises SnapshotError as import_from does."""
        for _ in self._checked_files(manifest):
            pass

    def files(self, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file, in the order of the manifest; unpacked when the name ends in .gz.

        Every file is checked against its sha256. Raises SnapshotError (altered) and SourceError (damaged gzip).
        """
        from sources.parsing import decompressed

        for name, content in self._checked_files(manifest):
            yield name, decompressed(name, content)

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
            yield file.name, _checked(folder, file)

    def _keep(self, manifest: Manifest, files: Iterable[RawFile]) -> Manifest:
        target = self.folder(manifest)
        if (target / MANIFEST).exists():
            return self._kept(target)
        aside = self.root / f"{PARTIAL}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.clean()
            aside.mkdir()
            for file in files:
                _write(aside / file.name, file.content)
            _write(aside / MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode())
            _flush(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.rename(target)
            _flush(target.parent)
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)  # the error is the one above; `clean` removes what stays
            if (target / MANIFEST).exists():  # another process has just kept the same snapshot
                return self._kept(target)
            raise SnapshotError(
                f"{target}: the snapshot could not be written: {error.strerror or error}. Nothing was kept of it; free "
                "the disk or make the folder writable, then run again."
            ) from error
        return manifest

    def _kept(self, target: Path) -> Manifest:
        kept = read_manifest(target)
        self.verify(kept)
        return kept


def newest_state(manifests: Iterable[Manifest], as_of: date | None = None) -> list[CurrentSnapshot]:
    """The snapshots that make up the newest state, each with the series (and areas) that are its own.

    Of each provider's dataset every series asked for belongs to the newest vintage that asked for it (methods.md
    section 6); with `supersedes: series_and_area` every pair of series and area does. Vintages of one date: the
    one fetched later. `as_of` leaves out vintages after that date. Snapshots of which nothing is left are dropped.
    """
    groups: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        if as_of is None or manifest.vintage_date <= as_of:
            groups.setdefault((manifest.provider, manifest.dataset), []).append(manifest)
    current: list[CurrentSnapshot] = []
    for _, group in sorted(groups.items()):
        series_taken: set[str] = set()
        cells_taken: set[tuple[str, str]] = set()
        own: list[CurrentSnapshot] = []
        for m in sorted(group, key=lambda m: (m.vintage_date, m.fetched_at or "", m.snapshot_id), reverse=True):
            if m.supersedes == "series_and_area":
                cells = {(s, a) for s in m.series_asked for a in m.areas_asked} - cells_taken
                cells_taken |= cells
                if cells:
                    own.append(CurrentSnapshot(m, frozenset(s for s, _ in cells), frozenset(cells)))
            else:
                series = set(m.series_asked) - series_taken
                series_taken |= series
                if series:
                    own.append(CurrentSnapshot(m, frozenset(series)))
        current.extend(reversed(own))
    return current


def one_of_each_date(manifests: Sequence[Manifest]) -> list[Manifest]:
    """The snapshots without those that a later fetch of the same vintage date replaces whole.

    So the provider's own bytes stand instead of an answer rebuilt for the same release, and the second fetch of a day
    instead of the first. A snapshot stays when it asked for a series or an area that the later one did not.
    """

    def replaced(old: Manifest) -> bool:
        return any(
            (new.provider, new.dataset, new.vintage_date) == (old.provider, old.dataset, old.vintage_date)
            and (new.fetched_at or "") > (old.fetched_at or "")
            and set(new.series_asked) >= set(old.series_asked)
            and set(new.areas_asked) >= set(old.areas_asked)
            for new in manifests
        )

    return [m for m in manifests if m.origin == "inbox" or not replaced(m)]


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


def shipped_archive() -> Path:
    """The archive that ships with the project: snapshots that need no network."""
    return Path(__file__).parent / "archive"


def archive_folders(archive: Path) -> list[Path]:
    """The snapshot folders of an archive. SnapshotError when there are none."""
    folders = [path.parent for path in sorted(archive.glob(f"[!.]*/*/*/{MANIFEST}"))]
    if not folders:
        raise SnapshotError(
            f"{archive}: no snapshot found. Restore the folder, or build it: python -m sources.archive --help"
        )
    return folders


def load_snapshots(store: SnapshotStore, archive: Path) -> list[Manifest]:
    """Imports every shipped snapshot that the store lacks; returns the manifests of the newest state.

    Every file of the archive is checked, also of snapshots that are kept already. Snapshots of an earlier
    archive that is no longer shipped stay in the store and out of the state. Which series of each manifest
    stand is told by `newest_state` of the same list. Raises SnapshotError naming the first file that does not fit.
    """
    store.clean()
    shipped = {store.import_from(folder).place for folder in archive_folders(archive)}
    manifests = [m for m in store.list() if m.origin != "archive" or m.place in shipped]
    return [current.manifest for current in newest_state(manifests)]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of one snapshot folder, checked against the folder's name. SnapshotError when it does not fit."""
    path = folder / MANIFEST
    remedy = f"Restore the folder {folder.name} from version control or a backup, or remove it."
    try:
        manifest = Manifest.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise AlteredError(f"{path}: the manifest is missing.", remedy) from error
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            said = f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"
        else:
            said = str(error)
        raise AlteredError(f"{path}: not a manifest as it was written: {said}.", remedy) from error
    expected = snapshot_id(manifest.vintage_date, manifest.files)
    if manifest.snapshot_id != expected or folder.name != expected:
        raise AlteredError(
            f"{path}: the folder is named {folder.name} and the manifest says {manifest.snapshot_id}, but its files "
            f"and vintage make {expected}: one of them was altered.",
            remedy,
        )
    return manifest


def snapshot_id(vintage_date: date, files: Sequence[SnapshotFile]) -> str:
    """VINTAGE_DATE-HHHHHHHHHHHH: the date and the start of the sha256 over the files' sha256s in their order."""
    digest = sha256("\n".join(f.sha256 for f in files).encode())
    return f"{vintage_date.isoformat()}-{digest[:_HEX]}"


def sha256(content: bytes) -> str:
    """sha256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _checked(folder: Path, file: SnapshotFile) -> bytes:
    path = folder / file.name
    remedy = (
        "Nothing was taken from it. Restore the file from version control or a backup; a folder of the snapshot store "
        f"may instead be removed ({folder.name}) and is then brought in again."
    )
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise AlteredError(f"{path}: the file is missing.", remedy) from error
    except OSError as error:
        raise SnapshotError(f"{path}: cannot be read: {error.strerror or error}. {remedy}") from error
    found = sha256(content)
    if found != file.sha256:
        size = f"{len(content)} bytes" + ("" if len(content) == file.bytes else f" instead of {file.bytes}")
        raise AlteredError(f"{path}: altered or cut: found sha256 {found} ({size}), expected {file.sha256}.", remedy)
    return content


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, for another user
        return True
    return True
