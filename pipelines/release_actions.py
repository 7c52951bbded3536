"""The work behind `payung releases`: lists, compares and verifies releases, and rolls back and prunes with the lock.

The comparison itself is in warehouse/compare/release_diff.py, its text in cli/output/diff_text.py.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pandas as pd

from assets.home import Home
from assets.refresh_lock import locked
from indicator_defs.errors import PayungError, WrongUseError
from indicator_defs.system import settings
from warehouse.build.engine import Build
from warehouse.compare.release_diff import ComparedState, Diff, compare
from warehouse.release import history, upkeep
from warehouse.release.release_folders import Releases, read_manifest


class ReleasesError(PayungError):
    """A request about releases cannot be fulfilled."""


class KeepSettingError(ReleasesError, WrongUseError):
    """Neither the command nor the environment sets how many releases are kept."""


def user_name(by: str | None = None) -> str:
    """The name of the user: the one given, or else the login. Raises ReleasesError if there is neither."""
    if by and by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise ReleasesError("Found no login name on this machine; give your name: --by NAME") from error


def release_list(home: Home) -> pd.DataFrame:
    """All releases, newest first: release, current, made_at, newest_vintage, values, accepted, files_mb, note."""
    releases = Releases(home.path)
    current = releases.link.resolve().name if releases.link.is_symlink() else None
    rollbacks = {e.release: e for e in history.events(releases.folder) if e.what == "rolled_back"}
    rows = []
    for release_id in reversed(releases.ids()):
        try:
            manifest = read_manifest(releases.folder / release_id)
            rows.append(
                {
                    "release": release_id,
                    "current": release_id == current,
                    "made_at": manifest["made_at"],
                    "newest_vintage": max((s["vintage_date"] for s in manifest["sources"]), default=None),
                    "values": manifest["tables"].get("indicator_set.value"),
                    "accepted": "; ".join(f"{a['by']}: {a['reason']}" for a in manifest["accepted"]) or None,
                    "mb": round(sum(f["bytes"] for f in manifest["files"].values()) / 1e6, 1),
                    "note": rollbacks[release_id].line()[21:] if release_id in rollbacks else None,
                }
            )
        except (ValueError, KeyError, TypeError):
            rows.append({"release": release_id, "current": release_id == current, "note": "manifest.json is damaged"})
    columns = ["release", "current", "made_at", "newest_vintage", "values", "accepted", "mb", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"values": "Int64"})


def release_history(home: Home) -> list[history.Event]:
    """The history of the releases, oldest first: published, rolled back, removed."""
    return history.events(Releases(home.path).folder)


def release_diff(home: Home, before: str | None = None, after: str | None = None) -> Diff:
    """The differences between two releases, by default the previous and the current one.

    After a rollback, the previous one is the release that was replaced. With one ID: from it to the current release.
    Raises ReleasesError if there is only one release.
    """
    releases = Releases(home.path)
    new = releases.find(after)
    if before is None:
        ids = releases.ids()
        replaced = [i for i in history.rolled_back_from(releases.folder, new.name) if i in ids]
        if replaced:
            return compare(state_of(releases.find(replaced[0])), state_of(new))
        at = ids.index(new.name)
        if at == 0:
            raise ReleasesError(
                f"Found no release before {new.name} to compare it with. To see all releases: payung releases list"
            )
        before = ids[at - 1]
    return compare(state_of(releases.find(before)), state_of(new))


def state_of(release: Path) -> ComparedState:
    """A release as one side of a comparison."""
    return ComparedState(release.name, Build(release / "parquet"), read_manifest(release)["inputs"])


def rollback(home: Home, release_id: str, by: str | None = None, reason: str = "") -> tuple[Path, str | None]:
    """Makes an earlier release current again, with the lock held; returns its folder and the release it replaced."""
    Releases(home.path).find(release_id)  # an unknown ID is refused before waiting for the lock
    user = user_name(by)
    with locked(home.path):
        return upkeep.roll_back(Releases(home.path), release_id, user, reason)


def releases_to_keep(keep: int | None) -> int:
    """How many releases prune keeps: the number given, or else $PAYUNG_KEEP_RELEASES.

    Raises KeepSettingError if that is invalid or not set.
    """
    if keep is not None:
        return keep
    try:
        setting = settings.read("keep_releases").keep_releases
    except settings.SettingsError as error:
        raise KeepSettingError(f"{error} Or give the option, for example --keep 10.") from error
    if setting is None:
        raise KeepSettingError(
            "The number of releases to keep is not set. Give it, for example --keep 10, or set PAYUNG_KEEP_RELEASES."
        )
    return setting


def prune(home: Home, keep: int, by: str | None = None, dry_run: bool = False) -> upkeep.PruningPlan:
    """Removes all but the newest `keep` releases, with the lock held; with `dry_run` it only returns the plan."""
    if dry_run:
        return upkeep.prunable(Releases(home.path), keep)
    user = user_name(by)
    with locked(home.path):
        return upkeep.prune(Releases(home.path), keep, user)


def verify_releases(home: Home, release_id: str | None, everything: bool) -> list[upkeep.VerifiedFiles]:
    """Compares the files of one release, or of all, with those that were published."""
    releases = Releases(home.path)
    ids: list[Any] = list(reversed(releases.ids())) if everything else [release_id]
    return [upkeep.verify(releases, i) for i in ids]
