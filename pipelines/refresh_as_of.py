"""Builds the warehouse as of a date into a folder aside, as `payung refresh --as-of DATE --to DIR` does.

Belongs here: what is refused before such a build starts, and running it.
Does not belong here: which vintages it takes (assets/vintage_cut.py), and the ordinary refresh (refresh.py).
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.errors import PayungError
from pipelines.refresh import JOB_REFRESH, Outcome, check_space, run_job
from warehouse.release.release_folders import Releases, refuse_folder

if TYPE_CHECKING:
    from assets.workplace import Listener


class AsOfError(PayungError):
    """No build as of that date can be made."""


def refresh_as_of(home: Path, as_of: date, to: Path, progress: Listener | None = None) -> Outcome:
    """Builds from the vintages of up to `as_of`, with today's definitions and weights, into `to`.

    The reference year is the set's, or the year of `as_of` where that is earlier. The releases and `current` stay as
    they are. Takes the same lock as a refresh. Raises ReleaseError where `to` may not be written over, AsOfError where no
    vintage is that old, and otherwise what `run.refresh` raises.
    """
    from assets.home import Home
    from assets.refresh_lock import locked
    from assets.release_inputs import in_use
    from sources import registry
    from sources.manifests import read_manifest
    from sources.shipped_archive import archive_folders, shipped_archive

    started = time.monotonic()
    to = to.resolve()
    refuse_folder(Releases(home), to)
    archive = shipped_archive()
    known = [read_manifest(folder) for folder in archive_folders(archive)] + in_use(Home(home).snapshots, archive)
    indicators = {s.key for s in registry.structures() if s.use == "indicators" and s.kind == "statistical"}
    dates = sorted({m.vintage_date for m in known if f"{m.provider}__{m.dataset}" in indicators})
    if not dates or as_of < dates[0]:
        oldest = dates[0].isoformat() if dates else "none"
        raise AsOfError(f"No vintage is as old as {as_of}: the oldest at hand is {oldest}. Give a later date.")
    with locked(home):
        check_space(home)
        run_job(home, progress, JOB_REFRESH, as_of=as_of.isoformat(), to=str(to))
    return Outcome(to, True, time.monotonic() - started)
