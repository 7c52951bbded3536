"""The refresh, as `payung refresh` runs it: fetch, build and publish, or skip where nothing is new.

Belongs here: the lock, what is checked first, the order of the jobs, and the notices at the end.
Does not belong here: the graph (assets), running one job (job_run.py), options of the command line (cli/refresh.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assets import staging_workers
from assets.altered_snapshots import SetAsideError, refuse_altered
from assets.home import Home
from assets.refresh_lock import locked
from assets.release_inputs import unchanged
from indicator_defs.errors import PayungError
from pipelines.home_snapshots import retire_old
from pipelines.job_run import run_job
from pipelines.jobs import FETCH, REFRESH
from pipelines.notices import failed_run, notify_of_results
from pipelines.run_failures import RefreshError, failed_at, write_failure, write_recovery
from sources.shipped_archive import shipped_archive
from warehouse.release.release_folders import DamagedError, Releases, read_manifest

if TYPE_CHECKING:
    from assets.progress_listeners import Listener
    from sources.dataset_refresh import FetchReport

    OnFetched = Callable[[list[FetchReport]], None]

LEAST_FREE = 150_000_000  # bytes; a release of the shipped archive takes 30 MB, its build as much again


@dataclass(frozen=True)
class RefreshRequest:
    """What a refresh is to do.

    `force`: although nothing changed. `online`: the providers first (only `sources`, when some are named). `accept`:
    why a release may go beyond the tolerances of the catalogue; `accepted_by`: who says so.
    """

    force: bool = False
    online: bool = False
    sources: tuple[str, ...] = ()
    accept: str = ""
    accepted_by: str = ""


@dataclass(frozen=True)
class RefreshOutcome:
    """What a refresh did: the release that is current now, whether it is new, and the notices that could not be sent."""

    release: Path
    is_new: bool
    seconds: float
    fetched: list[FetchReport] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)

    @property
    def all_failed(self) -> bool:
        """Whether providers were asked and none of their datasets came."""
        return all_failed(self.fetched)


def all_failed(fetched: list[FetchReport]) -> bool:
    """Whether providers were asked and none of their datasets came."""
    return bool(fetched) and all(r.outcome == "failed" for r in fetched)


def ignore_reports(_: list[FetchReport]) -> None:
    """Does nothing with the reports of the fetches."""


def refresh(
    home: Home, request: RefreshRequest, progress: Listener | None = None, on_fetched: OnFetched = ignore_reports
) -> RefreshOutcome:
    """Runs the main job on `home` unless nothing is new; returns what it did.

    A dataset that cannot be fetched keeps its last good snapshot and the refresh goes on; the reports are in the
    outcome, and `on_fetched` gets them before anything is built.

    Raises LockedError when another refresh runs, AuditError when a check blocks, and RefreshError (or the
    PayungError of the asset that failed) otherwise; in all of these cases nothing was published.
    """
    started = time.monotonic()
    fetched: list[FetchReport] = []
    with locked(home.path):
        try:
            check_snapshots(home)
            fetched = fetch(home, request, progress) if request.online else []
            on_fetched(fetched)
            release = None if request.force else unchanged(home)
            is_new = release is None
            if release is None:
                build(home, request, progress)
                retire_old(home)
                release = Releases(home.path).current()
            else:
                write_recovery(home.log)
            if release is None:
                raise RefreshError("The run ended without a release; see `payung ui` for its log.")
            undelivered = notify_of_results(home, fetched, release if is_new else None)
        except PayungError as error:
            for problem in notify_of_results(home, fetched, failures=[failed_run("payung refresh", str(error))]):
                error.add_note(problem)  # the command line shows it below the error
            raise
    return RefreshOutcome(release, is_new, time.monotonic() - started, fetched, undelivered)


def build(home: Home, request: RefreshRequest, progress: Listener | None, dry_run: bool = False) -> None:
    """Runs the main job; with `dry_run` its build is left behind and nothing is published."""
    check_space(home)
    try:
        staging_workers.workers().begin_shipped(home.snapshots, shipped_archive())
        run_job(
            home,
            progress,
            REFRESH,
            force=request.force,
            dry_run=dry_run,
            accept=request.accept,
            accepted_by=request.accepted_by,
        )
    finally:
        staging_workers.workers().stop()


def check_snapshots(home: Home) -> None:
    """Sets altered snapshots aside. Raises RefreshError where there are any, after a line in failures.log."""
    try:
        refuse_altered(home)
    except SetAsideError as error:
        with suppress(OSError):  # a log that cannot be written does not keep the error from being shown
            write_failure(home.log, REFRESH, error.asset, str(error), "not begun")
        raise failed_at(error.asset, str(error)) from error


def check_space(home: Home) -> None:
    """Refuses to start where the disk would fill up: a build, a release and what the engine spills."""
    current = Releases(home.path).current()
    try:
        last = sum(f["bytes"] for f in read_manifest(current)["files"].values()) if current is not None else 0
    except DamagedError:  # the new release mends it; how much that takes is not known then
        last = 0
    needed = max(LEAST_FREE, 4 * last)
    free = shutil.disk_usage(home.path).free
    if free < needed:
        raise RefreshError(
            f"Only {free / 1e6:,.0f} MB are free for {home.path}; a refresh needs about {needed / 1e6:,.0f} MB. Free some "
            "space, or set PAYUNG_HOME to a folder on another disk. Nothing was changed; the last release is in place."
        )


def fetch(home: Home, request: RefreshRequest, progress: Listener | None) -> list[FetchReport]:
    """Runs the job that asks the providers; the reports of the datasets request."""
    from assets.online_fetch import last_reports
    from sources.dataset_refresh import downloadable_datasets

    sources = list(request.sources)
    datasets = {(d.provider, d.dataset) for d in downloadable_datasets(sources)}
    run_job(home, progress, FETCH, online=True, sources=sources, force=request.force)
    return [r for r in last_reports(home.path) if (r.provider, r.dataset) in datasets]
