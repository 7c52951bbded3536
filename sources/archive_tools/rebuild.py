"""The archive that ships with the project: provider-shaped answers rebuilt from gathered figures.

Belongs here: the one door, `build`, and the way it puts a whole archive in place.
Does not belong here: the shape of one provider's answer (the module named after it), reading such answers (the
modules of sources), the command (build.py), and any figure or field that was not gathered.

The figures are real; the bytes are not the provider's own, and every such manifest says `rebuilt`. A field that
the figures do not have is empty. Numbers are copied as text, digit by digit. Building twice gives the same bytes.
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
    """Builds the whole archive from the folder of figures into `to`, replacing an archive that is there.

    `areas`: as in GatheredData. The providers are rebuilt in the order of the registry, those with a module of their
    name in archive_tools/providers. Returns the manifests.
    Raises ArchiveError, and leaves `to` as it was, when a file is missing or not as expected.
    """
    _refuse_foreign(to)
    aside = to.with_name(f".{to.name}-new")
    for left in (aside, *to.parent.glob(f".{to.name}.*.old")):  # by a build that was killed
        if left.exists():
            shutil.rmtree(left)
    try:
        store = SnapshotStore(aside)
        gathered = GatheredData(figures, areas)
        manifests = [manifest for rebuild in _rebuilders() for manifest in rebuild(store, gathered)]
        replace_folder(to, aside)
    finally:
        discard(aside)
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
    """Refuses a target folder that holds anything but an archive, for it is replaced."""
    if to.exists() and not to.is_dir():
        raise ArchiveError(f"{to}: is no folder.")
    for path in to.glob("*") if to.exists() else ():
        if not path.is_dir() or not any(path.glob(f"*/*/{MANIFEST}")):
            raise ArchiveError(f"{path}: is no part of an archive, and {to} would be replaced. Name another folder.")
