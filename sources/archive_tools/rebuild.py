"""The archive that ships with the project: provider-shaped answers rebuilt from gathered figures.

Belongs here: the one door, `build`, and the way it puts a whole archive in place.
Does not belong here: the shape of one provider's answer (the module named after it), reading such answers (the
modules of sources), the command (build.py), and any figure or field that was not gathered.

The figures are real; the bytes are not the provider's own, and every such manifest says `rebuilt`. A field that
the figures do not have is empty. Numbers are copied as text, digit by digit. Building twice gives the same bytes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from indicator_defs.system.files import discard, replace_folder
from sources.archive_tools.gathered_data import ArchiveError
from sources.archive_tools.providers import ilostat, national, un_wpp, unsd_sdg, world_bank
from sources.manifests import MANIFEST, Manifest
from sources.snapshots import SnapshotStore

__all__ = ["AREAS_FILE", "ArchiveError", "build"]

AREAS_FILE = Path("codelists") / "world_bank_countries_2026-01.csv"


def build(figures: Path, to: Path, areas: Path | None = None) -> list[Manifest]:
    """Builds the whole archive from the folder of figures into `to`, replacing an archive that is there.

    `areas` is the World Bank's list of countries (iso3, countrycode_iso2, countryname), by default
    codelists/world_bank_countries_2026-01.csv beside the folder of figures. Returns the manifests.
    Raises ArchiveError, and leaves `to` as it was, when a file is missing or not as expected.
    """
    _refuse_foreign(to)
    aside = to.with_name(f".{to.name}-new")
    for left in (aside, *to.parent.glob(f".{to.name}.*.old")):  # by a build that was killed
        if left.exists():
            shutil.rmtree(left)
    try:
        store = SnapshotStore(aside)
        manifests = [
            *unsd_sdg.rebuild(store, figures / "unsd"),
            *world_bank.rebuild(store, figures / "worldbank", areas or figures.parent / AREAS_FILE),
            ilostat.rebuild(store, figures / "ilo"),
            *un_wpp.rebuild(store, figures / "wpp"),
            national.rebuild(store),
        ]
        replace_folder(to, aside)
    finally:
        discard(aside)
    return manifests


def _refuse_foreign(to: Path) -> None:
    """Refuses a target folder that holds anything but an archive, for it is replaced."""
    if to.exists() and not to.is_dir():
        raise ArchiveError(f"{to}: is no folder.")
    for path in to.glob("*") if to.exists() else ():
        if not path.is_dir() or not any(path.glob(f"*/*/{MANIFEST}")):
            raise ArchiveError(f"{path}: is no part of an archive, and {to} would be replaced. Name another folder.")
