"""The releases of a home: where they stand, which one is current, what their manifests say.

Belongs here: finding releases, pointing `current` to one, refusing a folder that is none of theirs.
Does not belong here: making one (release.py), its file (database.py), looking after them (upkeep.py).
"""

from __future__ import annotations

import difflib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError, WrongUseError
from warehouse import history
from warehouse.disk import discard
from warehouse.home_format import refuse

DATABASE = "warehouse.duckdb"
MANIFEST = "manifest.json"
CURRENT = "current"
# Folders of the home that Payung keeps for itself.
OWN_FOLDERS = ("snapshots", "build", "dagster", "log", "inbox", "editions")


class ReleaseError(PayungError):
    """The release could not be written; nothing was published."""


class FolderError(ReleaseError, WrongUseError):
    """The folder named for a build as of a date cannot take it."""


class DamagedError(ReleaseError, ValueError):
    """The manifest of a release cannot be read."""


@dataclass(frozen=True)
class Releases:
    """The releases of one home: releases/ID and the link `current`."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the releases are."""
        return self.home / "releases"

    @property
    def link(self) -> Path:
        """The link that points to the current release."""
        return self.home / CURRENT

    def current(self) -> Path | None:
        """The folder of the current release (resolved, so that it stays the same one), or None."""
        target = self.link.resolve()
        return target if self.link.is_symlink() and (target / MANIFEST).exists() else None

    def find(self, release_id: str | None = None) -> Path:
        """The folder of a release; without an ID the current one. Raises ReleaseError when there is none."""
        if release_id is None:
            found = self.current()
            if found is None:
                raise ReleaseError(f"There is no release in {self.home} yet. Make one: payung refresh")
            return found
        ids = self.ids()
        if release_id not in ids:
            raise ReleaseError(f"There is no release {release_id}. {_near(release_id, ids)}")
        return self.folder / release_id

    def ids(self) -> list[str]:
        """IDs of all whole releases, oldest first."""
        return sorted((p.parent.name for p in self.folder.glob(f"[!.]*/{MANIFEST}")), key=_id_order)

    def next_id(self, today: date) -> str:
        """The next free ID of the day, as 2026.11.22-1."""
        day = today.strftime("%Y.%m.%d")
        # an ID that was cited never comes to name another release, also when the release was removed
        used = {*self.ids(), *(e.release for e in history.events(self.folder))}
        numbers = [_id_order(i)[1] for i in used if i.startswith(f"{day}-")]
        return f"{day}-{max(numbers, default=0) + 1}"


def _id_order(release_id: str) -> tuple[str, int]:
    day, _, number = release_id.partition("-")
    return day, int(number) if number.isdigit() else 0


def _near(release_id: str, ids: list[str]) -> str:
    """The releases that may have been meant, or else the newest ones."""
    if not ids:
        return "There is none yet. Make one: payung refresh"
    close = difflib.get_close_matches(release_id, ids, n=5, cutoff=0.6)
    told = f"Near ones: {', '.join(close)}." if close else f"Newest ones: {', '.join(reversed(ids[-5:]))}."
    return f"{told} All {len(ids)}: payung releases list"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release folder.

    Raises FormatError where a newer Payung wrote it, DamagedError where it is no JSON.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedError(
            f"{folder / MANIFEST} is damaged: {error}. Restore it from the back-up, or publish anew: payung refresh "
            "--force (the snapshots are enough)."
        ) from error
    refuse(manifest, f"The release in {folder}")
    return manifest


def refuse_folder(releases: Releases, to: Path) -> None:
    """Refuses a folder for a build as of a date: one of the home's own, or one that holds something else.

    Raises FolderError; an empty folder, or one that holds such a build, is taken.
    """
    place, home = to.resolve(), releases.home.resolve()
    for own in (releases.folder.resolve(), *(home / name for name in OWN_FOLDERS)):
        if own == place or own in place.parents:
            raise FolderError(
                f"{to} lies in {own}, which Payung keeps for itself; a build as of a date is no release. Name a folder "
                "elsewhere."
            )
    if place.exists() and not place.is_dir():
        raise FolderError(f"{to} is a file; expected a folder, new or empty. Name another one.")
    if place.exists() and any(place.iterdir()):
        try:
            is_build = "as_of" in read_manifest(place)
        except (OSError, ValueError):  # no manifest, or none of ours: not ours to replace
            is_build = False
        if not is_build:
            raise FolderError(
                f"{to} is not empty and holds no build as of a date, which alone may be replaced. Name a new folder."
            )


def make_current(releases: Releases, folder: Path) -> None:
    """Points `current` to a release folder in one atomic step."""
    aside = releases.home / f".{CURRENT}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(folder, releases.home), target_is_directory=True)
    aside.replace(releases.link)


def clean(releases: Releases) -> None:
    """Removes what a killed refresh may have left: release folders under hidden names."""
    for left in releases.folder.glob(".*"):
        if left.is_dir():
            discard(left)
