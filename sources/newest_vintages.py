"""Which snapshots make up the newest state, told from their manifests alone.

Belongs here: what a newer vintage replaces of an older one.
Does not belong here: the choice among harmonised values (warehouse), and keeping bytes (snapshots.py).
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
    """A snapshot of the newest state and the part of it that no newer vintage replaces."""

    manifest: Manifest
    series: frozenset[str]
    cells: frozenset[tuple[str, str]] | None = None

    @property
    def is_complete(self) -> bool:
        """True when every series (and area) that was asked for still stands."""
        if self.cells is not None:
            return len(self.cells) == len(set(self.manifest.series_asked)) * len(set(self.manifest.areas_asked))
        return len(self.series) == len(set(self.manifest.series_asked))

    def current_rows(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """For each row of the parsed table (columns series, ref_area) whether it belongs to the newest state."""
        import pandas as pd

        if not self.manifest.series_asked:
            return pd.Series(True, frame.index)
        if self.cells is None:
            return frame["series"].isin(self.series)
        return pd.Series(
            [pair in self.cells for pair in zip(frame["series"], frame["ref_area"], strict=True)], frame.index
        )


def current_snapshots(manifests: Iterable[Manifest], as_of: date | None = None) -> list[CurrentSnapshot]:
    """The snapshots that make up the newest state, each with the series (and areas) that are its own.

    Of each provider's dataset every series asked for belongs to the newest vintage that asked for it (methods.md
    section 6); with `supersedes: series_and_area` every pair of series and area does. Vintages of one date: the
    one fetched later. Records have no series: the newest snapshot replaces all others.
    `as_of` leaves out vintages after that date. Snapshots of which nothing is left are dropped.
    """
    groups: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        if as_of is None or manifest.vintage_date <= as_of:
            groups.setdefault((manifest.provider, manifest.dataset), []).append(manifest)
    current: list[CurrentSnapshot] = []
    for _, group in sorted(groups.items()):
        series_taken: set[str] = set()
        cells_taken: set[tuple[str, str]] = set()
        own: list[CurrentSnapshot] = []
        for m in sorted(group, key=lambda m: (m.vintage_date, m.fetched_at or "", m.snapshot_id), reverse=True):
            if not m.series_asked:
                if not own:
                    own.append(CurrentSnapshot(m, frozenset()))
            elif m.supersedes == "series_and_area":
                cells = {(s, a) for s in m.series_asked for a in m.areas_asked} - cells_taken
                cells_taken |= cells
                if cells:
                    own.append(CurrentSnapshot(m, frozenset(s for s, _ in cells), frozenset(cells)))
            else:
                series = set(m.series_asked) - series_taken
                series_taken |= series
                if series:
                    own.append(CurrentSnapshot(m, frozenset(series)))
        current.extend(reversed(own))
    return current


def unreplaced_snapshots(manifests: Sequence[Manifest]) -> list[Manifest]:
    """The snapshots without those that a later fetch of the same vintage date replaces whole.

    So the provider's own bytes stand instead of an answer rebuilt for the same release, and the second fetch of a day
    instead of the first. A snapshot stays when it asked for a series or an area that the later one did not.
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
