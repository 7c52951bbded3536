"""Runs one job of the graph in this process: Dagster's instance, its dead runs, and one message for a failed run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.home import Home
from assets.refresh_lock import not_writable
from indicator_defs.system import files, settings
from pipelines.dagster_home import prepare_dagster
from pipelines.run_failures import NOTHING_PUBLISHED, RefreshError, write_failure

if TYPE_CHECKING:
    import dagster as dg

    from assets.progress_listeners import Listener

REPOSITORY = "__repository__"  # Dagster's name for the definitions of a module


def end_dead_runs(instance: dg.DagsterInstance, also_of_ui: bool = False) -> int:
    """Marks runs whose process was killed as failed and returns how many. The caller must hold the lock.

    Otherwise such a run would remain in progress for ever, and runs of the UI would wait for it in the queue.
    `also_of_ui`: include runs of the web interface; only while none is open for this home.
    """
    import dagster as dg

    from pipelines.run_events import COMMAND_LINE_TAGS

    in_progress = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    filters: list[dict[str, str] | None] = [None] if also_of_ui else [{tag: "yes"} for tag in COMMAND_LINE_TAGS]
    dead = [run for tags in filters for run in instance.get_runs(dg.RunsFilter(tags=tags, statuses=in_progress))]
    for run in dead:
        instance.report_run_failed(run, "The process of this run ended before the run did.")
    return len(dead)


def _show_in_timeline(instance: dg.DagsterInstance, job: str) -> None:
    """Gives the next run of this instance the code location of its job, as runs of the web interface have it.

    Without it the overview and the list of jobs do not show the run. Dagster's function that runs a job in this process
    has no parameter for it.
    """
    from functools import partial

    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    from pipelines.web_processes import DEFINITIONS

    location = RegisteredCodeLocationOrigin(DEFINITIONS)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), job)
    with_origin = partial(instance.create_run_for_job, remote_job_origin=origin)
    instance.create_run_for_job = with_origin


def run_job(home: Home, progress: Listener | None, name: str, **workplace: object) -> None:
    """Runs one job in this process with this config of the workplace. Raises RefreshError or AuditError if it fails."""
    settings.set_variables(PAYUNG_HOME=str(home.path))
    try:
        prepare_dagster(home.dagster)
    except OSError as error:
        raise not_writable(home.path, error) from error
    import dagster as dg
    from sqlalchemy.exc import SQLAlchemyError

    from assets.progress_listeners import add_listener, remove_listener
    from assets.site import SITE
    from pipelines.definitions import build_defs
    from pipelines.run_events import NOTIFIED_TAG, first_failure
    from pipelines.schedule_ticks import end_waiting

    job = build_defs(home.path).resolve_job_def(name)
    if progress is not None:
        add_listener(progress)
    try:
        with dg.DagsterInstance.get() as instance:
            end_dead_runs(instance)
            end_waiting(instance)
            _show_in_timeline(instance, name)
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                tags={NOTIFIED_TAG: "yes"},
                # Without the site, because a user is waiting: schedules and `payung export` make it.
                asset_selection=sorted(job.asset_layer.selected_asset_keys - {SITE}),
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "resources": {"workplace": {"config": workplace}},
                },
            )
    except (OSError, SQLAlchemyError) as error:
        raise RefreshError(
            f"The run's log could not be written in {home.dagster}: {getattr(error, 'orig', None) or error}. "
            f"{files.WRITE_REMEDY} {NOTHING_PUBLISHED}"
        ) from error
    finally:
        if progress is not None:
            remove_listener(progress)
    if not result.success:
        failure = first_failure(result.all_events)
        write_failure(home.log, name, failure.asset, failure.reason, result.run_id)
        raise failure.as_error()
