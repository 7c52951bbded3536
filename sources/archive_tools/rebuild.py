"""Builds the archive that ships with the project: answers in the providers' formats, rebuilt from gathered figures.

The figures are real; the bytes are not the provider's own, and the manifests have `rebuilt: true`. Fields without
gathered figures are empty. Numbers are copied as text, digit by digit. Two builds give the same bytes.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from indicator_defs.system.files import discard, replace_folder
from sources import registry
from sources.archive_tools import providers as rebuilders
from sources.archive_tools.gathered_data import ArchiveError, GatheredData
from sources.manifests import MANIFEST, Manifest
from sources.snapshots import SnapshotStore

__all__ = ["ArchiveError", "build"]

Rebuilder = Callable[[SnapshotStore, GatheredData], Iterable[Manifest]]


def build(figures: Path, to: Path, areas: Path | None = None) -> list[Manifest]:
    """Builds the whole archive from the folder of figures into `to`; an existing archive is replaced.

    `areas`: as in GatheredData. Rebuilds, in the order of the registry, the providers with a module of their name in
    archive_tools/providers. Returns the manifests.
    Raises ArchiveError, and leaves `to` unchanged, if a file is missing or invalid.
    """
    _refuse_foreign(to)
    new = to.with_name(f".{to.name}-new")
    for leftover in (new, *to.parent.glob(f".{to.name}.*.old")):  # of a build that was killed
        if leftover.exists():
            shutil.rmtree(leftover)
    try:
        store = SnapshotStore(new)
        gathered = GatheredData(figures, areas)
        manifests = [manifest for rebuild in _rebuilders() for manifest in rebuild(store, gathered)]
        replace_folder(to, new)
    finally:
        discard(new)
    return manifests


def _rebuilders() -> list[Rebuilder]:
    """The function `rebuild(store, gathered)` of each provider that has one, in the order of the registry."""
    names = {module.name for module in pkgutil.iter_modules(rebuilders.__path__)}
    return [
        importlib.import_module(f"{rebuilders.__name__}.{name}").rebuild
        for name in registry.providers()
        if name in names
    ]


def _refuse_foreign(to: Path) -> None:
    """Raises ArchiveError for a target folder with other content than an archive, because it is replaced."""
    if to.exists() and not to.is_dir():
        raise ArchiveError(f"{to}: found a file, expected a folder. Name another folder.")
    for path in to.glob("*") if to.exists() else ():
        if not path.is_dir() or not any(path.glob(f"*/*/{MANIFEST}")):
            raise ArchiveError(
                f"{path}: found other content than an archive, and {to} would be replaced. Name another folder."
            )
