"""A refresh without Dagster: the same calls in the same order, in one process.

Run as `python -m bench.bare HOME RELEASE SPANS`. The difference from the time of `payung refresh` is Dagster's share:
loading it, the graph, its event log, and the metadata of each table. The list of snapshots (two small tables) is copied
from RELEASE. Writes seconds by stage to the file SPANS as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pandas as pd

from assets import staging_cache
from assets.home import Home
from assets.release_inputs import code_version, in_use, inputs
from indicator_defs.catalog import load_catalog
from indicator_defs.tables import reference_tables
from sources import registry
from sources.shipped_archive import archive_folders, shipped_archive
from warehouse.build.engine import Build, computed_tables, read_files, write_combined, write_frame, write_frames
from warehouse.build.parallel import make_all
from warehouse.build.previous_values import write_previous
from warehouse.build.staging import staged_tables
from warehouse.metadata import staged_table, table
from warehouse.release.publish import Provenance, audit, blocking, publish
from warehouse.release.release_folders import Releases


def refresh(home: Path, release: Path) -> dict[str, float]:
    """Makes and publishes a release in `home`; returns seconds by stage."""
    spans: dict[str, float] = {}
    last = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        spans[stage] = now - last
        last = now

    home_folders, build, structures = Home(home), Build(home / "build" / "bare"), registry.structures()
    for folder in archive_folders(shipped_archive()):
        home_folders.snapshots.import_from(folder)
    used = in_use(home_folders.snapshots, shipped_archive())
    lap("raw")
    frames = reference_tables(load_catalog(), structures)
    write_frames(build, {table(f"reference.{name}"): frame for name, frame in frames.items()})
    lap("reference")
    for structure in structures:
        of_dataset = [m for m in used if (m.provider, m.dataset) == (structure.provider, structure.dataset)]
        results = [staging_cache.staged(home_folders.snapshots, manifest, structure) for manifest in of_dataset]
        shape = staged_table(structure, tuple(staging_cache.columns_of(results)))
        write_combined(build, shape, [parts.path("rows") for parts in results])
        for name, part in (("staged.series_dimension", "dimensions"), ("staged.rejection", "rejected")):
            shape = table("lineage.rejection" if part == "rejected" else name)
            to = build.part(name, structure.key)
            write_combined(build, shape, [parts.path(part) for parts in results], to, distinct=part == "dimensions")
    together = read_files([build.part("staged.series_dimension", s.key) for s in structures])
    write_frame(build, table("staged.series_dimension"), together)
    for name in ("lineage.snapshot", "lineage.snapshot_series"):
        path = release / "parquet" / Path(*name.split("."))
        write_frame(build, table(name), read_files([path.with_suffix(".parquet")]))
    write_frame(build, table("lineage.fetch"), pd.DataFrame())
    write_previous(build, None)
    lap("staged")
    for name, _ in make_all(build, computed_tables()):
        lap(name)
    audit(build)
    failed = blocking(build)
    if failed:
        raise SystemExit("the audit failed: " + "; ".join(failed))
    lap("audit")
    provenance = Provenance(inputs(home_folders), [], code_version())
    publish(build, Releases(home), staged_tables(build, structures), provenance)
    lap("release")
    return spans


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(refresh(Path(sys.argv[1]), Path(sys.argv[2]))), encoding="utf-8")
    os._exit(0)  # `payung` ends in the same way
