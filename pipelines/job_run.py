"""Running one job of the graph in this process, with the log of its runs in the home.

Belongs here: Dagster's instance, its runs that died, and turning a failed run into one clear message.
Does not belong here: which job runs and when (refresh_run.py), the jobs (jobs.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.home import Home
from assets.refresh_lock import not_writable
from indicator_defs.system import settings
from pipelines.dagster_home import prepare_dagster
from pipelines.run_failures import RefreshError, write_failure

if TYPE_CHECKING:
    import dagster as dg

    from assets.progress_listeners import Listener

REPOSITORY = "__repository__"  # as Dagster names the definitions of a module


def end_dead_runs(instance: dg.DagsterInstance, also_of_ui: bool = False) -> int:
    """Marks runs whose process was killed as failed; returns how many. Only with the lock held.

    Such a run would count as under way for ever, and runs of the UI would wait for it in the queue. `also_of_ui`: not
    only those of the command line; only while no web interface of this home is open.
    """
    import dagster as dg

    from pipelines.run_events import NOTIFIED_TAG

    under_way = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    tags = None if also_of_ui else {NOTIFIED_TAG: "yes"}
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


def run_job(home: Home, progress: Listener | None, name: str, **workplace: object) -> None:
    """Runs one job in this process with this config of the workplace; RefreshError or AuditError when it fails."""
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
                # The site is left to the schedules and to `payung export`: here a user is waiting.
                asset_selection=sorted(job.asset_layer.selected_asset_keys - {SITE}),
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "resources": {"workplace": {"config": workplace}},
                },
            )
    except (OSError, SQLAlchemyError) as error:
        raise RefreshError(
            f"The run's log could not be written in {home.dagster}: {getattr(error, 'orig', None) or error}. "
            "Free some space or make the folder writable. Nothing was published; what was published before stays in place."
        ) from error
    finally:
        if progress is not None:
            remove_listener(progress)
    if not result.success:
        failure = first_failure(result.all_events)
        write_failure(home.log, name, failure.asset, failure.reason, result.run_id)
        raise failure.as_error()
