"""What becomes of releases after they are published: verified, restored by rollback, removed.

Belongs here: changing which release is current and which are kept, and looking whether their files are whole.
Does not belong here: publishing (publish.py), the lock that rollback and prune need (pipelines/release_actions.py), which
release answers a query (query/readable_release.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError, WrongUseError
from warehouse.disk import discard, sha256
from warehouse.release import history
from warehouse.release.release_folders import EDITIONS, MANIFEST, Releases, make_current, read_manifest


class UpkeepError(PayungError):
    """A release could not be restored by rollback, or could not be removed."""


class KeepNumberError(UpkeepError, WrongUseError):
    """A number of releases to keep that is none."""


@dataclass(frozen=True)
class VerifiedFiles:
    """What became of the files of one release. `altered`: another sha256 than in the manifest."""

    release: str
    n_files: int
    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every file is as it was published, and no other file stands among them."""
        return not (self.altered or self.missing or self.foreign)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {**asdict(self), "is_whole": self.is_whole}


def verify(releases: Releases, release_id: str | None = None) -> VerifiedFiles:
    """Compares every file of a release (without an ID: the current one) with its sha256.

    The manifest itself is compared with the history, where the history has it; where it is gone, that is what is missing.
    """
    folder = _folder(releases, release_id)
    if not (folder / MANIFEST).exists():
        return VerifiedFiles(folder.name, 0, missing=[MANIFEST])
    published_sha256 = {
        e.release: e.manifest_sha256
        for e in history.events(releases.folder)
        if e.what == "published" and e.manifest_sha256
    }
    altered = (
        [MANIFEST] if published_sha256.get(folder.name, sha256(folder / MANIFEST)) != sha256(folder / MANIFEST) else []
    )
    try:
        files: dict[str, Any] = read_manifest(folder)["files"]
    except (ValueError, KeyError, TypeError):  # not as any Payung writes it
        return VerifiedFiles(folder.name, 0, altered=[MANIFEST])
    missing = []
    for name, expected in files.items():
        path = folder / name
        try:
            if sha256(path) != expected["sha256"]:
                altered.append(name)
        except FileNotFoundError:
            missing.append(name)
        except OSError:  # a disk that no longer gives the bytes back
            altered.append(name)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return VerifiedFiles(folder.name, len(files), sorted(altered), missing, sorted(present - set(files) - {MANIFEST}))


def _folder(releases: Releases, release_id: str | None) -> Path:
    """The folder of a release, also where its manifest is gone. Raises ReleaseError where there is no such folder."""
    if release_id is not None:
        folders = {p.name: p for p in releases.folder.glob("[!.]*") if p.is_dir()}
        return folders.get(release_id) or releases.find(release_id)
    target = releases.link.resolve()
    return target if releases.link.is_symlink() and target.is_dir() else releases.find()


def roll_back(releases: Releases, release_id: str, by: str, reason: str = "") -> tuple[Path, str | None]:
    """Points `current` to an earlier release in one step and records it; returns its folder and what was current.

    Call it with the lock held. Raises UpkeepError where the release is current already, or is not whole.
    """
    folder = releases.find(release_id)
    current = releases.link.resolve().name if releases.link.is_symlink() else None
    if current == folder.name:
        raise UpkeepError(f"Release {folder.name} is the current one already; nothing was changed.")
    found = verify(releases, release_id)
    if found.altered or found.missing:
        raise UpkeepError(
            f"Release {folder.name} is not whole ({', '.join((found.altered + found.missing)[:3])}); nothing was "
            f"changed. See: payung releases verify {folder.name}"
        )
    try:
        make_current(releases, folder)
        history.record(
            releases.folder,
            history.Event(history.now(), "rolled_back", folder.name, by=by, reason=reason, before=current),
        )
    except OSError as error:
        raise UpkeepError(f"{releases.home} cannot be written: {error.strerror or error}. Make it writable.") from error
    return folder, current


@dataclass(frozen=True)
class PruningPlan:
    """What prune removes and keeps. `kept`: release and why; `bytes`: that are freed."""

    removed: list[str]
    kept: dict[str, str]
    bytes: int


def prunable(releases: Releases, keep: int) -> PruningPlan:
    """The releases that pruning to the newest `keep` removes: never the current one nor one that an edition rests on.

    Raises KeepError where `keep` is less than 1, UpkeepError where an edition does not say what it rests on.
    """
    if keep < 1:
        raise KeepNumberError(f"--keep is {keep}; at least 1 release must stay.")
    ids = releases.ids()
    current = releases.link.resolve().name
    editions = rested_on(releases.home, ids)
    kept: dict[str, str] = {}
    for number, release_id in enumerate(reversed(ids), start=1):
        if release_id == current:
            kept[release_id] = "current"
        elif release_id in editions:
            kept[release_id] = f"edition {editions[release_id]} rests on it"
        elif number <= keep:
            kept[release_id] = f"among the newest {keep}"
    removed = [i for i in ids if i not in kept]
    return PruningPlan(removed, kept, sum(size(releases.folder / i) for i in removed))


def prune(releases: Releases, keep: int, by: str) -> PruningPlan:
    """Removes what `prunable` lists and records it; call it with the lock held. Who has a release open keeps it."""
    plan = prunable(releases, keep)
    for release_id in plan.removed:
        hidden = releases.folder / f".{release_id}.removed.{os.getpid()}"
        try:
            history.record(releases.folder, history.Event(history.now(), "pruned", release_id, by=by))
            (releases.folder / release_id).rename(hidden)  # gone at once; what a kill leaves, the next refresh clears
        except OSError as error:
            raise UpkeepError(f"{releases.folder} cannot be written: {error.strerror or error}.") from error
        discard(hidden)
    return plan


def rested_on(home: Path, ids: list[str]) -> dict[str, str]:
    """The releases that editions of the home rest on, each with the name of one edition."""
    out: dict[str, str] = {}
    release_ids = set(ids)
    for folder in sorted(p for p in (home / EDITIONS).glob("[!.]*") if p.is_dir()):
        try:
            content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UpkeepError(
                f"The edition in {folder} does not say which release it rests on ({error}). Nothing was removed; "
                "restore its manifest.json first."
            ) from error
        out |= {text: folder.name for text in _texts(content) if text in release_ids}
    return out


def _texts(content: Any) -> Iterator[str]:
    """Every text within a JSON value."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


def size(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a refresh that runs clears its own files away
                total += (Path(root) / name).lstat().st_size
    return total
