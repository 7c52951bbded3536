"""Stage staged: one tidy table per dataset in the provider's codes, and the list of the snapshots used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from assets import staging_workers
from assets.raw import listed, raw_key
from assets.staging_cache import StagedParts, columns_of, rejected_rows
from assets.table_metadata import report_table
from assets.workplace import Workplace
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest
from warehouse.build.engine import Build, read_files, write_combined, write_frame
from warehouse.metadata import staged_table, table

SNAPSHOT = "lineage.snapshot"
REJECTION = "staged.rejection"
SNAPSHOT_SERIES = "lineage.snapshot_series"
FIT_SCHEMA = "rows_fit_schema"


def staged_key(structure: DatasetStructure) -> dg.AssetKey:
    """The asset key of a dataset's staged table."""
    return dg.AssetKey(["staged", structure.key])


def _snapshot_row(manifest: Manifest, row_count: int, series: list[str]) -> dict[str, object]:
    return {
        "snapshot_id": manifest.place,
        "provider": manifest.provider,
        "dataset": manifest.dataset,
        "producer": manifest.producer,
        "vintage_date": manifest.vintage_date,
        "fetched_at": manifest.fetched_at,
        "address": manifest.address,
        "release_tag": manifest.release_tag,
        "series_asked": ";".join(series),
        "areas_asked": ";".join(manifest.areas_asked),
        "licence": manifest.licence,
        "attribution": manifest.attribution,
        "is_rebuilt": manifest.rebuilt,
        "note": manifest.note,
        "files": "; ".join(f"{f.name} {f.sha256}" for f in manifest.files),
        "bytes": sum(f.bytes for f in manifest.files),
        "row_count": row_count,
    }


@dataclass(frozen=True)
class _StagedSnapshot:
    """A snapshot of this build, the series it covers, and its staged parts."""

    manifest: Manifest
    series: list[str]
    parts: StagedParts


def _results(workplace: Workplace, structure: DatasetStructure) -> list[_StagedSnapshot]:
    """The staged snapshots of one dataset, in the order of the build's listing."""
    store, manifests = workplace.home_folders.snapshots, listed(workplace, structure)
    only = {m.place: workplace.vintage_cut.series(m, structure) for m in manifests}
    # From the end of the list, because the worker processes began at its start.
    workers = staging_workers.workers()
    parts = {m.place: workers.staged(store, m, structure, only[m.place]) for m in reversed(manifests)}
    results = []
    for m in manifests:
        series = only[m.place]
        results.append(_StagedSnapshot(m, m.series_asked if series is None else series, parts[m.place]))
    return results


def _write_parts(build: Build, structure: DatasetStructure, results: list[_StagedSnapshot]) -> None:
    """Writes this dataset's part of the tables that all datasets share."""
    for name, part in (("staged.series_dimension", "dimensions"), (REJECTION, "rejected")):
        shape = table("lineage.rejection" if name == REJECTION else name)
        paths = [r.parts.path(part) for r in results]
        write_combined(build, shape, paths, build.part(name, structure.key), distinct=part == "dimensions")
    snapshots = [_snapshot_row(r.manifest, r.parts.row_count, r.series) for r in results]
    series = [row for r in results for row in _series_rows(r)]
    for name, rows in ((SNAPSHOT, snapshots), (SNAPSHOT_SERIES, series)):
        write_frame(build, table(name), pd.DataFrame(rows), build.part(name, structure.key))


def _series_rows(result: _StagedSnapshot) -> list[dict[str, object]]:
    manifest = result.manifest
    areas = manifest.areas_asked if manifest.supersedes == "series_and_area" else [""]
    return [{"snapshot_id": manifest.place, "series": s, "area_code": a} for s in result.series for a in areas]


def _rows_fit_schema(results: list[_StagedSnapshot]) -> dg.AssetCheckResult:
    failures = sum(r.parts.failures for r in results)
    first = [r.parts.first_failures for r in results if r.parts.first_failures]
    return dg.AssetCheckResult(
        check_name=FIT_SCHEMA,
        passed=not failures,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "failures": failures,
            "first": "\n".join(first),
        },
    )


def _staged_asset(structure: DatasetStructure) -> dg.AssetsDefinition:
    schema_check = dg.AssetCheckSpec(
        FIT_SCHEMA,
        asset=staged_key(structure),
        description="Rows that violate the pandera schema: missing columns, empty required cells, patterns not matched, "
        "duplicate rows. They are stored in lineage.rejection.",
    )

    @dg.asset(
        key=staged_key(structure),
        deps=[raw_key(structure)],
        group_name="staged",
        description=f"{structure.title}: rows and columns as published, in the provider's codes.",
        kinds={"pandas", "parquet"},
        check_specs=[schema_check],
    )
    def staged(workplace: Workplace) -> dg.MaterializeResult:
        results = _results(workplace, structure)
        parts = [r.parts for r in results]
        description = staged_table(structure, tuple(columns_of(parts)))
        count = write_combined(workplace.build, description, [p.path("rows") for p in parts])
        _write_parts(workplace.build, structure, results)
        return dg.MaterializeResult(
            metadata={
                **report_table(workplace, description, count),
                "warnings": [w for p in parts for w in p.warnings],
                "rejected": len(rejected_rows(parts)),
            },
            check_results=[_rows_fit_schema(results)],
        )

    return staged


staged_assets = [_staged_asset(structure) for structure in registry.structures()]


TOGETHER = ("staged.series_dimension", SNAPSHOT, SNAPSHOT_SERIES)


@dg.multi_asset(
    name="datasets_together",
    specs=[
        dg.AssetSpec(
            name.split("."),
            deps=[staged_key(s) for s in registry.structures()],
            group_name=name.split(".")[0],
            description=table(name).comment,
            kinds={"parquet"},
        )
        for name in TOGETHER
    ],
)
def datasets_together(workplace: Workplace) -> Iterator[dg.MaterializeResult]:
    """Writes the small tables that combine a part of each dataset."""
    build = workplace.build
    for name in TOGETHER:
        rows = read_files([build.part(name, s.key) for s in registry.structures()])
        count = write_frame(build, table(name), rows.sort_values(list(table(name).order), kind="stable"))
        yield dg.MaterializeResult(asset_key=name.split("."), metadata=report_table(workplace, table(name), count))
