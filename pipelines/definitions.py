"""The graph with its resource, jobs, schedules and sensors: what `payung refresh` runs and what the UI shows."""

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
from pipelines.home import home
from pipelines.refresh import JOB_FETCH, JOB_REFRESH
from pipelines.schedules import provider_schedules, weekly
from pipelines.sensors import log_failed_run, tell_of_run

JOB, FETCH = JOB_REFRESH, JOB_FETCH

refresh_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    description="The main job: raw, staged, harmonised, indicator set, baseline, audit, release.",
)

fetch_job = dg.define_asset_job(
    FETCH,
    selection=dg.AssetSelection.groups("raw"),
    description="Asks the providers and keeps what is whole and new; publishes nothing. Config `sources` names some.",
    config={"resources": {"workplace": {"config": {"online": True}}}},
)

refresh_online_job = dg.define_asset_job(
    "refresh_online",
    selection=dg.AssetSelection.all(),
    description="The main job, the providers asked first.",
    config={"resources": {"workplace": {"config": {"online": True}}}},
)

provider_jobs, provider_calendars = provider_schedules()


def build_defs(folder: Path | None = None) -> dg.Definitions:
    """The definitions for one home folder; tests give their own."""
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
        jobs=[refresh_job, fetch_job, refresh_online_job, *provider_jobs],
        schedules=[weekly(refresh_job), *provider_calendars],
        sensors=[log_failed_run, tell_of_run],
        resources={"workplace": Workplace.configure_at_launch(home=str(folder or home()))},
        executor=dg.in_process_executor,
    )


defs = build_defs()
