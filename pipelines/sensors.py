"""The sensors that send the notices of runs of the UI and of schedules.

Runs of the command line send their notices themselves (refresh_run.py) and have a tag of run_events.COMMAND_LINE_TAGS.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from assets.home import Home
from pipelines.home_folder import find_home
from pipelines.notices import Notice, failed_run, notify_of_results, site_not_made
from pipelines.run_events import COMMAND_LINE_TAGS, first_failure, run_results, site_problem
from pipelines.run_failures import write_failure
from warehouse.release.release_folders import Releases

# A home keeps the state of a sensor by its name; rename_sensor takes over that of the former name.
NOTIFY_OF_RUN, FORMER_NOTIFY_OF_RUN = "notify_of_run", "tell_of_run"


def _notify(context: dg.RunStatusSensorContext, home: Home, failures: Sequence[Notice] = ()) -> None:
    reports, release = run_results(context.instance, context.dagster_run.run_id)
    folder = Releases(home.path).find(release) if release is not None else None
    problem = site_problem(context.instance, context.dagster_run.run_id)
    notices = [*failures, *([site_not_made(problem)] if problem is not None else [])]
    for undelivered in notify_of_results(home, reports, folder, notices):
        context.log.error(undelivered)


@dg.run_failure_sensor(
    name="log_failed_run",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends a notice when a run of the UI or of a schedule fails: to log/failures.log, log/notices.log, and by "
    "mail or webhook if configured (docs/notices.md).",
)
def log_failed_run(context: dg.RunFailureSensorContext) -> None:
    """Sends the notices of a failed run: its job and asset, and the reason."""
    run = context.dagster_run
    if run.tags.keys().isdisjoint(COMMAND_LINE_TAGS):
        home = find_home()
        failure = first_failure([*context.get_step_failure_events(), context.dagster_event])
        write_failure(home.log, run.job_name, failure.asset, failure.reason, run.run_id)
        _notify(context, home, [failed_run(f"{run.job_name} at {failure.asset} (run {run.run_id})", failure.reason)])


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name=NOTIFY_OF_RUN,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends the notices of a successful run of the UI or of a schedule: new vintages, changes in place, "
    "withdrawn values, failed downloads, overdue sources, a site that could not be made. To log/notices.log, and by mail "
    "or webhook if configured.",
)
def notify_of_run(context: dg.RunStatusSensorContext) -> None:
    """Sends the notices of a successful run."""
    if context.dagster_run.tags.keys().isdisjoint(COMMAND_LINE_TAGS):
        _notify(context, find_home())
