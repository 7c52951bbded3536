"""The snapshots of a home: lists them for `payung status --snapshots`, and removes old ones as providers' files define.

The bytes are stored and checked in sources/snapshots.py.
"""

from __future__ import annotations

import pandas as pd

from assets.home import Home
from assets.release_inputs import in_use
from sources import registry
from sources.manifests import Manifest
from sources.shipped_archive import shipped_archive
from sources.snapshots import retire
from warehouse.release.release_folders import Releases, read_manifest

COLUMNS = ("provider", "dataset", "vintage", "fetched", "series", "rows", "bytes", "origin", "in_use", "snapshot")


def snapshot_list(home: Home) -> pd.DataFrame:
    """The snapshots, one row each, oldest vintage of a dataset first.

    Columns: provider, dataset, vintage, fetched (UTC, None for answers rebuilt from figures), series (how many were
    requested), rows, bytes, origin (archive, fetched, inbox), in_use (the next release uses it), snapshot (its ID).
    """
    store = home.snapshots
    used = {m.place for m in in_use(store, shipped_archive())}
    rows = [
        {
            "provider": m.provider,
            "dataset": m.dataset,
            "vintage": m.vintage_date.isoformat(),
            "fetched": m.fetched_at,
            "series": len(m.series_asked),
            "rows": m.rows,
            "bytes": sum(f.bytes for f in m.files),
            "origin": m.origin,
            "in_use": m.place in used,
            "snapshot": m.snapshot_id,
        }
        for m in store.list()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"rows": "Int64"})


def published_snapshots(home: Home) -> set[str]:
    """The places of all snapshots that any release of this home is based on."""
    releases = Releases(home.path)
    return {s["snapshot"] for name in releases.ids() for s in read_manifest(releases.find(name))["sources"]}


def retire_old(home: Home) -> list[Manifest]:
    """Removes and returns old snapshots of providers whose file sets `keep_snapshots`; none does by default."""
    limits = {spec.provider: spec.keep_snapshots for spec in registry.providers().values() if spec.keep_snapshots}
    if not limits:
        return []
    used = published_snapshots(home)
    return [m for provider, keep in limits.items() for m in retire(home.snapshots, keep, used, provider)]
