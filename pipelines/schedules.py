"""WHEN: a schedule for each provider that can be asked (sources/providers/*.yaml), and the weekly refresh.

Belongs here: turning a provider's calendar into times.
Does not belong here: the calendars themselves (sources/providers/*.yaml), the jobs (jobs.py), what a run does (assets).

A new provider's YAML brings its job and its schedule; nothing is edited here. All schedules are off until somebody
turns them on. A provider's job refreshes the whole set with what it published, so that new figures appear without a
second click; where nothing changed, no release is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from pipelines.jobs import askable_providers, provider_config, provider_tags
from sources.provider_spec import Calendar, ProviderSpec

ZONE = "Asia/Jakarta"
# An hour before the weekly refresh, so that it finds what was published; runs wait for one another in the queue.
HOUR = 5
EVERY_MONTH = tuple(range(1, 13))


def times(calendar: Calendar) -> list[str]:
    """Cron lines: every Monday in the months of a release, on the first day of all other months.

    Where the months are not known a release may come in any: the first day of each month. Revisions between the
    releases are found within a month.
    """
    months = sorted(set(calendar.months))
    others = [m for m in EVERY_MONTH if m not in months]
    lines = [f"0 {HOUR} * {_months(months)} 1"] if months else []
    return [*lines, f"0 {HOUR} 1 {_months(others)} *"] if others else lines


def _months(months: Iterable[int]) -> str:
    chosen = list(months)
    return "*" if len(chosen) == len(EVERY_MONTH) else ",".join(str(m) for m in chosen)


def schedule_name(provider: str) -> str:
    """The schedule of that job."""
    return f"{provider}_by_calendar"


def _description(calendar: Calendar) -> str:
    how = "every Monday in its release months, monthly otherwise" if calendar.months else "monthly"
    late = f" Late after {calendar.late_after_days} days." if calendar.late_after_days else ""
    return (
        f"Asks {how}, at {HOUR} in Jakarta. Off until somebody turns it on. Its calendar: "
        f"{calendar.frequency.replace('_', ' ')}. {calendar.note}{late}"
    )


def _schedule(spec: ProviderSpec, job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=schedule_name(spec.provider),
        job=job,
        run_config=provider_config(spec),
        cron_schedule=times(spec.calendar),
        execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=_description(spec.calendar),
        tags=provider_tags(spec),
    )


def provider_schedules(jobs: Mapping[str, dg.UnresolvedAssetJobDefinition]) -> list[dg.ScheduleDefinition]:
    """A schedule for each provider that can be asked, in the order of their names. `jobs`: by provider."""
    return [_schedule(spec, jobs[spec.provider]) for spec in askable_providers()]


def weekly(job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The refresh from what is kept and put in, once a week."""
    return dg.ScheduleDefinition(
        name="refresh_weekly",
        job=job,
        cron_schedule=f"0 {HOUR + 1} * * 1",
        execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Every Monday at {HOUR + 1} in Jakarta, without asking a provider: files put into the inbox and "
        "changed definitions. Off until somebody turns it on. Makes no release where nothing changed.",
    )
