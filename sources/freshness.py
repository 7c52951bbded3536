"""Overdue sources: compares the newest vintage with the calendar in sources/providers/NAME.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sources import registry
from sources.provider_spec import DatasetSpec, ProviderSpec

if TYPE_CHECKING:
    from sources.dataset_refresh import FetchReport


@dataclass(frozen=True)
class Freshness:
    """The age of one dataset's newest vintage, compared with its provider's calendar.

    `vintage`: the newest one, None if none is stored. `days`: its age. `allowed`: the age above which it is overdue,
    None if the calendar has no rule. `calendar`: its frequency, as text. `last_request`: time of the last request to
    the provider, None if there was none. `pinned`: the pinned revision.
    """

    provider: str
    dataset: str
    vintage: date | None
    days: int | None
    allowed: int | None
    calendar: str
    last_request: datetime | None = None
    pinned: str | None = None

    @property
    def path(self) -> str:
        """provider/dataset."""
        return f"{self.provider}/{self.dataset}"

    @property
    def is_late(self) -> bool:
        """True if the newest vintage is older than the calendar's rule; a dataset without vintage is not overdue."""
        return self.allowed is not None and self.days is not None and self.days > self.allowed

    @property
    def message(self) -> str:
        """One or two sentences: vintage, calendar, and the remedy if it is overdue."""
        if self.vintage is None or self.days is None:
            return "No vintage is stored."
        if self.days < 0:
            return f"Newest vintage {self.vintage} is dated {-self.days} days after today: check the machine's clock."
        if self.allowed is None:
            return f"Newest vintage {self.vintage}; its calendar ({self.calendar}) has no maximum age."
        message = (
            f"Newest vintage {self.vintage} is {self.days} days old; the maximum of its calendar ({self.calendar}) is "
            f"{self.allowed} days."
        )
        return message + (f" {self.advice}" if self.is_late else "")

    @property
    def advice(self) -> str:
        """The remedy for an overdue source."""
        if self.pinned is not None:
            return (
                f"{self.pinned} is pinned in sources/providers/{self.provider}.yaml: check whether a newer revision is "
                "published, and pin it there."
            )
        command = f"payung refresh --online --source {self.provider}"
        if self.last_request is None:
            return f"Not yet requested online; run {command}"
        return (
            f"Last request {self.last_request:%Y-%m-%d}. Run {command} again; without a newer vintage check the provider's "
            "release page."
        )


def freshness(
    dataset: DatasetSpec, newest: date | None, today: date, last_request: datetime | None = None
) -> Freshness:
    """The freshness of one dataset on a day. `newest`: its newest stored vintage.

    If the provider's file pins several revisions, the newest counts: older ones are stored on purpose and are not
    overdue by themselves.
    """
    provider = registry.provider(dataset.provider)
    pinned = _newest_pinned(provider) if dataset.edition is not None else None
    if newest is not None and pinned is not None and pinned.edition_date is not None:
        newest = max(newest, pinned.edition_date)
    calendar = provider.calendar
    return Freshness(
        dataset.provider,
        dataset.dataset,
        newest,
        None if newest is None else (today - newest).days,
        calendar.late_after_days,
        calendar.frequency.replace("_", " "),
        last_request,
        None if pinned is None else pinned.edition,
    )


def late_sources(sources: Iterable[Mapping[str, Any]], today: date, reports: Iterable[FetchReport]) -> list[Freshness]:
    """The datasets of a release that are overdue on a day, by path. `sources`: of the release's manifest."""
    vintages: dict[tuple[str, str], list[date]] = {}
    for source in sources:
        path = str(source["provider"]), str(source["dataset"])
        vintages.setdefault(path, []).append(date.fromisoformat(str(source["vintage_date"])))
    newest = {path: newest_vintage(days, today) for path, days in vintages.items()}
    last_requests = {(r.provider, r.dataset): r.at for r in reports}
    datasets = {(d.provider, d.dataset): d for p in registry.providers().values() for d in p.datasets}
    found = [
        freshness(datasets[p], day, today, last_requests.get(p))
        for p, day in sorted(newest.items())
        if p in datasets and day
    ]
    return [f for f in found if f.is_late]


def newest_vintage(vintages: Iterable[date], today: date) -> date | None:
    """The newest vintage that counts for freshness; None if there is none.

    A vintage dated after today comes from a clock that was ahead, and would hide an overdue source: it counts only if
    there is no other.
    """
    days = list(vintages)
    return max([d for d in days if d <= today] or days, default=None)


def _newest_pinned(provider: ProviderSpec) -> DatasetSpec | None:
    dated = [d for d in provider.datasets if d.edition_date is not None]
    return max(dated, key=lambda d: str(d.edition_date), default=None)
