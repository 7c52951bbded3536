"""UN World Population Prospects: the bulk files of two revisions, rebuilt from gathered figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sources.archive_tools.gathered_data import ArchiveError, Figures, GatheredData, read_figures
from sources.archive_tools.rebuilt_answer import add_snapshot, as_csv, packed_text
from sources.manifests import Manifest
from sources.registry import provider
from sources.snapshots import SnapshotStore


@dataclass(frozen=True)
class WppRevision:
    """One dataset of one revision: the provider's file, its columns, its publication date, and the manifest's note."""

    dataset: str
    file: str
    columns: tuple[str, ...]
    published: date
    note: str
    aggregates: str

    @property
    def whole_note(self) -> str:
        """The note, with the sentences for both revisions."""
        return (
            f"{self.note} ISO3_code has the area codes of the figures; {self.aggregates} are codes of the figures for "
            "aggregates, for which the provider's own file leaves ISO3_code empty and has LocID. Figures are in "
            "thousands."
        )


DEMOGRAPHIC_2024 = WppRevision(
    "wpp2024_demographic",
    "WPP2024_Demographic_Indicators_Medium.csv",
    (
        "SortOrder", "LocID", "Notes", "ISO3_code", "ISO2_code", "SDMX_code", "LocTypeID", "LocTypeName", "ParentID",
        "Location", "VarID", "Variant", "Time", "TPopulation1July", "Births",
    ),
    date(2024, 7, 11),
    "Rebuilt from the figures of the 2024 revision, 1950 to 2023; the file's other measures are left out.",
    "ASIA, SEA and WORLD",
)  # fmt: skip
AGE_SEX_2019 = WppRevision(
    "wpp2019_age_sex",
    "WPP2019_PopulationByAgeSex_Medium.csv",
    (
        "LocID", "Location", "ISO3_code", "VarID", "Variant", "Time", "MidPeriod", "AgeGrp", "AgeGrpStart",
        "AgeGrpSpan", "PopMale", "PopFemale", "PopTotal",
    ),
    date(2019, 6, 17),
    "Rebuilt from the figures of the 2019 revision, every fifth year from 1950 to 2100 (from 2020 on a projection). "
    "AgeGrpStart and AgeGrpSpan are derived from AgeGrp. The provider's own file has no column ISO3_code.",
    "ASI, SEA and WLD",
)  # fmt: skip


def rebuild(store: SnapshotStore, gathered: GatheredData) -> Iterator[Manifest]:
    """The snapshots of both revisions."""
    folder = gathered.figures / "wpp"
    yield _snapshot(store, DEMOGRAPHIC_2024, _demographic(folder / "population_births_2024.csv.gz"))
    yield _snapshot(store, AGE_SEX_2019, _age_sex(folder / "population_by_age_sex_2019.csv.gz"))


def _demographic(path: Path) -> Figures:
    """One record per area and year."""
    published_as = {
        "iso3": "ISO3_code",
        "year": "Time",
        "population_thousands": "TPopulation1July",
        "births_thousands": "Births",
    }
    rows = read_figures(path, tuple(published_as))
    return [{name: r[ours] for ours, name in published_as.items()} for r in rows]


def _age_sex(path: Path) -> Figures:
    """One record per area, year and age group with both sexes, in this order."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for r in read_figures(path, ("iso3", "age", "sex", "year", "thousands")):
        record = cells.setdefault((r["iso3"], r["year"], r["age"]), {})
        measure = {"M": "PopMale", "F": "PopFemale"}[r["sex"]]
        if measure in record:
            raise ArchiveError(f"{path}: found {r} twice, expected once. Remove one of the rows.")
        record[measure] = r["thousands"]
    ordered = sorted(cells.items(), key=lambda i: (i[0][0], int(i[0][1]), _youngest(i[0][2])))
    return [{"ISO3_code": area, "Time": year, **_age_group(age), **measures} for (area, year, age), measures in ordered]


def _youngest(age: str) -> int:
    return int(re.split(r"\D", age)[0])


def _age_group(age: str) -> dict[str, str]:
    """The columns of an age group: "5-9" has the start 5 and the span 5, "100+" the start 100 and no span."""
    start, _, end = age.partition("-")
    span = str(int(end) - int(start) + 1) if end else ""
    return {"AgeGrp": age, "AgeGrpStart": start.rstrip("+"), "AgeGrpSpan": span}


def _snapshot(store: SnapshotStore, revision: WppRevision, records: Figures) -> Manifest:
    spec = provider("un_wpp")
    dataset = spec.dataset(revision.dataset)
    address = f"{spec.endpoint('bulk').base_url}/{dataset.address}"
    return add_snapshot(
        store,
        spec,
        dataset,
        [packed_text(revision.file, as_csv(revision.columns, records), address)],
        vintage_date=revision.published,
        address=address,
        release_tag=f"WPP {revision.published.year}",
        series_asked=list(dataset.measures),
        areas_asked=sorted({r["ISO3_code"] for r in records}),
        note=revision.whole_note,
    )
