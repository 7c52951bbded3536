"""Live tests: one small request to each real provider. Run with `pytest -m live`; not part of the test command."""

from __future__ import annotations

import pytest
from provider_sample import FetchedDataset, fetched_datasets

from sources import registry
from sources.dataset_refresh import refresh_dataset
from sources.snapshots import SnapshotStore

SMALL = [f for f in fetched_datasets() if f.dataset in f.sample.live_scope]


@pytest.mark.live
@pytest.mark.parametrize("fetched", SMALL, ids=lambda f: f.provider)
def test_provider_answers_as_its_yaml_describes(fetched: FetchedDataset, store: SnapshotStore) -> None:
    scope = fetched.sample.live_scope[fetched.dataset]
    report = refresh_dataset(store, *fetched.which, scope)
    assert report.outcome == "new_vintage", report.message
    assert report.left_out == []
    assert report.warnings == [], "a field that sources/providers/*.yaml does not describe"
    frame = registry.parse_snapshot(store, store.open(report.snapshot or "")).frame
    assert set(frame["series"]) == set(scope.series)
    assert set(frame["ref_area"]) == set(scope.areas)
    assert refresh_dataset(store, *fetched.which, scope).requests <= 1


def test_each_downloaded_provider_has_a_small_scope() -> None:
    assert {f.provider for f in SMALL} == {f.provider for f in fetched_datasets()}
