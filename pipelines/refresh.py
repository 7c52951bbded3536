"""Runs the graph in this process, as `payung refresh` does, and tells what came of it.

Belongs here: skipping when nothing is new, the lock, progress, and turning a failed run into one clear message.
Does not belong here: the graph (assets) and options of the command line (commands/refresh.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assets import staging_cache
from assets.altered_snapshots import SetAsideError, refuse_altered
from assets.home import Home
from assets.refresh_lock import locked, not_writable
from assets.release_inputs import unchanged
from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from pipelines.home import prepare_dagster
from pipelines.kept_snapshots import retire_old
from pipelines.notices import after_run, failed_run
from pipelines.run_failures import RefreshError, failed_at, write_failure, write_recovery
from sources.shipped_archive import shipped_archive
from warehouse.release.release_folders import DamagedError, Releases, read_manifest

if TYPE_CHECKING:
    import dagster as dg

    from assets.workplace import Listener
    from sources.dataset_refresh import FetchReport

    OnFetched = Callable[[list[FetchReport]], None]

LEAST_FREE = 150_000_000  # bytes; a release of the shipped archive takes 30 MB, its build as much again

JOB_REFRESH, JOB_FETCH = "refresh", "fetch"
REPOSITORY = "__repository__"  # as Dagster names the definitions of a module


@dataclass(frozen=True)
class Asked:
    """How a refresh is asked for.

    `force`: although nothing changed. `online`: the providers first (only `sources`, when some are named). `accept`:
    why a release may go beyond the tolerances of the catalogue; `accepted_by`: who says so.
    """

    force: bool = False
    online: bool = False
    sources: tuple[str, ...] = ()
    accept: str = ""
    accepted_by: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a refresh did: the release that is current now, whether it is new, and what could not be told of it."""

    release: Path
    is_new: bool
    seconds: float
    fetched: list[FetchReport] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)

    @property
    def all_failed(self) -> bool:
        """Whether providers were asked and none of their datasets came."""
        return all_failed(self.fetched)


def all_failed(fetched: list[FetchReport]) -> bool:
    """Whether providers were asked and none of their datasets came."""
    return bool(fetched) and all(r.outcome == "failed" for r in fetched)


def nobody(_: list[FetchReport]) -> None:
    """Tells nobody of fetches."""


def refresh(home: Path, asked: Asked, progress: Listener | None = None, on_fetched: OnFetched = nobody) -> Outcome:
    """Runs the main job on `home` unless nothing is new; returns what it did.

    A dataset that cannot be fetched keeps its last good snapshot and the refresh goes on; the reports stand in the
    outcome, and `on_fetched` is told of them before anything is built.

    Raises LockedError when another refresh runs, AuditError when a check blocks, and RefreshError (or the
    PayungError of the asset that failed) otherwise; in all of these cases nothing was published.
    """
    started = time.monotonic()
    fetched: list[FetchReport] = []
    with locked(home):
        try:
            check_snapshots(home)
            fetched = fetch(home, asked, progress) if asked.online else []
            on_fetched(fetched)
            release = None if asked.force else unchanged(Home(home))
            is_new = release is None
            if release is None:
                build(home, asked, progress)
                retire_old(home)
                release = Releases(home).current()
            else:
                write_recovery(home / "log")
            if release is None:
                raise RefreshError("The run ended without a release; see `payung ui` for its log.")
            not_told = after_run(home, fetched, release if is_new else None)
        except PayungError as error:
            for untold in after_run(home, fetched, failures=[failed_run("payung refresh", str(error))]):
                error.add_note(untold)  # the command line shows it below the error
            raise
    return Outcome(release, is_new, time.monotonic() - started, fetched, not_told)


def build(home: Path, asked: Asked, progress: Listener | None, dry_run: bool = False) -> None:
    """Runs the main job; with `dry_run` its build is left behind and nothing is published."""
    check_space(home)
    try:
        staging_cache.begin_shipped(Home(home).snapshots, shipped_archive())
        run_job(
            home,
            progress,
            JOB_REFRESH,
            force=asked.force,
            dry_run=dry_run,
            accept=asked.accept,
            accepted_by=asked.accepted_by,
        )
    finally:
        staging_cache.stop()


def check_snapshots(home: Path) -> None:
    """Sets altered snapshots aside. Raises RefreshError where there are any, which stands in failures.log too."""
    try:
        refuse_altered(Home(home))
    except SetAsideError as error:
        with suppress(OSError):  # a log that cannot be written does not keep the error from being shown
            write_failure(home / "log", JOB_REFRESH, error.asset, str(error), "not begun")
        raise failed_at(error.asset, str(error)) from error


def check_space(home: Path) -> None:
    """Refuses to start where the disk would fill up: a build, a release and what the engine spills beside them."""
    current = Releases(home).current()
    try:
        last = sum(f["bytes"] for f in read_manifest(current)["files"].values()) if current is not None else 0
    except DamagedError:  # the new release mends it; how much that takes is not known then
        last = 0
    needed = max(LEAST_FREE, 4 * last)
    free = shutil.disk_usage(home).free
    if free < needed:
        raise RefreshError(
            f"Only {free / 1e6:,.0f} MB are free for {home}; a refresh needs about {needed / 1e6:,.0f} MB. Free some "
            "space, or set PAYUNG_HOME to a folder on another disk. Nothing was changed; the last release is in place."
        )


def fetch(home: Path, asked: Asked, progress: Listener | None) -> list[FetchReport]:
    """Runs the job that asks the providers; the reports of the datasets asked."""
    from assets.online_fetch import last_reports
    from sources.dataset_refresh import askable

    sources = list(asked.sources)
    datasets = {(d.provider, d.dataset) for d in askable(sources)}
    run_job(home, progress, JOB_FETCH, online=True, sources=sources, force=asked.force)
    return [r for r in last_reports(home) if (r.provider, r.dataset) in datasets]


def end_dead_runs(instance: dg.DagsterInstance, also_of_ui: bool = False) -> int:
    """Marks runs whose process was killed as failed; returns how many. Only with the lock held.

    Such a run would count as under way for ever, and runs of the UI would wait for it in the queue. `also_of_ui`: not
    only those of the command line; only while no web interface of this home is open.
    """
    import dagster as dg

    from pipelines.sensors import TOLD

    under_way = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    tags = None if also_of_ui else {TOLD: "yes"}
    dead = instance.get_runs(dg.RunsFilter(tags=tags, statuses=under_way))
    for run in dead:
        instance.report_run_failed(run, "The process of this run ended before the run did.")
    return len(dead)


def _show_in_timeline(instance: dg.DagsterInstance, job: str) -> None:
    """Lets the next run of this instance say which code location its job is of, as a run of the web interface does.

    Overview and the list of jobs leave out a run that does not; Dagster's own way to run a job in this process has no
    parameter for it.
    """
    from functools import partial

    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    from pipelines.web_processes import DEFINITIONS

    location = RegisteredCodeLocationOrigin(DEFINITIONS)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), job)
    with_origin = partial(instance.create_run_for_job, remote_job_origin=origin)
    instance.create_run_for_job = with_origin


def run_job(home: Path, progress: Listener | None, name: str, **workplace: object) -> None:
    """Runs one job in this process with this config of the workplace; RefreshError or AuditError when it fails."""
    settings.set_variables(PAYUNG_HOME=str(home))
    try:
        prepare_dagster(home / "dagster")
    except OSError as error:
        raise not_writable(home, error) from error
    import dagster as dg
    from sqlalchemy.exc import SQLAlchemyError

    from assets.site import SITE
    from assets.workplace import listen, unlisten
    from pipelines.definitions import build_defs
    from pipelines.schedule_ticks import end_waiting
    from pipelines.sensors import TOLD, first_failure

    job = build_defs(home).resolve_job_def(name)
    if progress is not None:
        listen(progress)
    try:
        with dg.DagsterInstance.get() as instance:
            end_dead_runs(instance)
            end_waiting(instance)
            _show_in_timeline(instance, name)
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                tags={TOLD: "yes"},
                # The site is left to the schedules and to `payung export`: here somebody is waiting.
                asset_selection=sorted(job.asset_layer.selected_asset_keys - {SITE}),
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "resources": {"workplace": {"config": workplace}},
                },
            )
    except (OSError, SQLAlchemyError) as error:
        raise RefreshError(
            f"The run's log could not be written in {home / 'dagster'}: {getattr(error, 'orig', None) or error}. "
            "Free some space or make the folder writable. Nothing was published; what was published before stays in place."
        ) from error
    finally:
        if progress is not None:
            unlisten(progress)
    if not result.success:
        failure = first_failure(result.all_events)
        write_failure(home / "log", name, failure.asset, failure.reason, result.run_id)
        raise failure.as_error()
