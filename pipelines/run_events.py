"""What a run's events say: why it failed, what was fetched, what was published.

Does not belong here: what is made of it: notices (notices.py) and the file of failures (run_failures.py), both without
dagster.
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
# Bears a run of the command line, which writes its notices itself.
NOTIFIED_TAG = "payung/told"
INTERRUPTED = "DagsterExecutionInterruptedError"


@dataclass(frozen=True)
class RunFailure:
    """Where a run failed and why, in words for its users."""

    asset: str
    reason: str
    is_audit: bool = False

    def as_error(self) -> PayungError:
        """The error that the command line shows."""
        if self.is_audit:
            return AuditError(self.reason)
        return failed_at(self.asset, self.reason)


def first_failure(events: Iterable[dg.DagsterEvent]) -> RunFailure:
    """The first failed asset among a run's events, or the start of the run where none was reached."""
    start = RunFailure("the start of the run", "it failed before its first asset; `payung ui` shows its log")
    for event in events:
        if event.is_step_failure:
            return _failure((event.step_key or "?").replace("__", "/"), event.step_failure_data.error)
        if event.is_job_failure and event.job_failure_data.error is not None:
            start = _failure(start.asset, event.job_failure_data.error)
    return start


def _failure(asset: str, error: dg.SerializableErrorInfo | None) -> RunFailure:
    # The outermost error of our own says what to do; where there is none, the innermost says what happened.
    while error is not None and error.cause is not None and not error.message.startswith(OURS):
        error = error.cause
    if error is None:
        return RunFailure(asset, "no reason was given")
    kind, _, text = error.message.strip().partition(": ")
    if kind.endswith(f".{TableError.__name__}"):  # one step makes many tables; the error says which could not be made
        name, _, text = text.partition(": ")
        asset = name.replace(".", "/")
    if kind.endswith(INTERRUPTED):
        return RunFailure(asset, "interrupted: by Ctrl-C, or because its process was asked to end. Start it again.")
    # Our own errors speak for themselves; of others the kind of error matters too.
    reason = text if kind.startswith(OURS) else error.message.strip()
    return RunFailure(asset, reason, kind.endswith(f".{AuditError.__name__}"))


def run_results(instance: dg.DagsterInstance, run_id: str) -> tuple[list[FetchReport], str | None]:
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
