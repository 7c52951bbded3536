"""Stage raw: the snapshots of each provider dataset, compared with their checksums and listed for this build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg

from assets import online_fetch, staging_workers
from assets.altered_snapshots import refuse_missing
from assets.progress_listeners import report
from assets.release_inputs import in_use
from assets.workplace import Workplace
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.dataset_refresh import FetchReport
from sources.fetching import FetchProgress
from sources.freshness import freshness, newest_vintage
from sources.manifests import Manifest
from sources.shipped_archive import archive_folders, shipped_archive
from sources.submissions.inbox import collect_inbox, is_fed_by_inbox
from warehouse.build.engine import Build

FETCHED_WHOLE = "fetched_whole"
NOT_LATE = "not_late"
FETCH_REPORT = "fetch report"  # the metadata entry from which sensors read the report of this run


def raw_key(structure: DatasetStructure) -> dg.AssetKey:
    """The asset key of a dataset's snapshots."""
    return dg.AssetKey(["raw", structure.provider, structure.dataset])


def listing(build: Build, structure: DatasetStructure) -> Path:
    """The file in which a build lists the snapshots of one dataset."""
    return build.folder / "raw" / f"{structure.key}.json"


def listed(workplace: Workplace, structure: DatasetStructure) -> list[Manifest]:
    """The snapshots of one dataset that this build uses."""
    places = set(json.loads(listing(workplace.build, structure).read_text(encoding="utf-8")))
    return [m for m in workplace.home_folders.snapshots.list() if m.place in places]


def _fetch_online(workplace: Workplace, structure: DatasetStructure) -> FetchReport | None:
    """Downloads the dataset and returns the report; None if this run is offline or limited to other providers."""
    spec = registry.dataset(structure.provider, structure.dataset)
    if not workplace.online or spec.endpoint is None or (workplace.sources and spec.provider not in workplace.sources):
        return None
    home = workplace.home_folders

    def report_step(step: FetchProgress) -> None:
        report(spec.path, step.text, step)

    report_step(FetchProgress("requesting"))
    fetched = online_fetch.fetch(home.path, home.snapshots, spec.provider, spec.dataset, workplace.force, report_step)
    report_step(FetchProgress(fetched.outcome.replace("_", " "), rows=fetched.rows))
    return fetched


def _fetched_whole(
    workplace: Workplace, structure: DatasetStructure, fetched: FetchReport | None
) -> dg.AssetCheckResult:
    """The check of the last download of the dataset; passes if there was none."""
    last = fetched or online_fetch.last_report(workplace.home_folders.path, structure.provider, structure.dataset)
    message = (
        "never downloaded by this home" if last is None else " ".join([last.message, *last.left_out, *last.warnings])
    )
    return dg.AssetCheckResult(
        check_name=FETCHED_WHOLE,
        passed=last is None or last.is_complete,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"last fetch": message} | ({} if last is None else {"at": last.at.isoformat()}),
    )


def _has_calendar(structure: DatasetStructure) -> bool:
    """Whether the provider's calendar defines when a vintage is overdue; without that the check could not fail."""
    return registry.provider(structure.provider).calendar.late_after_days is not None


def _not_late(workplace: Workplace, structure: DatasetStructure, used: list[Manifest]) -> dg.AssetCheckResult:
    """The check of the newest vintage against the provider's calendar."""
    last = online_fetch.last_report(workplace.home_folders.path, structure.provider, structure.dataset)
    spec = registry.dataset(structure.provider, structure.dataset)
    newest = newest_vintage((m.vintage_date for m in used), workplace.day)
    state = freshness(spec, newest, workplace.day, None if last is None else last.at)
    return dg.AssetCheckResult(
        check_name=NOT_LATE,
        passed=not state.is_late,
        severity=dg.AssetCheckSeverity.WARN,
        description=state.message,
        metadata={
            "newest vintage": str(state.vintage or "none"),
            "days": state.days if state.days is not None else -1,
            "allowed": state.allowed or 0,
            "calendar": registry.provider(structure.provider).calendar.note,
        },
    )


def _import_snapshots(workplace: Workplace, structure: DatasetStructure) -> None:
    """Imports the dataset's snapshots from the bundled archive and, for national figures, the files in the inbox."""
    store, archive = workplace.home_folders.snapshots, shipped_archive()
    for folder in archive_folders(archive):
        if folder.parent.relative_to(archive).parts == (structure.provider, structure.dataset):
            store.import_from(folder)
    if is_fed_by_inbox(structure.provider):
        collect_inbox(workplace.home_folders.inbox, store)


def _list(workplace: Workplace, structure: DatasetStructure) -> list[Manifest]:
    """Writes the listing of the snapshots that this build uses, and returns them."""
    used = workplace.vintage_cut.used(in_use(workplace.home_folders.snapshots, shipped_archive()), [structure])
    path = listing(workplace.build, structure)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([m.place for m in used]), encoding="utf-8")
    return used


def _metadata(structure: DatasetStructure, used: list[Manifest], fetched: FetchReport | None) -> dict[str, Any]:
    """The metadata of a dataset's snapshots for the UI; also reports them to the listeners."""
    size = sum(f.bytes for m in used for f in m.files)
    requests = f"{fetched.outcome}, {fetched.requests} requests; " if fetched else ""
    report(f"raw {structure.key}", f"{requests}{len(used)} snapshot{'s' * (len(used) != 1)}, {size:,} bytes")
    lines = [f"| {m.vintage_date} | {m.snapshot_id} | {len(m.series_asked)} | {m.rows or ''} |" for m in used]
    facts = fetched.model_dump(mode="json") if fetched else {}
    return {
        "snapshots": len(used),
        "bytes": size,
        "vintages": dg.MetadataValue.md(
            "| vintage | snapshot | series | rows |\n|---|---|---|---|\n" + "\n".join(lines)
        ),
        **facts,
        **({FETCH_REPORT: dg.MetadataValue.json(facts)} if fetched else {}),
    }


def _raw_asset(structure: DatasetStructure) -> dg.AssetsDefinition:
    late_spec = [
        dg.AssetCheckSpec(
            NOT_LATE,
            asset=raw_key(structure),
            description="The newest vintage is older than the provider's calendar allows (sources/providers/*.yaml).",
        )
    ][: _has_calendar(structure)]

    @dg.asset(
        key=raw_key(structure),
        group_name="raw",
        description=f"{structure.title}: the bytes as the provider sent them, write-once, with their manifests.",
        kinds={"file"},
        pool=f"requests_to_{structure.provider}",
        check_specs=[
            dg.AssetCheckSpec(
                FETCHED_WHOLE,
                asset=raw_key(structure),
                description="The last download failed or is incomplete; the last good snapshot remains in use.",
            ),
            *late_spec,
        ],
    )
    def raw(workplace: Workplace) -> dg.MaterializeResult:
        _import_snapshots(workplace, structure)
        fetched = _fetch_online(workplace, structure)
        refuse_missing(workplace.home_folders, structure.provider, structure.dataset)
        used = _list(workplace, structure)
        # An online run may end after this stage (the job "fetch"); otherwise the stage staged does this work.
        for manifest in used if not workplace.online else ():
            store = workplace.home_folders.snapshots
            staging_workers.workers().begin(
                store, manifest, structure, workplace.vintage_cut.series(manifest, structure)
            )
        return dg.MaterializeResult(
            metadata=_metadata(structure, used, fetched),
            check_results=[
                _fetched_whole(workplace, structure, fetched),
                *(_not_late(workplace, structure, used) for _ in late_spec),
            ],
        )

    return raw


raw_assets = [_raw_asset(structure) for structure in registry.structures()]
