"""Selects the snapshots of a build: all of them, or those published by a date.

warehouse/sql/lineage/series_vintage.sql then selects the snapshot for each series.

Weights are not limited by the date (docs/methods.md, Vintages and revisions): a build as of a date shows what was
published about an indicator at that date, with today's weights. Datasets of weights are used completely; from other
datasets, the series that only weights use are taken in every vintage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from indicator_defs.catalog import load_catalog
from indicator_defs.datasets import DatasetStructure
from sources.manifests import Manifest


@lru_cache(maxsize=1)
def weight_series() -> frozenset[str]:
    """The provider series that weights use and no indicator claims."""
    catalogue = load_catalog()
    return frozenset({s.series for s in catalogue.weight_series} - {c.series.code for c in catalogue.claims})


@dataclass(frozen=True)
class VintageCut:
    """The selection of a build as of a date; without a date, everything."""

    as_of: date | None = None

    def series(self, manifest: Manifest, structure: DatasetStructure) -> list[str] | None:
        """The series to use from a snapshot: None for all, an empty list if the snapshot is excluded."""
        if self.as_of is None or manifest.vintage_date <= self.as_of or structure.use == "weights":
            return None
        return sorted(set(manifest.series_asked) & weight_series())

    def weights_only(self, manifest: Manifest) -> bool:
        """Whether a snapshot is used only for weights, because it is later than the date."""
        return self.as_of is not None and manifest.vintage_date > self.as_of

    def used(self, manifests: Iterable[Manifest], structures: Iterable[DatasetStructure]) -> list[Manifest]:
        """The snapshots that the build is based on, of datasets with these structures."""
        by_dataset = {(s.provider, s.dataset): s for s in structures}
        with_structure = [(m, by_dataset.get((m.provider, m.dataset))) for m in manifests]
        return [m for m, structure in with_structure if structure is not None and self.series(m, structure) != []]
