"""Stage release: the audit, and the published file that readers open."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.computed import check_results, check_specs
from assets.inputs import code_version, in_use, inputs, unchanged
from assets.reference import key_of
from assets.resource import Workplace, described, told
from assets.staged import staged_key
from sources import registry
from sources.snapshots import shipped_archive
from warehouse import checks
from warehouse.metadata import table, tables
from warehouse.previous import PREVIOUS
from warehouse.release import AuditError, audit, blocking, publish, publish_aside, staged_tables

AUDIT = dg.AssetKey(["quality", "check_result"])
RELEASE = dg.AssetKey(["release", "warehouse"])
PUBLISHED = "published"


def _all_tables() -> list[dg.AssetKey]:
    """Every table that is published, and the release before, so that the audit comes after all of them."""
    keys = {key_of(t.full_name) for t in tables().values() if not t.is_work}
    keys |= {staged_key(s) for s in registry.structures()}
    keys.add(key_of(PREVIOUS))
    return sorted(keys - {AUDIT})


@dg.asset(
    key=AUDIT,
    deps=_all_tables(),
    group_name="quality",
    description="The audit: every check on the whole build. One that blocks keeps the release from being published.",
    check_specs=check_specs(AUDIT, checks.shown()),
    kinds={"duckdb"},
)
def check_result(workplace: Workplace) -> dg.MaterializeResult:
    """Runs all checks and keeps their results, also when some block."""
    results = audit(workplace.build, in_the_past=workplace.cut.as_of is not None)
    return dg.MaterializeResult(
        metadata=described(workplace, table("quality.check_result"), len(results)),
        check_results=check_results(AUDIT, checks.grouped(results)),
    )


@dg.asset(
    key=RELEASE,
    deps=[AUDIT],
    group_name="release",
    description="One DuckDB file and the same tables as Parquet, swapped in at once; readers are never blocked.",
    kinds={"duckdb", "parquet"},
)
def warehouse(workplace: Workplace) -> dg.MaterializeResult:
    """Publishes the build if no check blocks, unless it was made from the same inputs as the current release.

    The check results are read anew: nothing relies on the graph having stopped.
    """
    failed = blocking(workplace.build)
    if failed:
        raise AuditError("The audit failed, nothing was published:\n  " + "\n  ".join(failed))
    place = workplace.place
    current = None if workplace.force or workplace.cut.as_of is not None else unchanged(place)
    if current is not None:
        # A run of the UI or of a schedule comes this far although nothing moved; the command line stops before.
        workplace.finish()
        told("release", f"nothing new since {current.name}")
        return dg.MaterializeResult(metadata=_shown(current, "nothing new: made from the same inputs"))
    sources = [
        {
            "provider": m.provider,
            "dataset": m.dataset,
            "snapshot": m.place,
            "vintage_date": m.vintage_date.isoformat(),
            "rebuilt": m.rebuilt,
            **({"weights_only": True} if workplace.cut.weights_only(m) else {}),
        }
        for m in workplace.cut.takes(in_use(place.snapshots, shipped_archive()), registry.structures())
    ]
    made = (
        workplace.build,
        workplace.releases,
        inputs(place),
        sources,
        staged_tables(workplace.build, registry.structures()),
        code_version(),
    )
    as_of = workplace.cut.as_of
    aside = workplace.to if as_of is not None else None
    folder = publish(*made) if as_of is None or aside is None else publish_aside(*made, as_of, Path(aside))
    workplace.finish()
    told("release", folder.name)
    return dg.MaterializeResult(metadata=_shown(folder, PUBLISHED if as_of is None else "built aside"))


def _shown(folder: Path, outcome: str) -> dict[str, dg.MetadataValue]:
    return {
        "release": dg.MetadataValue.text(folder.name),
        "outcome": dg.MetadataValue.text(outcome),
        "folder": dg.MetadataValue.path(str(folder)),
    }
