"""A refresh that publishes nothing, for `payung refresh --dry-run`: the difference it would make, and what blocks it.

The ordinary refresh is in refresh_run.py; cli/output/diff_text.py shows the difference.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assets.home import Home
from assets.refresh_lock import locked
from assets.release_inputs import unchanged
from pipelines.refresh_run import RefreshRequest, build, check_snapshots, fetch, ignore_reports
from pipelines.run_failures import RefreshError

if TYPE_CHECKING:
    from assets.progress_listeners import Listener
    from pipelines.refresh_run import OnFetched
    from sources.dataset_refresh import FetchReport
    from warehouse.compare.exceeded_tolerances import ExceededTolerance
    from warehouse.compare.release_diff import Diff

FIRST = "This would be the first release; there is none to compare it with."


@dataclass(frozen=True)
class DryRun:
    """What a refresh would do. `unchanged`: the current release, if nothing is new.

    `diff`: the difference from the current release; None, with the reason in `no_diff`, if there is no readable release.
    `failed`: checks that block. `exceeded`: tolerances. `fetched`: the reports of the downloads.
    """

    seconds: float
    unchanged: Path | None = None
    diff: Diff | None = None
    no_diff: str = ""
    failed: list[str] = field(default_factory=list)
    exceeded: list[ExceededTolerance] = field(default_factory=list)
    fetched: list[FetchReport] = field(default_factory=list)

    @property
    def would_publish(self) -> bool:
        """Whether a refresh would publish a release without a user accepting exceeded tolerances."""
        return self.unchanged is None and not self.failed and not self.exceeded


def dry_run(
    home: Home, request: RefreshRequest, progress: Listener | None = None, on_fetched: OnFetched = ignore_reports
) -> DryRun:
    """Builds and audits like `refresh_run.refresh`, and compares with the current release; publishes nothing.

    Downloads are stored, as by any refresh. Raises what a refresh raises, except for a failed audit, which is part of
    the result.
    """
    started = time.monotonic()
    with locked(home.path):
        try:
            check_snapshots(home)
            fetched = fetch(home, request, progress) if request.online else []
            on_fetched(fetched)
            current = None if request.force else unchanged(home)
            if current is not None:
                return DryRun(time.monotonic() - started, current, fetched=fetched)
            left_over = set(home.builds.glob("*"))  # of a killed run, if they could not be removed
            build(home, request, progress, dry_run=True)
            new_builds = sorted(set(home.builds.glob("*")) - left_over)
            return replace(_compared(home, new_builds, started), fetched=fetched)
        finally:
            home.remove_builds()


def _compared(home: Home, builds: list[Path], started: float) -> DryRun:
    """The build of the run, compared with the current release."""
    from assets.release_tolerance import NOT_COMPARED, diff_with_current
    from warehouse.build.engine import Build
    from warehouse.release.publish import blocking
    from warehouse.release.release_folders import Releases

    if not builds:
        raise RefreshError("The run ended without a build; `payung ui` shows its log.")
    new_build = Build(builds[-1])
    diff, exceeded = diff_with_current(home, new_build)
    no_diff = "" if diff is not None else FIRST if Releases(home.path).current() is None else NOT_COMPARED
    return DryRun(time.monotonic() - started, diff=diff, no_diff=no_diff, failed=blocking(new_build), exceeded=exceeded)
