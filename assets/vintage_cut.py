"""Which snapshots a build takes: all of them, or those that were published by a date.

Belongs here: the cut of a build as of a date, and the figures that it leaves alone.
Does not belong here: which of the snapshots is used for a series (warehouse/sql/lineage/series_vintage.sql).

Weights are never cut (methods.md section 6): a build as of a date answers what was believed of an indicator, weighed
as today. Datasets of weights are taken whole; of other datasets the series that only weights use, in every vintage.
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
    """Provider series that weights are made from and no indicator claims."""
    catalogue = load_catalog()
    return frozenset({s.series for s in catalogue.weight_series} - {c.series.code for c in catalogue.claims})


@dataclass(frozen=True)
class VintageCut:
    """What a build as of a date takes; without a date everything."""

    as_of: date | None = None

    def series(self, manifest: Manifest, structure: DatasetStructure) -> list[str] | None:
        """The series that are taken from a snapshot: None for all, an empty list where it is left out."""
        if self.as_of is None or manifest.vintage_date <= self.as_of or structure.use == "weights":
            return None
        return sorted(set(manifest.series_asked) & weight_series())

    def weights_only(self, manifest: Manifest) -> bool:
        """Whether a snapshot is taken for weights although it is younger than the date."""
        return self.as_of is not None and manifest.vintage_date > self.as_of

    def used(self, manifests: Iterable[Manifest], structures: Iterable[DatasetStructure]) -> list[Manifest]:
        """The snapshots that the build rests on, of datasets with these structures."""
        by_dataset = {(s.provider, s.dataset): s for s in structures}
        with_structure = [(m, by_dataset.get((m.provider, m.dataset))) for m in manifests]
        return [m for m, structure in with_structure if structure is not None and self.series(m, structure) != []]
