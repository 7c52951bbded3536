"""The results of a run, read from its events: why it failed, its downloads, and the release it published.

notices.py and run_failures.py use them, without dagster.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from assets.raw import FETCH_REPORT
from assets.release import PUBLISHED, RELEASE
from assets.site import SITE, SITE_CHECK
from indicator_defs.errors import PayungError
from pipelines.run_failures import failed_at
from sources.dataset_refresh import FetchReport
from warehouse.build.parallel import TableError
from warehouse.release.publish import AuditError

OURS = ("indicator_defs.", "sources.", "warehouse.", "assets.", "pipelines.")
# The tag of runs of the command line, which send their notices themselves.
NOTIFIED_TAG = "payung/notified"
FORMER_NOTIFIED_TAG = "payung/told"  # its former name, on runs that a home already has
COMMAND_LINE_TAGS = (NOTIFIED_TAG, FORMER_NOTIFIED_TAG)
INTERRUPTED = "DagsterExecutionInterruptedError"


@dataclass(frozen=True)
class RunFailure:
    """Where a run failed and why, as a message for users."""

    asset: str
    reason: str
    is_audit: bool = False

    def as_error(self) -> PayungError:
        """The error that the command line shows."""
        if self.is_audit:
            return AuditError(self.reason)
        return failed_at(self.asset, self.reason)


def first_failure(events: Iterable[dg.DagsterEvent]) -> RunFailure:
    """The first failed asset of a run, or the start of the run if it failed before its first asset."""
    start = RunFailure("the start of the run", "failed before its first asset; `payung ui` shows its log")
    for event in events:
        if event.is_step_failure:
            return _failure((event.step_key or "?").replace("__", "/"), event.step_failure_data.error)
        if event.is_job_failure and event.job_failure_data.error is not None:
            start = _failure(start.asset, event.job_failure_data.error)
    return start


def _failure(asset: str, error: dg.SerializableErrorInfo | None) -> RunFailure:
    # Payung's outermost error names the remedy; without one, the innermost error names the cause.
    while error is not None and error.cause is not None and not error.message.startswith(OURS):
        error = error.cause
    if error is None:
        return RunFailure(asset, "found no reason; `payung ui` shows its log")
    kind, _, text = error.message.strip().partition(": ")
    if kind.endswith(f".{TableError.__name__}"):  # one step makes many tables; the error names the one that failed
        name, _, text = text.partition(": ")
        asset = name.replace(".", "/")
    if kind.endswith(INTERRUPTED):
        return RunFailure(asset, "interrupted by Ctrl-C or by a signal to its process. Start it again.")
    # Payung's own messages are complete; for other errors the class is part of the reason.
    reason = text if kind.startswith(OURS) else error.message.strip()
    return RunFailure(asset, reason, kind.endswith(f".{AuditError.__name__}"))


def run_results(instance: dg.DagsterInstance, run_id: str) -> tuple[list[FetchReport], str | None]:
    """The reports of a run's downloads and the ID of the release it published, from its events."""
    reports: list[FetchReport] = []
    release = None
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        materialisation = entry.asset_materialization
        if materialisation is None:
            continue
        report = materialisation.metadata.get(FETCH_REPORT)
        if report is not None:
            reports.append(FetchReport.model_validate(report.value))
        if materialisation.asset_key == RELEASE and materialisation.metadata["outcome"].value == PUBLISHED:
            release = str(materialisation.metadata["release"].value)
    return reports, release


def site_problem(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Why a run could not make the site of its release, from its events; None if there was no problem."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if entry.dagster_event is not None:
            check = entry.dagster_event.asset_check_evaluation_data
            if (check.asset_key, check.check_name) == (SITE, SITE_CHECK) and not check.passed:
                return str(check.description)
    return None
