"""Stage release: the audit, and the published database that users query."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg

from assets.computed import check_results, check_specs
from assets.progress_listeners import report
from assets.reference import key_of
from assets.release_inputs import code_version, in_use, unchanged
from assets.release_tolerance import accepted_exceptions
from assets.staged import staged_key
from assets.table_metadata import report_table
from assets.workplace import Workplace
from indicator_defs.catalog import load_catalog
from sources import registry
from sources.shipped_archive import shipped_archive
from warehouse.build import audit_checks
from warehouse.build.previous_values import PREVIOUS
from warehouse.build.staging import staged_tables
from warehouse.metadata import table, tables
from warehouse.release.publish import AuditError, Provenance, ReferenceYears, audit, blocking, publish, publish_aside

AUDIT = dg.AssetKey(["quality", "check_result"])
RELEASE = dg.AssetKey(["release", "warehouse"])
PUBLISHED = "published"


def _all_tables() -> list[dg.AssetKey]:
    """Every published table, and the values of the previous release, so that the audit runs after all of them."""
    keys = {key_of(t.full_name) for t in tables().values() if not t.is_work}
    keys |= {staged_key(s) for s in registry.structures()}
    keys.add(key_of(PREVIOUS))
    return sorted(keys - {AUDIT})


@dg.asset(
    key=AUDIT,
    deps=_all_tables(),
    group_name="quality",
    description="The audit: every check on the whole build. A failed check that blocks prevents publication.",
    check_specs=check_specs(AUDIT, audit_checks.shown_checks()),
    kinds={"duckdb"},
)
def check_result(workplace: Workplace) -> dg.MaterializeResult:
    """Runs all checks and stores their results, even if some block."""
    results = audit(workplace.build, is_past_date=workplace.vintage_cut.as_of is not None)
    return dg.MaterializeResult(
        metadata=report_table(workplace, table("quality.check_result"), len(results)),
        check_results=check_results(AUDIT, audit_checks.grouped_results(results)),
    )


@dg.asset(
    key=RELEASE,
    deps=[AUDIT],
    group_name="release",
    description="One DuckDB file and the same tables as Parquet, replaced in one step; queries are never blocked.",
    kinds={"duckdb", "parquet"},
)
def warehouse(workplace: Workplace) -> dg.MaterializeResult:
    """Publishes the build if no check blocks, unless it was made from the same inputs as the current release.

    The check results are read again, so that this does not depend on Dagster having stopped the run.
    """
    if workplace.dry_run:
        report("release", "dry run: nothing published")
        return dg.MaterializeResult(metadata={"outcome": dg.MetadataValue.text("dry run: nothing published")})
    failed = blocking(workplace.build)
    if failed:
        raise AuditError("The audit failed, nothing was published:\n  " + "\n  ".join(failed))
    home = workplace.home_folders
    current = None if workplace.force or workplace.vintage_cut.as_of is not None else unchanged(home)
    if current is not None:
        # Runs of the UI and of schedules get here even if no input changed; the command line stops earlier.
        workplace.finish()
        report("release", f"nothing new since {current.name}")
        return dg.MaterializeResult(metadata=_metadata(current, "nothing new: made from the same inputs"))
    sources = [
        {
            "provider": m.provider,
            "dataset": m.dataset,
            "snapshot": m.place,
            "vintage_date": m.vintage_date.isoformat(),
            "rebuilt": m.rebuilt,
            **({"weights_only": True} if workplace.vintage_cut.weights_only(m) else {}),
        }
        for m in workplace.vintage_cut.used(in_use(home.snapshots, shipped_archive()), registry.structures())
    ]
    staged = staged_tables(workplace.build, registry.structures())
    provenance = Provenance(workplace.build_inputs, sources, code_version())
    as_of = workplace.vintage_cut.as_of
    aside = workplace.to if as_of is not None else None
    if as_of is None or aside is None:
        folder = publish(workplace.build, workplace.releases, staged, provenance, accepted_exceptions(workplace))
    else:
        years = reference_years(as_of)
        folder = publish_aside(workplace.build, workplace.releases, staged, provenance, as_of, Path(aside), years)
    workplace.finish()
    report("release", folder.name)
    return dg.MaterializeResult(
        metadata=_metadata(folder, PUBLISHED if as_of is None else "built into a separate folder")
    )


def reference_years(as_of: date) -> ReferenceYears:
    """The reference year of a build as of a date, and that of the set, which can be later."""
    catalogue = load_catalog()
    return ReferenceYears(
        catalogue.as_of(as_of).indicator_set.latest_reference_year, catalogue.indicator_set.latest_reference_year
    )


def _metadata(folder: Path, outcome: str) -> dict[str, dg.MetadataValue]:
    return {
        "release": dg.MetadataValue.text(folder.name),
        "outcome": dg.MetadataValue.text(outcome),
        "folder": dg.MetadataValue.path(str(folder)),
    }
