"""A refresh that publishes nothing, as `payung refresh --dry-run`: what the release would be, and what stands against it.

Belongs here: running the build, comparing it with the current release, and removing it again.
Does not belong here: the ordinary refresh (run.py) and showing the difference (diff_shown.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assets import kept_staging
from assets.inputs import Home, unchanged
from assets.lock import take_lock
from pipelines.failures import RefreshError
from pipelines.run import JOB_REFRESH, check_space, fetch, run_job

if TYPE_CHECKING:
    from assets.resource import Listener
    from sources.online import FetchReport
    from warehouse.diff import Diff
    from warehouse.tolerance import Exceeded


@dataclass(frozen=True)
class DryRun:
    """What a refresh would do. `unchanged`: the release that stands, where nothing is new.

    `diff`: against the current release, None where there is none. `failed`: checks that block; `exceeded`: tolerances.
    """

    seconds: float
    unchanged: Path | None = None
    diff: Diff | None = None
    failed: list[str] = field(default_factory=list)
    exceeded: list[Exceeded] = field(default_factory=list)

    @property
    def would_publish(self) -> bool:
        """Whether a refresh would publish a release, without anybody accepting anything."""
        return self.unchanged is None and not self.failed and not self.exceeded


def dry_run(
    home: Path,
    force: bool = False,
    progress: Listener | None = None,
    online: bool = False,
    sources: Sequence[str] = (),
    on_fetched: Callable[[list[FetchReport]], None] = lambda _: None,
) -> DryRun:
    """Builds and audits as `run.refresh` does, and compares with the current release; publishes nothing.

    What providers are asked for with `online` is kept, as by any fetch. Raises what a refresh raises, but for an audit
    that fails, which is told in the answer.
    """
    started = time.monotonic()
    lock = take_lock(home)
    place = Home(home)
    try:
        if online:
            on_fetched(fetch(home, force, progress, sources))
        standing = None if force else unchanged(place)
        if standing is not None:
            return DryRun(time.monotonic() - started, standing)
        check_space(home)
        kept_staging.warm_up(place.snapshots)
        run_job(home, progress, JOB_REFRESH, force=force, dry_run=True)
        from assets.release import against_current
        from warehouse.engine import Build
        from warehouse.release import blocking

        builds = sorted(place.builds.iterdir(), key=lambda p: p.stat().st_mtime)
        if not builds:
            raise RefreshError("The run ended without a build; see `payung ui` for its log.")
        build = Build(builds[-1])
        diff, exceeded = against_current(place, build)
        return DryRun(time.monotonic() - started, None, diff, blocking(build), exceeded)
    finally:
        for left in place.builds.glob("*"):
            shutil.rmtree(left, ignore_errors=True)
        lock.release()
