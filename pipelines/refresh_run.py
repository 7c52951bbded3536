"""The refresh that `payung refresh` runs: download, build and publish, or nothing if no input changed.

Belongs here: the lock, the checks before the start, the order of the jobs, and the notices at the end.
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

LEAST_FREE = 150_000_000  # bytes; a release of the bundled archive takes 30 MB, and its build the same


@dataclass(frozen=True)
class RefreshRequest:
    """The options of a refresh.

    `force`: run even if no input changed. `online`: download first (only from `sources`, if any are named). `accept`:
    why a release may exceed the tolerances of the catalogue. `accepted_by`: who accepts it.
    """

    force: bool = False
    online: bool = False
    sources: tuple[str, ...] = ()
    accept: str = ""
    accepted_by: str = ""


@dataclass(frozen=True)
class RefreshOutcome:
    """The result of a refresh: the current release, whether it is new, and the notices that could not be sent."""

    release: Path
    is_new: bool
    seconds: float
    fetched: list[FetchReport] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)

    @property
    def all_failed(self) -> bool:
        """Whether datasets were requested and every download failed."""
        return all_failed(self.fetched)


def all_failed(fetched: list[FetchReport]) -> bool:
    """Whether datasets were requested and every download failed."""
    return bool(fetched) and all(r.outcome == "failed" for r in fetched)


def ignore_reports(_: list[FetchReport]) -> None:
    """Ignores the reports of the downloads."""


def refresh(
    home: Home, request: RefreshRequest, progress: Listener | None = None, on_fetched: OnFetched = ignore_reports
) -> RefreshOutcome:
    """Runs the main job on `home` unless nothing is new; returns the outcome.

    A dataset whose download fails keeps its last good snapshot, and the refresh continues; the reports are in the
    outcome, and `on_fetched` receives them before the build starts.

    Raises LockedError if another refresh runs, AuditError if a check blocks, and otherwise RefreshError or the
    PayungError of the asset that failed; in all of these cases nothing was published.
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
                raise RefreshError("The run ended without a release; `payung ui` shows its log.")
            undelivered = notify_of_results(home, fetched, release if is_new else None)
        except PayungError as error:
            for problem in notify_of_results(home, fetched, failures=[failed_run("payung refresh", str(error))]):
                error.add_note(problem)  # the command line shows it below the error
            raise
    return RefreshOutcome(release, is_new, time.monotonic() - started, fetched, undelivered)


def build(home: Home, request: RefreshRequest, progress: Listener | None, dry_run: bool = False) -> None:
    """Runs the main job; with `dry_run` it keeps the build and publishes nothing."""
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
    """Sets altered snapshots aside. If there are any, writes to failures.log and raises RefreshError."""
    try:
        refuse_altered(home)
    except SetAsideError as error:
        with suppress(OSError):  # the error is shown even if the log cannot be written
            write_failure(home.log, REFRESH, error.asset, str(error), "not started")
        raise failed_at(error.asset, str(error)) from error


def check_space(home: Home) -> None:
    """Raises RefreshError if the disk lacks space for a build, a release and the engine's temporary files."""
    current = Releases(home.path).current()
    try:
        last = sum(f["bytes"] for f in read_manifest(current)["files"].values()) if current is not None else 0
    except DamagedError:  # its size is unknown; the new release repairs it
        last = 0
    needed = max(LEAST_FREE, 4 * last)
    free = shutil.disk_usage(home.path).free
    if free < needed:
        raise RefreshError(
            f"Only {free / 1e6:,.0f} MB are free for {home.path}; a refresh needs about {needed / 1e6:,.0f} MB. Free some "
            "space, or set PAYUNG_HOME to a folder on another disk. Nothing was changed."
        )


def fetch(home: Home, request: RefreshRequest, progress: Listener | None) -> list[FetchReport]:
    """Runs the job that downloads from the providers; returns the reports of the requested datasets."""
    from assets.online_fetch import last_reports
    from sources.dataset_refresh import downloadable_datasets

    sources = list(request.sources)
    datasets = {(d.provider, d.dataset) for d in downloadable_datasets(sources)}
    run_job(home, progress, FETCH, online=True, sources=sources, force=request.force)
    return [r for r in last_reports(home.path) if (r.provider, r.dataset) in datasets]
