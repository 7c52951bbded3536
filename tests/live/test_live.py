"""The canary: one small question to each real provider. Run with `pytest -m live`; not part of the test command."""

from __future__ import annotations

import pytest

from sources import registry
from sources.dataset_refresh import refresh_dataset
from sources.fetching import FetchScope
from sources.snapshots import SnapshotStore

SMALL = {
    ("unsd_sdg", "sdg"): FetchScope(("SI_COV_PENSN",), ("764",)),
    ("world_bank", "wdi"): FetchScope(("SP.POP.TOTL",), ("THA", "VNM")),
    ("ilostat", "SDG_0131_SEX_SOC_RT"): FetchScope(("SDG_0131_SEX_SOC_RT",), ("KHM", "THA")),
    ("un_wpp", "wpp2024_demographic"): FetchScope(("TPopulation1July", "Births"), ("THA",)),
}


@pytest.mark.live
@pytest.mark.parametrize("which", SMALL, ids=lambda w: w[0])
def test_the_provider_answers_as_described(which: tuple[str, str], store: SnapshotStore) -> None:
    report = refresh_dataset(store, *which, SMALL[which])
    assert report.outcome == "new_vintage", report.message
    assert report.left_out == []
    assert report.warnings == [], "a field that sources/providers/*.yaml does not describe"
    frame = registry.parse_snapshot(store, store.open(report.snapshot or "")).frame
    assert set(frame["series"]) == set(SMALL[which].series)
    assert set(frame["ref_area"]) == set(SMALL[which].areas)
    assert refresh_dataset(store, *which, SMALL[which]).requests <= 1
