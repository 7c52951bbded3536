"""The Dagster definitions: assets, jobs, schedules, sensors and the resource, as one list of each."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from assets.computed import computed_assets
from assets.fetch_table import fetch_table
from assets.previous_release import previous_value
from assets.raw import raw_assets
from assets.reference import catalogue
from assets.release import check_result, warehouse
from assets.site import site
from assets.staged import datasets_together, staged_assets
from assets.workplace import Workplace
from pipelines.home_folder import find_home
from pipelines.jobs import REFRESH, main_jobs, provider_jobs
from pipelines.schedules import provider_schedules, weekly
from pipelines.sensors import log_failed_run, notify_of_run


def build_defs(folder: Path | None = None) -> dg.Definitions:
    """The definitions for one home folder; tests pass their own folder."""
    jobs, jobs_by_provider = main_jobs(), provider_jobs()
    return dg.Definitions(
        assets=[
            *raw_assets,
            catalogue,
            *staged_assets,
            datasets_together,
            fetch_table,
            previous_value,
            computed_assets,
            check_result,
            warehouse,
            site,
        ],
        jobs=[*jobs.values(), *jobs_by_provider.values()],
        schedules=[weekly(jobs[REFRESH]), *provider_schedules(jobs_by_provider)],
        sensors=[log_failed_run, notify_of_run],
        resources={"workplace": Workplace.configure_at_launch(home=str(folder or find_home().path))},
        executor=dg.in_process_executor,
    )


defs = build_defs()
