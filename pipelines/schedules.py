"""The schedules: one for each online provider, from the calendar in sources/providers/*.yaml, and a weekly refresh.

A new provider's YAML defines its job and its schedule; nothing is edited here. All schedules are off until a user turns
them on. A provider's job refreshes the whole set with what the provider published, so that new figures appear without a
second click; if nothing changed, no release is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from pipelines.jobs import online_providers, provider_config, provider_tags
from sources.provider_spec import Calendar, ProviderSpec

ZONE = "Asia/Jakarta"
# One hour before the weekly refresh, which then includes new downloads; runs wait for one another in the queue.
HOUR = 5
EVERY_MONTH = tuple(range(1, 13))


def times(calendar: Calendar) -> list[str]:
    """Cron lines: every Monday in the release months, and the first day of all other months.

    If the release months are unknown, the first day of each month. Revisions between releases are found within a month.
    """
    months = sorted(set(calendar.months))
    others = [m for m in EVERY_MONTH if m not in months]
    lines = [f"0 {HOUR} * {_months(months)} 1"] if months else []
    return [*lines, f"0 {HOUR} 1 {_months(others)} *"] if others else lines


def _months(months: Iterable[int]) -> str:
    chosen = list(months)
    return "*" if len(chosen) == len(EVERY_MONTH) else ",".join(str(m) for m in chosen)


def schedule_name(provider: str) -> str:
    """The name of a provider's schedule."""
    return f"{provider}_by_calendar"


def _description(calendar: Calendar) -> str:
    how = "every Monday in its release months, monthly otherwise" if calendar.months else "monthly"
    overdue = f" Overdue after {calendar.late_after_days} days." if calendar.late_after_days else ""
    return (
        f"Downloads {how}, at {HOUR}:00 Jakarta time. Off until a user turns it on. Provider's calendar: "
        f"{calendar.frequency.replace('_', ' ')}. {calendar.note}{overdue}"
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
    """A schedule for each online provider, in the order of their names. `jobs`: by provider."""
    return [_schedule(spec, jobs[spec.provider]) for spec in online_providers()]


def weekly(job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The weekly refresh from stored snapshots, the inbox and the definitions."""
    return dg.ScheduleDefinition(
        name="refresh_weekly",
        job=job,
        cron_schedule=f"0 {HOUR + 1} * * 1",
        execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Refreshes every Monday at {HOUR + 1}:00 Jakarta time, without downloads: uses new files in the inbox "
        "and changed definitions. Off until a user turns it on. Makes no release if nothing changed.",
    )
