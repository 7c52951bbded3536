"""The World Population Prospects: their files, and what is peculiar to them."""

from __future__ import annotations

import gzip

import pytest
from provider_sample import fetched_dataset
from providers import servers
from providers.servers import Providers, on
from providers.un_wpp import Service, published
from refreshing import frame_of, refresh, with_dataset

from sources import registry
from sources.fetching import FetchScope
from sources.parsing import SourceError
from sources.registry import dataset, parser, provider
from sources.snapshots import SnapshotStore

WPP = fetched_dataset("un_wpp", "wpp2024_demographic")


@pytest.fixture
def service(providers: Providers) -> Service:
    found: Service = providers.world.service("un_wpp")
    return found


class TestFetching:
    def test_other_places_are_not_staged_and_the_bytes_are_kept_whole(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        report = refresh(store, WPP)
        assert set(frame_of(store, report)["ref_area"]) == {"KHM", "THA", "WORLD"}
        kept = store.open(report.snapshot or "")
        assert kept.files[0].name == "WPP2024_Demographic_Indicators_Medium.csv.gz"
        raw = (store.folder(kept) / kept.files[0].name).read_bytes()
        assert raw == published()[WPP.spec.address], "the provider's own bytes"
        assert b"FRA" in gzip.decompress(raw)
        assert (str(kept.vintage_date), kept.release_tag) == ("2024-07-11", "WPP 2024")

    def test_without_a_mark_of_the_file_nothing_is_asked_again(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.etag = False
        assert refresh(store, WPP).requests == 1
        assert refresh(store, WPP).requests == 0

    def test_another_file_under_the_same_revision(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, WPP)
        other = gzip.compress(gzip.decompress(published()[WPP.spec.address]).replace(b"THA", b"XXX"))
        providers.world.fault = on("WPP2024", lambda _: servers.Reply(other, headers={"ETag": '"new"'}))
        report = refresh(store, WPP)
        assert report.outcome == "changed_in_place"
        assert report.requests == 1
        assert len(store.list()) == 2

    def test_no_area_asked_for_is_in_the_file(self, providers: Providers, store: SnapshotStore) -> None:
        report = refresh(store, WPP, scope=FetchScope(WPP.scope.series, ("116",)))
        assert "not one row is of an area asked for" in report.message
        assert "crosswalk ref_area of un_wpp" in report.message

    def test_an_area_under_one_of_its_codes_is_no_area_that_lacks(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        """Files of other revisions write places as LocID; their codes stand in the crosswalk, and not in this file."""
        meaning = {"KHM": "KHM", "116": "KHM", "THA": "THA", "764": "THA", "WORLD": "WLD", "900": "WLD", "XXX": "XXX"}
        scope = FetchScope(WPP.scope.series, tuple(sorted({*meaning, "999"})), meaning=meaning | {"999": "XXX"})
        report = refresh(store, WPP, scope=scope)
        assert report.warnings == ["1 area asked for came back without rows: XXX"]
        kept = store.open(report.snapshot or "")
        assert kept.areas_asked == list(scope.areas), "the question stays whole"
        assert registry.parse_snapshot(store, kept).warnings == []
        again = refresh(store, WPP, scope=scope)
        assert again.outcome == "unchanged"
        assert again.warnings == report.warnings, "warned of until it is there"
        assert refresh(store, WPP, force=True, scope=scope).outcome == "same_content"

    def test_a_moved_file(self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
        with_dataset(monkeypatch, WPP, address="moved/WPP2024.csv.gz")
        report = refresh(store, WPP)
        assert "status 404" in report.message
        assert "moved the address" in report.message


def test_the_manifest_has_the_marks_of_the_file(providers: Providers, store: SnapshotStore) -> None:
    (file,) = store.open(refresh(store, WPP).snapshot or "").files
    assert file.status == 200
    assert file.headers["last-modified"] == "Thu, 11 Jul 2024 00:00:00 GMT"
    assert file.headers["etag"].startswith('"')


def test_a_packed_file_that_unpacks_to_more_than_the_limit(
    small_limit: int, providers: Providers, store: SnapshotStore
) -> None:
    """The provider sends files that are packed themselves, several parts in one."""
    bomb = gzip.compress(bytes(1_500_000)) * 2
    providers.world.fault = on(WPP.path, lambda _: servers.Reply(bomb))
    report = refresh(store, WPP)
    assert report.outcome == "failed"
    assert f"{len(bomb):,} bytes unpack to more than {small_limit:,} bytes" in report.message


class TestReading:
    def test_the_file_of_2019_has_no_iso3(self) -> None:
        body = (
            b"LocID,Location,VarID,Variant,Time,MidPeriod,AgeGrp,AgeGrpStart,AgeGrpSpan,PopMale,PopFemale,PopTotal\n"
            b"116,Cambodia,2,Medium,2015,2015.5,0-4,0,5,893.106,860.951,1754.057\n"
        )
        result = parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])
        assert list(result.frame["ref_area"]) == ["116", "116"]
        assert list(result.frame["series"]) == ["PopMale", "PopFemale"]
        assert list(result.frame["obs_value"]) == ["893.106", "860.951"]
        assert result.warnings == [], "PopTotal is a known measure that is not asked for"

    def test_without_any_area_column(self) -> None:
        body = b"Location,Time,AgeGrp,PopMale,PopFemale\nCambodia,2015,0-4,1,2\n"
        with pytest.raises(SourceError, match="required column 'ISO3_code' is missing"):
            parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])


def test_both_revisions_are_for_weights() -> None:
    datasets = {d.dataset: d.use for d in provider("un_wpp").datasets}
    assert datasets == {"wpp2024_demographic": "weights", "wpp2019_age_sex": "weights"}
    assert [e.environment for e in provider("un_wpp").endpoints] == ["PAYUNG_UN_WPP_URL"]
