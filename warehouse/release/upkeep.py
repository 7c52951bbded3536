"""Upkeep of published releases: verifying, restoring by rollback, removing.

Belongs here: checking the files of releases, changing the current release, removing old ones.
Does not belong here: publishing (publish.py), the lock that rollback and prune need (pipelines/release_actions.py),
choosing the release for a query (query/readable_release.py).
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
    """The number of releases to keep is less than 1."""


@dataclass(frozen=True)
class VerifiedFiles:
    """The result of verifying the files of one release. `altered`: their sha256 differs from the manifest."""

    release: str
    n_files: int
    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every file is as published, and there are no other files."""
        return not (self.altered or self.missing or self.foreign)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain values for JSON."""
        return {**asdict(self), "is_whole": self.is_whole}


def verify(releases: Releases, release_id: str | None = None) -> VerifiedFiles:
    """Compares every file of a release (without an ID: the current one) with its sha256.

    The manifest is compared with its sha256 in the history, if it is recorded there. A removed manifest is `missing`.
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
    except (ValueError, KeyError, TypeError):  # no version of Payung writes such a manifest
        return VerifiedFiles(folder.name, 0, altered=[MANIFEST])
    missing = []
    for name, expected in files.items():
        path = folder / name
        try:
            if sha256(path) != expected["sha256"]:
                altered.append(name)
        except FileNotFoundError:
            missing.append(name)
        except OSError:  # the disk can no longer read the file
            altered.append(name)
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return VerifiedFiles(folder.name, len(files), sorted(altered), missing, sorted(present - set(files) - {MANIFEST}))


def _folder(releases: Releases, release_id: str | None) -> Path:
    """The folder of a release, even if its manifest was removed. Raises ReleaseError where there is no such folder."""
    if release_id is not None:
        folders = {p.name: p for p in releases.folder.glob("[!.]*") if p.is_dir()}
        return folders.get(release_id) or releases.find(release_id)
    target = releases.link.resolve()
    return target if releases.link.is_symlink() and target.is_dir() else releases.find()


def roll_back(releases: Releases, release_id: str, by: str, reason: str = "") -> tuple[Path, str | None]:
    """Points `current` to an earlier release in one step; returns its folder and the ID of the former current one.

    The caller holds the lock. Raises UpkeepError where the release is current already, or its files are not as published.
    """
    folder = releases.find(release_id)
    current = releases.link.resolve().name if releases.link.is_symlink() else None
    if current == folder.name:
        raise UpkeepError(f"Release {folder.name} is already the current one; nothing was changed.")
    found = verify(releases, release_id)
    if found.altered or found.missing:
        raise UpkeepError(
            f"Release {folder.name} has altered or missing files ({', '.join((found.altered + found.missing)[:3])}); "
            f"nothing was changed. List them: payung releases verify {folder.name}"
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
    """The releases that prune removes and retains. `retained`: release and reason; `bytes`: freed on the disk."""

    removed: list[str]
    retained: dict[str, str]
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The plan as plain values for JSON, under the keys of `payung releases prune --json`."""
        return {"removed": self.removed, "kept": self.retained, "bytes": self.bytes}


def prunable(releases: Releases, keep: int) -> PruningPlan:
    """The releases that pruning to the newest `keep` removes: never the current one, nor one that an edition uses.

    Raises KeepNumberError where `keep` is less than 1, UpkeepError where the manifest of an edition cannot be read.
    """
    if keep < 1:
        raise KeepNumberError(f"--keep is {keep}, expected at least 1.")
    ids = releases.ids()
    current = releases.link.resolve().name
    editions = releases_of_editions(releases.home, ids)
    retained: dict[str, str] = {}
    for number, release_id in enumerate(reversed(ids), start=1):
        if release_id == current:
            retained[release_id] = "current"
        elif release_id in editions:
            retained[release_id] = f"used by edition {editions[release_id]}"
        elif number <= keep:
            retained[release_id] = f"among the newest {keep}"
    removed = [i for i in ids if i not in retained]
    return PruningPlan(removed, retained, sum(size(releases.folder / i) for i in removed))


def prune(releases: Releases, keep: int, by: str) -> PruningPlan:
    """Removes the releases that `prunable` lists and records it; a process that has one open can still read it.

    The caller holds the lock.
    """
    plan = prunable(releases, keep)
    for release_id in plan.removed:
        hidden = releases.folder / f".{release_id}.removed.{os.getpid()}"
        try:
            history.record(releases.folder, history.Event(history.now(), "pruned", release_id, by=by))
            (releases.folder / release_id).rename(
                hidden
            )  # removed in one step; if the process is killed, the next refresh deletes the files
        except OSError as error:
            raise UpkeepError(f"{releases.folder} cannot be written: {error.strerror or error}.") from error
        discard(hidden)
    return plan


def releases_of_editions(home: Path, ids: list[str]) -> dict[str, str]:
    """The releases that editions of the home are based on, each with the name of one such edition."""
    out: dict[str, str] = {}
    release_ids = set(ids)
    for folder in sorted(p for p in (home / EDITIONS).glob("[!.]*") if p.is_dir()):
        try:
            content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UpkeepError(
                f"The manifest.json of the edition in {folder} cannot be read ({error}), so its release is unknown. "
                "Nothing was removed; restore the manifest first."
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
    """Bytes of all files below a folder; files that are removed meanwhile are not counted."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a running refresh removes files of its own
                total += (Path(root) / name).lstat().st_size
    return total
