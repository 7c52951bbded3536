"""Which series and areas of each snapshot are current, determined from the manifests only.

Belongs here: which series and areas of an older vintage a newer one replaces.
Does not belong here: the choice among harmonised values (warehouse), and storing bytes (snapshots.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sources.manifests import Manifest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CurrentSnapshot:
    """A snapshot, and its series (and cells: pairs of series and area) that no newer vintage replaces."""

    manifest: Manifest
    series: frozenset[str]
    cells: frozenset[tuple[str, str]] | None = None

    @property
    def is_complete(self) -> bool:
        """True if no requested series (or area) of the snapshot is replaced."""
        if self.cells is not None:
            return len(self.cells) == len(set(self.manifest.series_asked)) * len(set(self.manifest.areas_asked))
        return len(self.series) == len(set(self.manifest.series_asked))

    def current_rows(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """For each row of the parsed table (columns series, ref_area) whether no newer vintage replaces it."""
        import pandas as pd

        if not self.manifest.series_asked:
            return pd.Series(True, frame.index)
        if self.cells is None:
            return frame["series"].isin(self.series)
        return pd.Series(
            [pair in self.cells for pair in zip(frame["series"], frame["ref_area"], strict=True)], frame.index
        )


def current_snapshots(manifests: Iterable[Manifest], as_of: date | None = None) -> list[CurrentSnapshot]:
    """The current snapshots, each with its current series (and areas).

    Each series of a dataset is current in the newest vintage that requested it (docs/methods.md, Vintages and
    revisions); with `supersedes: series_and_area` this holds for each pair of series and area. Of vintages with one
    date the one downloaded later counts. Records have no series: the newest snapshot replaces all others.
    `as_of` leaves out vintages after that date. Snapshots without current series are left out.
    """
    groups: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        if as_of is None or manifest.vintage_date <= as_of:
            groups.setdefault((manifest.provider, manifest.dataset), []).append(manifest)
    current: list[CurrentSnapshot] = []
    for _, group in sorted(groups.items()):
        newer_series: set[str] = set()
        newer_cells: set[tuple[str, str]] = set()
        own: list[CurrentSnapshot] = []
        for m in sorted(group, key=lambda m: (m.vintage_date, m.fetched_at or "", m.snapshot_id), reverse=True):
            if not m.series_asked:
                if not own:
                    own.append(CurrentSnapshot(m, frozenset()))
            elif m.supersedes == "series_and_area":
                cells = {(s, a) for s in m.series_asked for a in m.areas_asked} - newer_cells
                newer_cells |= cells
                if cells:
                    own.append(CurrentSnapshot(m, frozenset(s for s, _ in cells), frozenset(cells)))
            else:
                series = set(m.series_asked) - newer_series
                newer_series |= series
                if series:
                    own.append(CurrentSnapshot(m, frozenset(series)))
        current.extend(reversed(own))
    return current


def unreplaced_snapshots(manifests: Sequence[Manifest]) -> list[Manifest]:
    """The snapshots without those that a later download with the same vintage date replaces completely.

    A provider's own bytes replace an answer rebuilt for the same release, and the second download of a day replaces the
    first. A snapshot stays if it requested a series or an area that the later one did not.
    """

    def replaced(old: Manifest) -> bool:
        return any(
            (new.provider, new.dataset, new.vintage_date) == (old.provider, old.dataset, old.vintage_date)
            and (new.fetched_at or "") > (old.fetched_at or "")
            and set(new.series_asked) >= set(old.series_asked)
            and set(new.areas_asked) >= set(old.areas_asked)
            for new in manifests
        )

    return [m for m in manifests if m.origin == "inbox" or not replaced(m)]
