"""Whether a source is later than its own calendar allows.

Belongs here: measuring the newest vintage against the calendar of sources/providers/NAME.yaml.
Does not belong here: showing it (assets, pipelines) and asking the provider (dataset_refresh.py).
"""

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
    """The newest vintage of one dataset against its provider's calendar.

    `vintage`: the newest one, None where nothing is held. `days`: its age on the day asked about. `allowed`: the days
    after which the calendar counts it as late, None where there is no such rule. `calendar`: its frequency, in words.
    `last_request`: when the provider was last asked, None where it never was. `pinned`: the revision that is pinned.
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
        """True when the calendar has a rule and the newest vintage is older; nothing held is not late but missing."""
        return self.allowed is not None and self.days is not None and self.days > self.allowed

    @property
    def message(self) -> str:
        """One or two sentences: vintage, calendar, and what to do when it is late."""
        if self.vintage is None or self.days is None:
            return "No vintage is held."
        if self.days < 0:
            return f"Newest vintage {self.vintage} is dated {-self.days} days after today: check the machine's clock."
        if self.allowed is None:
            return f"Newest vintage {self.vintage}; its calendar ({self.calendar}) knows no lateness."
        message = (
            f"newest vintage {self.vintage} is {self.days} days old, its calendar ({self.calendar}) allows "
            f"{self.allowed}"
        )
        return f"{message[0].upper()}{message[1:]}." + (f" {self.advice}" if self.is_late else "")

    @property
    def advice(self) -> str:
        """What to do about a late source."""
        if self.pinned is not None:
            return (
                f"{self.pinned} is pinned in sources/providers/{self.provider}.yaml: look whether a newer revision is out, "
                "and pin it there."
            )
        ask = f"payung refresh --online --source {self.provider}"
        if self.last_request is None:
            return f"The provider was never asked from here: {ask}"
        return (
            f"Last asked on {self.last_request:%Y-%m-%d}. Ask again ({ask}); if nothing newer comes, look at the "
            "provider's release page."
        )


def freshness(
    dataset: DatasetSpec, newest: date | None, today: date, last_request: datetime | None = None
) -> Freshness:
    """The freshness of one dataset on a day. `newest`: its newest vintage that is held.

    A pinned revision is measured by the newest one that its provider's file pins: an older one beside it is held on
    purpose and never late by itself.
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
    """The datasets of a release that are late on a day, by path. `sources`: of the release's manifest."""
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
    """The newest vintage by which lateness is measured; None where there is none.

    One dated after today, which a clock that ran ahead leaves, would hide for long that the source is late: it counts
    only where there is no other.
    """
    days = list(vintages)
    return max([d for d in days if d <= today] or days, default=None)


def _newest_pinned(provider: ProviderSpec) -> DatasetSpec | None:
    dated = [d for d in provider.datasets if d.edition_date is not None]
    return max(dated, key=lambda d: str(d.edition_date), default=None)
