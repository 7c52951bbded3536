"""The inputs of a release, as fingerprints: nothing is new if none of them changed.

The list is used before a refresh, to skip it, and in the manifest of a release. Does not import dagster: a refresh with
nothing to do uses this module and must be quick.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from assets.home import ROOT, Home
from indicator_defs import catalog
from sources.manifests import Manifest, read_manifest
from sources.newest_vintages import unreplaced_snapshots
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SnapshotStore
from sources.submissions.inbox import inbox_files
from warehouse.release import history
from warehouse.release import release_folders as published

CODE_PACKAGES = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
CODE_ENDINGS = (".py", ".sql", ".yaml")
SNAPSHOTS = "snapshots"  # the only entry of `inputs` that a run itself changes


def code_fingerprint() -> str:
    """sha256 of the code that makes a release: Python, SQL and the YAML of providers and tables."""
    digest = hashlib.sha256()
    for package in CODE_PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            relative = path.relative_to(ROOT)
            if path.suffix not in CODE_ENDINGS or relative.parts[:2] == ("sources", "archive"):
                continue
            if package == "indicator_defs" and path.suffix != ".py":
                continue  # the catalogue has its own fingerprint
            digest.update(relative.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def in_use(store: SnapshotStore, archive: Path) -> list[Manifest]:
    """The snapshots for a release: those of the bundled archive, and those downloaded or submitted."""
    shipped = {read_manifest(folder).place for folder in archive_folders(archive)}
    return unreplaced_snapshots([m for m in store.list() if m.origin != "archive" or m.place in shipped])


def inputs(home: Home) -> dict[str, str]:
    """Fingerprints by name: catalogue, code, snapshots (bundled and downloaded) and national files.

    National files are compared by content, those read from the inbox earlier together with those in it now. Reading a
    file adds no content, and removing or renaming a file that was read changes no figure; so neither makes a release.
    """
    archive = shipped_archive()
    # the bytes of the bundled archive: an altered file must be noticed even if nothing else changed
    places = {
        f"{path.relative_to(archive).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for folder in archive_folders(archive)
        for path in folder.iterdir()
    }
    stored = home.snapshots.list()
    places |= {m.place for m in stored if m.origin == "fetched"}
    national_files = {f.sha256 for m in stored if m.origin == "inbox" for f in m.files}
    national_files |= {hashlib.sha256(p.read_bytes()).hexdigest() for p in inbox_files(home.inbox)}
    return {
        "catalogue": catalog.fingerprint_of(),
        "code": code_fingerprint(),
        SNAPSHOTS: _digest(sorted(places)),
        "inbox": _digest(sorted(national_files)),
    }


def unchanged(home: Home, inputs_of: Callable[[Home], dict[str, str]] = inputs) -> Path | None:
    """The current release if it was made from exactly today's inputs and is complete, otherwise None.

    After a rollback, also if the replaced release was made from them: a refresh would only restore it. `inputs_of`: reads
    today's inputs; called only if they decide the result.
    """
    releases = published.Releases(home.path)
    current = releases.current()
    if current is None:
        return None
    rolled_back = set(history.rolled_back_from(releases.folder, current.name)) & set(releases.ids())
    try:
        manifest = published.read_manifest(current)
        made_from = [
            manifest["inputs"],
            *(published.read_manifest(releases.find(i))["inputs"] for i in rolled_back),
        ]
    except published.DamagedError:  # a new release is the repair
        return None
    if not all((current / name).exists() for name in manifest["files"]):
        return None
    return current if inputs_of(home) in made_from else None


def code_version() -> str:
    """The version of the code, as installed."""
    return version("payung")


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
