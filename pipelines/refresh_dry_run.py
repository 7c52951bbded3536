"""A refresh that publishes nothing, as `payung refresh --dry-run`: what the release would be, and what keeps it back.

Belongs here: running the build, comparing it with the current release, and removing it again.
Does not belong here: the ordinary refresh (refresh_run.py) and showing the difference (cli/output/diff_text.py).
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
    """What a refresh would do. `unchanged`: the current release, where nothing is new.

    `diff`: against the current release; None where there is none or none that can be read, which `no_diff` says.
    `failed`: checks that block; `exceeded`: tolerances; `fetched`: what providers were asked for and what came of it.
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
        """Whether a refresh would publish a release, without anybody accepting anything."""
        return self.unchanged is None and not self.failed and not self.exceeded


def dry_run(
    home: Home, request: RefreshRequest, progress: Listener | None = None, on_fetched: OnFetched = ignore_reports
) -> DryRun:
    """Builds and audits as `refresh_run.refresh` does, and compares with the current release; publishes nothing.

    What providers are asked for is kept, as by any fetch. Raises what a refresh raises, but for an audit that fails,
    which is part of the answer.
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
            before = set(home.builds.glob("*"))  # left by a run that was killed, where they cannot be removed
            build(home, request, progress, dry_run=True)
            made = sorted(set(home.builds.glob("*")) - before)
            return replace(_compared(home, made, started), fetched=fetched)
        finally:
            home.remove_builds()


def _compared(home: Home, builds: list[Path], started: float) -> DryRun:
    """The build that the run left, against the current release."""
    from assets.release_tolerance import NOT_COMPARED, diff_with_current
    from warehouse.build.engine import Build
    from warehouse.release.publish import blocking
    from warehouse.release.release_folders import Releases

    if not builds:
        raise RefreshError("The run ended without a build; see `payung ui` for its log.")
    made = Build(builds[-1])
    diff, exceeded = diff_with_current(home, made)
    no_diff = "" if diff is not None else FIRST if Releases(home.path).current() is None else NOT_COMPARED
    return DryRun(time.monotonic() - started, diff=diff, no_diff=no_diff, failed=blocking(made), exceeded=exceeded)
