"""The releases of a home: where they are, which one is current, what their manifests say.

Belongs here: finding releases, pointing `current` to one, refusing a folder that is none of theirs.
Does not belong here: making one (publish.py), its file (database.py), looking after them (upkeep.py).
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError, WrongUseError
from indicator_defs.system.files import sync
from warehouse.disk import discard
from warehouse.paths import refuse_unusable
from warehouse.release import history
from warehouse.release.home_format import refuse

DATABASE = "warehouse.duckdb"
MANIFEST = "manifest.json"
CURRENT = "current"
_NAMED = 5  # releases that a message names
EDITIONS = "editions"
# Folders of the home that Payung keeps for itself.
OWN_FOLDERS = ("snapshots", "build", "dagster", "log", "inbox", EDITIONS)


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
            raise ReleaseError(f"There is no release {release_id}. {_nearby(release_id, ids)}")
        return self.folder / release_id

    def ids(self) -> list[str]:
        """IDs of all whole releases, oldest first."""
        return sorted((p.parent.name for p in self.folder.glob(f"[!.]*/{MANIFEST}")), key=_id_order)

    def next_id(self, today: date) -> str:
        """The next free ID of the day, as 2026.11.22-1; after all that were ever given.

        Where the clock went back, it counts on from the day of the newest ID: a later release has the later ID.
        """
        # an ID that was cited never comes to name another release, also when the release was removed
        used = [i for i in (*self.ids(), *(e.release for e in history.events(self.folder))) if _parts(i) is not None]
        day, number = max([(today, 0), *map(_id_order, used)])
        return f"{day:%Y.%m.%d}-{number + 1}"


# An ID as it is given, also with other signs between its numbers, and without the last one.
_ID = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?:\D(\d{1,9}))?")


def _parts(release_id: str) -> tuple[date, int] | None:
    """Day and number of an ID (0 where it has none); None where it is no such ID."""
    found = _ID.fullmatch(release_id)
    if found is None:
        return None
    year, month, day, number = found.groups()
    try:
        return date(int(year), int(month), int(day)), int(number or 0)
    except ValueError:  # such as 2026.02.30
        return None


def _id_order(release_id: str) -> tuple[date, int]:
    return _parts(release_id) or (date.min, 0)


def _nearby(release_id: str, ids: list[str]) -> str:
    """The releases that are nearest by date, then by number; the newest ones where the ID has no date."""
    if not ids:
        return "There is none yet. Make one: payung refresh"
    requested = _parts(release_id)
    if requested is None:
        named = f"Newest ones: {', '.join(reversed(ids[-_NAMED:]))}."
    else:
        day, number = requested

        def distance(candidate: str) -> tuple[int, int, int, int]:
            its_day, its_number = _id_order(candidate)
            # of two that are as near, the newer one comes first
            return abs((its_day - day).days), abs(its_number - number), -its_day.toordinal(), -its_number

        named = f"Near ones: {', '.join(sorted(ids, key=distance)[:_NAMED])}."
    return f"{named} All {len(ids)}: payung releases list"


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
    refuse_unusable(place, "The folder")
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
    sync(releases.home)


def clean(releases: Releases) -> None:
    """Removes what a killed refresh may have left: release folders under hidden names."""
    for left in releases.folder.glob(".*"):
        if left.is_dir():
            discard(left)
