"""Downloads one dataset from its provider in an online run: the scope of the requests, and the folder of reports.

sources/dataset_refresh.py sends the requests. Does not import dagster, because `payung status` reads reports here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from indicator_defs.catalog import Catalog, load_catalog
from sources import registry
from sources.dataset_refresh import FetchReport, read_reports, refresh_dataset, write_report
from sources.fetching import FetchScope, ReportProgress
from sources.manifests import Manifest
from sources.provider_spec import DatasetSpec
from sources.snapshots import SnapshotStore

REPORTS_FOLDER = "fetch"


def fetch_scope(catalog: Catalog, dataset: DatasetSpec, stored: Iterable[Manifest]) -> FetchScope:
    """The series and areas to request: series that definitions claim, that weights use, and that files contain.

    With `requested_series: stored` also all series that stored vintages of the dataset requested; those that only older
    vintages requested and nothing claims are discontinued. Areas are those of the crosswalk.
    """
    key = (dataset.provider, dataset.dataset)
    of_dataset = [m for m in stored if (m.provider, m.dataset) == key]
    requested_before = {s for m in of_dataset for s in m.series_asked}
    claimed = {c.series.code for c in catalog.claims if (c.provider, c.dataset) == key}
    roles_used = {w.role for w in catalog.weights.values()}
    weights = {s.series for s in catalog.weight_series if (s.provider, s.dataset) == key and s.role in roles_used}
    weights &= requested_before
    series = claimed | weights | set(dataset.measures)
    if dataset.requested_series == "stored":
        series |= requested_before
    areas = {x.code: x.target for x in catalog.crosswalks if (x.provider, x.concept) == (dataset.provider, "ref_area")}
    newest = max(of_dataset, key=lambda m: (m.vintage_date, m.fetched_at or ""), default=None)
    discontinued = series - claimed - weights - set(dataset.measures) - set(newest.series_asked if newest else series)
    return FetchScope(tuple(sorted(series)), tuple(sorted(areas)), frozenset(discontinued), areas)


def fetch(
    home: Path, store: SnapshotStore, provider: str, dataset: str, force: bool, on_step: ReportProgress
) -> FetchReport:
    """Downloads a dataset, stores it if complete and new, and writes the report to HOME/fetch/PROVIDER__DATASET.json."""
    spec = registry.dataset(provider, dataset)
    report = refresh_dataset(
        store, provider, dataset, fetch_scope(load_catalog(), spec, store.list()), force=force, report_progress=on_step
    )
    write_report(home / REPORTS_FOLDER, report)
    return report


def last_reports(home: Path) -> list[FetchReport]:
    """The last report of each dataset that this home has downloaded or tried to download."""
    return read_reports(home / REPORTS_FOLDER)


def last_report(home: Path, provider: str, dataset: str) -> FetchReport | None:
    """The last report of one dataset, or None."""
    return next((r for r in last_reports(home) if (r.provider, r.dataset) == (provider, dataset)), None)
