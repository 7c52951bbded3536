"""Builds the warehouse as of a date into a separate folder, for `payung refresh --as-of DATE --to DIR`.

assets/vintage_cut.py selects the vintages; the ordinary refresh is in refresh_run.py.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.errors import PayungError
from pipelines.job_run import run_job
from pipelines.jobs import REFRESH
from pipelines.refresh_run import RefreshOutcome, check_space
from warehouse.release.release_folders import Releases, refuse_folder

if TYPE_CHECKING:
    from assets.home import Home
    from assets.progress_listeners import Listener


class NoVintageError(PayungError):
    """There is no vintage for a build as of that date."""


def refresh_as_of(home: Home, as_of: date, to: Path, progress: Listener | None = None) -> RefreshOutcome:
    """Builds from the vintages up to `as_of`, with today's definitions and weights, into `to`.

    The reference year is that of the set, or the year of `as_of` if that is earlier. The releases and `current` are not
    changed. Takes the same lock as a refresh. Raises ReleaseError if `to` must not be overwritten, NoVintageError if no
    vintage is that old, and otherwise what `refresh_run.refresh` raises.
    """
    from assets.refresh_lock import locked
    from assets.release_inputs import in_use
    from sources import registry
    from sources.manifests import read_manifest
    from sources.shipped_archive import archive_folders, shipped_archive

    started = time.monotonic()
    to = to.resolve()
    refuse_folder(Releases(home.path), to)
    archive = shipped_archive()
    manifests = [read_manifest(folder) for folder in archive_folders(archive)] + in_use(home.snapshots, archive)
    indicators = {
        s.key
        for s in registry.structures()
        if (s.shape, s.use, s.kind) == ("observations", "indicators", "statistical")
    }
    dates = sorted({m.vintage_date for m in manifests if f"{m.provider}__{m.dataset}" in indicators})
    if not dates or as_of < dates[0]:
        oldest = dates[0].isoformat() if dates else "none"
        raise NoVintageError(f"No vintage is as old as {as_of}: the oldest available is {oldest}. Give a later date.")
    with locked(home.path):
        check_space(home)
        run_job(home, progress, REFRESH, as_of=as_of.isoformat(), to=str(to))
    return RefreshOutcome(to, True, time.monotonic() - started)
