"""Compares a build with the current release: the changes, the tolerances they exceed, and who accepted that.

warehouse/compare has the comparison and the tolerances; this module decides whether the build can be published.
"""

from __future__ import annotations

from typing import Any

from assets.home import Home
from assets.progress_listeners import report
from assets.release_inputs import inputs
from assets.workplace import Workplace
from indicator_defs.catalog import load_catalog
from warehouse.build.engine import Build
from warehouse.compare.exceeded_tolerances import ExceededTolerance, exceeded_tolerances
from warehouse.compare.release_diff import ComparedState, Diff, DiffError, compare
from warehouse.release.history import now
from warehouse.release.publish import AuditError
from warehouse.release.release_folders import DamagedError, Releases, read_manifest

MOST_SHOWN = 12
TOLERANCES = "indicator_defs/tolerances.yaml"
NOT_COMPARED = "No earlier release could be read completely, so changes and tolerances were not checked."


def accepted_exceptions(workplace: Workplace) -> list[dict[str, Any]]:
    """Who accepted which exceeded tolerances and why, for the manifest; empty if no tolerance is exceeded.

    Raises AuditError if the build differs from the current release by more than the tolerances and no user accepted it.
    """
    diff, exceptions = diff_with_current(workplace.home_folders, workplace.build)
    if diff is None and workplace.releases.current() is not None:
        report("release", NOT_COMPARED)
        return [{"at": now(), "by": "no one", "reason": NOT_COMPARED, "exceeded": []}]
    if not exceptions:
        return []
    if not workplace.accept.strip():
        more = [f"... and {len(exceptions) - MOST_SHOWN} more"] if len(exceptions) > MOST_SHOWN else []
        raise AuditError(
            f"Nothing was published: the release would differ from the current one by more than {TOLERANCES} allows:\n  "
            + "\n  ".join([e.line() for e in exceptions[:MOST_SHOWN]] + more)
            + "\nTo see all differences: payung refresh --dry-run. If they are right, give the reason: payung refresh "
            '--accept "new survey of ..."'
        )
    return [
        {
            "at": now(),
            "by": workplace.accepted_by.strip(),
            "reason": workplace.accept.strip(),
            "exceeded": [e.as_dict() for e in exceptions],
        }
    ]


def diff_with_current(home: Home, build: Build) -> tuple[Diff | None, list[ExceededTolerance]]:
    """The differences of a build from the current release and the tolerances they exceed; None without a release.

    If the current release is damaged, the newest earlier one that can be compared is used.
    """
    releases = Releases(home.path)
    current = releases.current()
    if current is None:
        return None, []
    after = ComparedState("the new build", build, inputs(home))
    earlier = [releases.find(i) for i in reversed(releases.ids()) if i != current.name]
    for folder in (current, *earlier):
        try:
            before = ComparedState(folder.name, Build(folder / "parquet"), read_manifest(folder)["inputs"])
            diff = compare(before, after)
        except (DiffError, DamagedError) as error:  # damaged: try the next older one
            report("release", f"not compared with {folder.name}: {error}")
            continue
        return diff, exceeded_tolerances(diff, load_catalog().tolerances)
    return None, []
