"""The sensors that tell of runs of the UI and of schedules, and what they read from a run's events.

Belongs here: reading a run's events (why it failed, what was fetched, what was published), and the sensors.
Does not belong here: the notices (notices.py), and the file of failures (run_failures.py), both without dagster.
Runs of the command line tell of themselves (pipelines/refresh.py) and bear the tag payung/told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg

from assets.raw import FETCH_REPORT
from assets.release import PUBLISHED, RELEASE
from assets.site import SITE, SITE_CHECK
from indicator_defs.errors import PayungError
from pipelines.home import home
from pipelines.notices import Notice, after_run, failed_run, site_not_made
from pipelines.run_failures import failed_at, write_failure
from sources.dataset_refresh import FetchReport
from warehouse.build.parallel import TableError
from warehouse.release.publish import AuditError
from warehouse.release.release_folders import Releases

OURS = ("indicator_defs.", "sources.", "warehouse.", "assets.", "pipelines.")
# Runs of the command line tell of their failure themselves.
TOLD = "payung/told"
INTERRUPTED = "DagsterExecutionInterruptedError"


@dataclass(frozen=True)
class Failure:
    """Where a run failed and why, in words for its users."""

    asset: str
    reason: str
    is_audit: bool = False

    def as_error(self) -> PayungError:
        """The error that the command line shows."""
        if self.is_audit:
            return AuditError(self.reason)
        return failed_at(self.asset, self.reason)


def first_failure(events: Iterable[dg.DagsterEvent]) -> Failure:
    """The first failed asset among a run's events, or the start of the run where none was reached."""
    start = Failure("the start of the run", "it failed before its first asset; `payung ui` shows its log")
    for event in events:
        if event.is_step_failure:
            return _failure((event.step_key or "?").replace("__", "/"), event.step_failure_data.error)
        if event.is_job_failure and event.job_failure_data.error is not None:
            start = _failure(start.asset, event.job_failure_data.error)
    return start


def _failure(asset: str, error: dg.SerializableErrorInfo | None) -> Failure:
    # The outermost error of our own says what to do; where there is none, the innermost says what happened.
    while error is not None and error.cause is not None and not error.message.startswith(OURS):
        error = error.cause
    if error is None:
        return Failure(asset, "no reason was given")
    kind, _, text = error.message.strip().partition(": ")
    if kind.endswith(f".{TableError.__name__}"):  # one step makes many tables; the error says which could not be made
        name, _, text = text.partition(": ")
        asset = name.replace(".", "/")
    if kind.endswith(INTERRUPTED):
        return Failure(asset, "interrupted: by Ctrl-C, or because its process was asked to end. Start it again.")
    # Our own errors speak for themselves; of others the kind of error matters too.
    reason = text if kind.startswith(OURS) else error.message.strip()
    return Failure(asset, reason, kind.endswith(f".{AuditError.__name__}"))


def what_came(instance: dg.DagsterInstance, run_id: str) -> tuple[list[FetchReport], str | None]:
    """What a run brought, from its events: the reports of its fetches, and the ID of the release it published."""
    reports: list[FetchReport] = []
    release = None
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.asset_materialization
        if made is None:
            continue
        report = made.metadata.get(FETCH_REPORT)
        if report is not None:
            reports.append(FetchReport.model_validate(report.value))
        if made.asset_key == RELEASE and made.metadata["outcome"].value == PUBLISHED:
            release = str(made.metadata["release"].value)
    return reports, release


def site_problem(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Why a run could not make the site of the release it published, from its events; None where nothing went wrong."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if entry.dagster_event is not None:
            made = entry.dagster_event.asset_check_evaluation_data
            if (made.asset_key, made.check_name) == (SITE, SITE_CHECK) and not made.passed:
                return str(made.description)
    return None


def _tell(context: dg.RunStatusSensorContext, failures: Sequence[Notice] = ()) -> None:
    reports, release = what_came(context.instance, context.dagster_run.run_id)
    folder = Releases(home()).find(release) if release is not None else None
    problem = site_problem(context.instance, context.dagster_run.run_id)
    told = [*failures, *([site_not_made(problem)] if problem is not None else [])]
    for unsaid in after_run(home(), reports, folder, told):
        context.log.error(unsaid)


@dg.run_failure_sensor(
    name="log_failed_run",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells when a run of the UI or of a schedule fails: log/failures.log, log/notices.log, and mail or "
    "webhook where configured (docs/notices.md).",
)
def log_failed_run(context: dg.RunFailureSensorContext) -> None:
    """Tells which job and asset failed, and why."""
    run = context.dagster_run
    if TOLD not in run.tags:
        failure = first_failure([*context.get_step_failure_events(), context.dagster_event])
        write_failure(home() / "log", run.job_name, failure.asset, failure.reason, run.run_id)
        _tell(context, [failed_run(f"{run.job_name} at {failure.asset} (run {run.run_id})", failure.reason)])


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="tell_of_run",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells what a run of the UI or of a schedule brought: new vintages, changes in place, withdrawn "
    "values, datasets that could not be fetched, late sources, a site that could not be made. log/notices.log, and mail "
    "or webhook where configured.",
)
def tell_of_run(context: dg.RunStatusSensorContext) -> None:
    """Tells what came of a run that succeeded."""
    if TOLD not in context.dagster_run.tags:
        _tell(context)
