"""A build compared with the current release: what it changes, which tolerances that exceeds, and who accepted it.

Belongs here: which release is the measure, and when exceeded tolerances keep a build from being published.
Does not belong here: the comparison and the tolerances themselves (warehouse/compare).
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
NOT_COMPARED = "No release before could be read whole, so nothing was compared and no tolerance was measured."


def accepted_exceptions(workplace: Workplace) -> list[dict[str, Any]]:
    """Who accepted what and why, for the manifest; empty where no tolerance is exceeded.

    Raises AuditError where the build differs from the current release by more than the catalogue tolerates without being
    accepted.
    """
    diff, exceptions = diff_with_current(workplace.home_folders, workplace.build)
    if diff is None and workplace.releases.current() is not None:
        report("release", NOT_COMPARED)
        return [{"at": now(), "by": "nobody", "reason": NOT_COMPARED, "exceeded": []}]
    if not exceptions:
        return []
    if not workplace.accept.strip():
        more = [f"... and {len(exceptions) - MOST_SHOWN} more"] if len(exceptions) > MOST_SHOWN else []
        raise AuditError(
            f"Nothing was published: the release would differ from the current one by more than {TOLERANCES} allows:\n  "
            + "\n  ".join([e.line() for e in exceptions[:MOST_SHOWN]] + more)
            + "\nLook at all of it: payung refresh --dry-run. If it is right, say why: payung refresh --accept "
            '"new survey of ..."'
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
    """What a build would change in the current release and which tolerances that exceeds; None without a release.

    A current release that is damaged is no measure: then the newest one before it that can be compared is taken.
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
        except (DiffError, DamagedError) as error:  # damaged, so no measure; the next older one is
            report("release", f"not compared with {folder.name}: {error}")
            continue
        return diff, exceeded_tolerances(diff, load_catalog().tolerances)
    return None, []
