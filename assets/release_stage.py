"""Stage release: the audit, and the published file that readers open."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from assets.computed import check_results, check_specs
from assets.home import Home
from assets.reference import key_of
from assets.release_inputs import code_version, in_use, inputs, unchanged
from assets.staged import staged_key
from assets.workplace import Workplace, described, told
from indicator_defs.catalog import load_catalog
from sources import registry
from sources.shipped_archive import shipped_archive
from warehouse.build import audit_checks
from warehouse.build.engine import Build
from warehouse.build.previous_values import PREVIOUS
from warehouse.compare.diff import Diff, DiffError, State, compare
from warehouse.compare.tolerance import Exceeded, exceeded
from warehouse.metadata import table, tables
from warehouse.release.database import staged_tables
from warehouse.release.history import now
from warehouse.release.publish import AuditError, Provenance, ReferenceYears, audit, blocking, publish, publish_aside
from warehouse.release.release_folders import DamagedError, Releases, read_manifest

AUDIT = dg.AssetKey(["quality", "check_result"])
RELEASE = dg.AssetKey(["release", "warehouse"])
PUBLISHED = "published"
MOST_TOLD = 12
TOLERANCES = "indicator_defs/tolerances.yaml"
NOT_COMPARED = "No release before could be read whole, so nothing was compared and no tolerance was measured."


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
    check_specs=check_specs(AUDIT, audit_checks.shown()),
    kinds={"duckdb"},
)
def check_result(workplace: Workplace) -> dg.MaterializeResult:
    """Runs all checks and keeps their results, also when some block."""
    results = audit(workplace.build, in_the_past=workplace.cut.as_of is not None)
    return dg.MaterializeResult(
        metadata=described(workplace, table("quality.check_result"), len(results)),
        check_results=check_results(AUDIT, audit_checks.grouped(results)),
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
    if workplace.dry_run:
        told("release", "dry run: nothing published")
        return dg.MaterializeResult(metadata={"outcome": dg.MetadataValue.text("dry run: nothing published")})
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
    staged = staged_tables(workplace.build, registry.structures())
    provenance = Provenance(workplace.made_from, sources, code_version())
    as_of = workplace.cut.as_of
    aside = workplace.to if as_of is not None else None
    if as_of is None or aside is None:
        folder = publish(workplace.build, workplace.releases, staged, provenance, tolerated(workplace))
    else:
        years = reference_years(as_of)
        folder = publish_aside(workplace.build, workplace.releases, staged, provenance, as_of, Path(aside), years)
    workplace.finish()
    told("release", folder.name)
    return dg.MaterializeResult(metadata=_shown(folder, PUBLISHED if as_of is None else "built aside"))


def reference_years(as_of: date) -> ReferenceYears:
    """The reference year of a build as of a date, and that of the set, which may be later."""
    catalogue = load_catalog()
    return ReferenceYears(
        catalogue.as_of(as_of).indicator_set.latest_reference_year, catalogue.indicator_set.latest_reference_year
    )


def tolerated(workplace: Workplace) -> list[dict[str, Any]]:
    """Who accepted what and why, for the manifest; empty where no tolerance is exceeded.

    Raises AuditError where the build differs from the current release by more than the catalogue tolerates and nobody
    has accepted it.
    """
    diff, found = against_current(workplace.place, workplace.build)
    if diff is None and workplace.releases.current() is not None:
        told("release", NOT_COMPARED)
        return [{"at": now(), "by": "nobody", "reason": NOT_COMPARED, "exceeded": []}]
    if not found:
        return []
    if not workplace.accept.strip():
        more = [f"... and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
        raise AuditError(
            f"Nothing was published: the release would differ from the current one by more than {TOLERANCES} allows:\n  "
            + "\n  ".join([e.line() for e in found[:MOST_TOLD]] + more)
            + "\nLook at all of it: payung refresh --dry-run. If it is right, say why: payung refresh --accept "
            '"new survey of ..."'
        )
    return [
        {
            "at": now(),
            "by": workplace.accepted_by.strip(),
            "reason": workplace.accept.strip(),
            "exceeded": [e.as_dict() for e in found],
        }
    ]


def against_current(place: Home, build: Build) -> tuple[Diff | None, list[Exceeded]]:
    """What a build would change in the current release and which tolerances that exceeds; None without a release.

    A current release that is damaged is no measure: then the newest one before it that can be compared is taken.
    """
    releases = Releases(place.path)
    current = releases.current()
    if current is None:
        return None, []
    after = State("the new build", build, inputs(place))
    earlier = [releases.find(i) for i in reversed(releases.ids()) if i != current.name]
    for folder in (current, *earlier):
        try:
            before = State(folder.name, Build(folder / "parquet"), read_manifest(folder)["inputs"])
            diff = compare(before, after)
        except (DiffError, DamagedError) as error:  # damaged, so no measure; the next older one is
            told("release", f"not compared with {folder.name}: {error}")
            continue
        return diff, exceeded(diff, load_catalog().tolerances)
    return None, []


def _shown(folder: Path, outcome: str) -> dict[str, dg.MetadataValue]:
    return {
        "release": dg.MetadataValue.text(folder.name),
        "outcome": dg.MetadataValue.text(outcome),
        "folder": dg.MetadataValue.path(str(folder)),
    }
