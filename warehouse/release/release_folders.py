"""The releases of a home: their folders, the current one, and reading their manifests.

Belongs here: finding releases, pointing `current` to one, checking the folder for a build as of a date.
Does not belong here: publishing (publish.py), writing the file (database.py), verifying and removing (upkeep.py).
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
_LISTED = 5  # releases that a message lists
EDITIONS = "editions"
# Folders of the home that only Payung writes.
OWN_FOLDERS = ("snapshots", "build", "dagster", "log", "inbox", EDITIONS)


class ReleaseError(PayungError):
    """The release could not be written; nothing was published."""


class FolderError(ReleaseError, WrongUseError):
    """The folder given for a build as of a date cannot be used."""


class DamagedError(ReleaseError, ValueError):
    """The manifest of a release cannot be read."""


@dataclass(frozen=True)
class Releases:
    """The releases of one home: releases/ID and the link `current`."""

    home: Path

    @property
    def folder(self) -> Path:
        """The folder with all releases."""
        return self.home / "releases"

    @property
    def link(self) -> Path:
        """The link that points to the current release."""
        return self.home / CURRENT

    def current(self) -> Path | None:
        """The folder of the current release, or None; the link is resolved, so that the result stays the same release."""
        target = self.link.resolve()
        return target if self.link.is_symlink() and (target / MANIFEST).exists() else None

    def find(self, release_id: str | None = None) -> Path:
        """The folder of a release; without an ID the current one. Raises ReleaseError when there is none."""
        if release_id is None:
            found = self.current()
            if found is None:
                raise ReleaseError(f"{self.home} has no release yet. Make one: payung refresh")
            return found
        ids = self.ids()
        if release_id not in ids:
            raise ReleaseError(f"Found no release {release_id}. {_nearby(release_id, ids)}")
        return self.folder / release_id

    def ids(self) -> list[str]:
        """IDs of all complete releases, oldest first."""
        return sorted((p.parent.name for p in self.folder.glob(f"[!.]*/{MANIFEST}")), key=_id_order)

    def next_id(self, today: date) -> str:
        """The next ID of the day, such as 2026.11.22-1, later than every ID that was ever used.

        If the clock was set to an earlier day, the day of the newest ID is used: a later release has a later ID.
        """
        # IDs are cited, so an ID is not used again even after its release was removed
        used = [i for i in (*self.ids(), *(e.release for e in history.events(self.folder))) if _parts(i) is not None]
        day, number = max([(today, 0), *map(_id_order, used)])
        return f"{day:%Y.%m.%d}-{number + 1}"


# An ID as users write it: any separators between its numbers, and perhaps without the last number.
_ID = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?:\D(\d{1,9}))?")


def _parts(release_id: str) -> tuple[date, int] | None:
    """Day and number of an ID (0 where it has none); None where the text is not an ID."""
    match = _ID.fullmatch(release_id)
    if match is None:
        return None
    year, month, day, number = match.groups()
    try:
        return date(int(year), int(month), int(day)), int(number or 0)
    except ValueError:  # such as 2026.02.30
        return None


def _id_order(release_id: str) -> tuple[date, int]:
    return _parts(release_id) or (date.min, 0)


def _nearby(release_id: str, ids: list[str]) -> str:
    """A sentence with the releases closest by date, then by number, or the newest ones where the ID has no date."""
    if not ids:
        return "No release exists yet. Make one: payung refresh"
    requested = _parts(release_id)
    if requested is None:
        listed = f"Newest: {', '.join(reversed(ids[-_LISTED:]))}."
    else:
        day, number = requested

        def distance(candidate: str) -> tuple[int, int, int, int]:
            candidate_day, candidate_number = _id_order(candidate)
            # of two equally close ones, the newer one is first
            days_apart, numbers_apart = abs((candidate_day - day).days), abs(candidate_number - number)
            return days_apart, numbers_apart, -candidate_day.toordinal(), -candidate_number

        listed = f"Closest: {', '.join(sorted(ids, key=distance)[:_LISTED])}."
    return f"{listed} All {len(ids)}: payung releases list"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a release folder.

    Raises FormatError where a newer Payung wrote it, DamagedError where it is not JSON.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedError(
            f"{folder / MANIFEST} is damaged: {error}. Restore it from the back-up, or make a new release from the "
            "snapshots: payung refresh --force"
        ) from error
    refuse(manifest, f"The release in {folder}")
    return manifest


def refuse_folder(releases: Releases, to: Path) -> None:
    """Raises FolderError unless a build as of a date may be written to the folder.

    Accepted: a folder that is new, empty or has such a build, and is not one of the home's own folders.
    """
    place, home = to.resolve(), releases.home.resolve()
    refuse_unusable(place, "The folder")
    for own in (releases.folder.resolve(), *(home / name for name in OWN_FOLDERS)):
        if own == place or own in place.parents:
            raise FolderError(
                f"{to} is in {own}, which only Payung writes; a build as of a date is not a release. Choose a folder "
                "outside it."
            )
    if place.exists() and not place.is_dir():
        raise FolderError(f"{to} is a file; expected a new or empty folder. Choose another one.")
    if place.exists() and any(place.iterdir()):
        try:
            is_build = "as_of" in read_manifest(place)
        except (OSError, ValueError):  # no manifest of Payung, so the folder must not be replaced
            is_build = False
        if not is_build:
            raise FolderError(
                f"{to} is not empty; only a build as of a date may be replaced, and it has none. Choose a new folder."
            )


def make_current(releases: Releases, folder: Path) -> None:
    """Points `current` to a release folder in one atomic step."""
    aside = releases.home / f".{CURRENT}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(folder, releases.home), target_is_directory=True)
    aside.replace(releases.link)
    sync(releases.home)


def clean(releases: Releases) -> None:
    """Removes hidden release folders that a killed refresh may have left."""
    for unfinished in releases.folder.glob(".*"):
        if unfinished.is_dir():
            discard(unfinished)
