"""Refreshing one dataset in a test, and reading the stored snapshot."""

from __future__ import annotations

import pandas as pd
import pytest
from provider_sample import FetchedDataset

from sources import registry
from sources.dataset_refresh import FetchReport, refresh_dataset
from sources.fetching import FetchScope
from sources.snapshots import SnapshotStore


def refresh(
    store: SnapshotStore, fetched: FetchedDataset, force: bool = False, scope: FetchScope | None = None
) -> FetchReport:
    """Refreshes a dataset, by default with the small scope of its sample."""
    return refresh_dataset(store, *fetched.which, scope or fetched.scope, force=force)


def frame_of(store: SnapshotStore, report: FetchReport) -> pd.DataFrame:
    """The table of the snapshot in a report."""
    assert report.snapshot
    return registry.parse_snapshot(store, store.open(report.snapshot)).frame


def with_dataset(monkeypatch: pytest.MonkeyPatch, fetched: FetchedDataset, **changes: object) -> None:
    """Replaces fields of the dataset's YAML."""
    spec = fetched.spec.model_copy(update=changes)
    monkeypatch.setattr(registry, "dataset", lambda *_: spec)
