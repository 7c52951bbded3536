"""Stage raw: the snapshots of each provider dataset, checked byte for byte and listed for this build."""

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
FETCH_REPORT = "fetch report"  # for the notifier: the report of this very run


def raw_key(structure: DatasetStructure) -> dg.AssetKey:
    """Asset key of a dataset's snapshots."""
    return dg.AssetKey(["raw", structure.provider, structure.dataset])


def listing(build: Build, structure: DatasetStructure) -> Path:
    """The file in which a build lists the snapshots of one dataset."""
    return build.folder / "raw" / f"{structure.key}.json"


def listed(workplace: Workplace, structure: DatasetStructure) -> list[Manifest]:
    """The snapshots of one dataset that this build uses."""
    places = set(json.loads(listing(workplace.build, structure).read_text(encoding="utf-8")))
    return [m for m in workplace.home_folders.snapshots.list() if m.place in places]


def _fetch_online(workplace: Workplace, structure: DatasetStructure) -> FetchReport | None:
    """Fetches the dataset and returns the report, when this run is online and its provider is among those requested."""
    spec = registry.dataset(structure.provider, structure.dataset)
    if not workplace.online or spec.endpoint is None or (workplace.sources and spec.provider not in workplace.sources):
        return None
    home = workplace.home_folders

    def report_step(step: FetchProgress) -> None:
        report(spec.path, step.text, step)

    report_step(FetchProgress("asking"))
    fetched = online_fetch.fetch(home.path, home.snapshots, spec.provider, spec.dataset, workplace.force, report_step)
    report_step(FetchProgress(fetched.outcome.replace("_", " "), rows=fetched.rows))
    return fetched


def _fetched_whole(
    workplace: Workplace, structure: DatasetStructure, fetched: FetchReport | None
) -> dg.AssetCheckResult:
    """What the last online fetch of the dataset came to; passes where there was none."""
    last = fetched or online_fetch.last_report(workplace.home_folders.path, structure.provider, structure.dataset)
    message = "never fetched online" if last is None else " ".join([last.message, *last.left_out, *last.warnings])
    return dg.AssetCheckResult(
        check_name=FETCHED_WHOLE,
        passed=last is None or last.is_complete,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"last fetch": message} | ({} if last is None else {"at": last.at.isoformat()}),
    )


def _has_calendar(structure: DatasetStructure) -> bool:
    """Whether the provider's calendar says from when on it is late; a check that cannot fail would be none."""
    return registry.provider(structure.provider).calendar.late_after_days is not None


def _not_late(workplace: Workplace, structure: DatasetStructure, used: list[Manifest]) -> dg.AssetCheckResult:
    """The newest vintage against the provider's own calendar."""
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


def _take_in(workplace: Workplace, structure: DatasetStructure) -> None:
    """Takes the dataset's snapshots that ship with the project, and of national figures the files in the inbox."""
    store, archive = workplace.home_folders.snapshots, shipped_archive()
    for folder in archive_folders(archive):
        if folder.parent.relative_to(archive).parts == (structure.provider, structure.dataset):
            store.import_from(folder)
    if is_fed_by_inbox(structure.provider):
        collect_inbox(workplace.home_folders.inbox, store)


def _list(workplace: Workplace, structure: DatasetStructure) -> list[Manifest]:
    """The snapshots that this build uses, written to its listing."""
    used = workplace.vintage_cut.used(in_use(workplace.home_folders.snapshots, shipped_archive()), [structure])
    path = listing(workplace.build, structure)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([m.place for m in used]), encoding="utf-8")
    return used


def _metadata(structure: DatasetStructure, used: list[Manifest], fetched: FetchReport | None) -> dict[str, Any]:
    """What the UI shows of a dataset's snapshots; also reports it to the listeners."""
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
            description="The newest vintage is not older than the provider's own calendar allows "
            "(sources/providers/*.yaml).",
        )
    ][: _has_calendar(structure)]

    @dg.asset(
        key=raw_key(structure),
        group_name="raw",
        description=f"{structure.title}: the bytes as the provider sent them, write-once, with their manifests.",
        kinds={"file"},
        pool=f"ask_{structure.provider}",
        check_specs=[
            dg.AssetCheckSpec(
                FETCHED_WHOLE,
                asset=raw_key(structure),
                description="The last online fetch brought the dataset whole; otherwise the last good snapshot stands.",
            ),
            *late_spec,
        ],
    )
    def raw(workplace: Workplace) -> dg.MaterializeResult:
        _take_in(workplace, structure)
        fetched = _fetch_online(workplace, structure)
        refuse_missing(workplace.home_folders, structure.provider, structure.dataset)
        used = _list(workplace, structure)
        # A run that asks providers may end after this stage (the job "fetch"); it stages where it needs to.
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
