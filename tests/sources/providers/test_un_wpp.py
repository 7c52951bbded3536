"""The World Population Prospects: their files and their particular rules."""

from __future__ import annotations

import gzip

import pytest
from messages import assert_reports
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
    def test_other_places_are_not_staged_and_the_bytes_are_stored_unchanged(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        report = refresh(store, WPP)
        assert set(frame_of(store, report)["ref_area"]) == {"KHM", "THA", "WORLD"}
        manifest = store.open(report.snapshot or "")
        assert manifest.files[0].name == "WPP2024_Demographic_Indicators_Medium.csv.gz"
        raw = (store.folder(manifest) / manifest.files[0].name).read_bytes()
        assert raw == published()[WPP.spec.address], "the provider's own bytes"
        assert b"FRA" in gzip.decompress(raw)
        assert (str(manifest.vintage_date), manifest.release_tag) == ("2024-07-11", "WPP 2024")

    def test_file_without_etag_is_not_requested_again(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.etag = False
        assert refresh(store, WPP).requests == 1
        assert refresh(store, WPP).requests == 0

    def test_changed_file_of_the_same_revision_is_reported(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, WPP)
        other = gzip.compress(gzip.decompress(published()[WPP.spec.address]).replace(b"THA", b"XXX"))
        providers.world.fault = on("WPP2024", lambda _: servers.Reply(other, headers={"ETag": '"new"'}))
        report = refresh(store, WPP)
        assert report.outcome == "changed_in_place"
        assert report.requests == 1
        assert len(store.list()) == 2

    def test_file_without_any_requested_area_is_refused(self, providers: Providers, store: SnapshotStore) -> None:
        report = refresh(store, WPP, scope=FetchScope(WPP.scope.series, ("116",)))
        assert_reports(
            report.message,
            found="found rows of",
            expected=("requested areas", "116"),
            remedy="crosswalk ref_area of un_wpp",
        )

    def test_area_with_rows_under_one_of_its_codes_is_not_missing(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        """Files of other revisions have LocID for places; these codes are in the crosswalk, but not in this file."""
        meaning = {"KHM": "KHM", "116": "KHM", "THA": "THA", "764": "THA", "WORLD": "WLD", "900": "WLD", "XXX": "XXX"}
        scope = FetchScope(WPP.scope.series, tuple(sorted({*meaning, "999"})), meaning=meaning | {"999": "XXX"})
        report = refresh(store, WPP, scope=scope)
        (warning,) = report.warnings
        assert_reports(warning, found=("1 requested area", "without rows: XXX"))
        manifest = store.open(report.snapshot or "")
        assert manifest.areas_asked == list(scope.areas), "all requested areas"
        assert registry.parse_snapshot(store, manifest).warnings == []
        again = refresh(store, WPP, scope=scope)
        assert again.outcome == "unchanged"
        assert again.warnings == report.warnings, "the warning remains until the area has rows"
        assert refresh(store, WPP, force=True, scope=scope).outcome == "same_content"

    def test_moved_file_is_reported(
        self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_dataset(monkeypatch, WPP, address="moved/WPP2024.csv.gz")
        report = refresh(store, WPP)
        assert_reports(report.message, found="status 404", remedy="moved the address")


def test_manifest_has_status_and_headers_of_the_file(providers: Providers, store: SnapshotStore) -> None:
    (file,) = store.open(refresh(store, WPP).snapshot or "").files
    assert file.status == 200
    assert file.headers["last-modified"] == "Thu, 11 Jul 2024 00:00:00 GMT"
    assert file.headers["etag"].startswith('"')


def test_packed_file_above_the_limit_is_refused(small_limit: int, providers: Providers, store: SnapshotStore) -> None:
    """The provider sends gzip files, which may have several parts."""
    bomb = gzip.compress(bytes(1_500_000)) * 2
    providers.world.fault = on(WPP.path, lambda _: servers.Reply(bomb))
    report = refresh(store, WPP)
    assert report.outcome == "failed"
    assert_reports(report.message, found=f"{len(bomb):,} bytes unpack to", expected=f"{small_limit:,} bytes")


class TestReading:
    def test_file_of_2019_without_iso3_is_read(self) -> None:
        body = (
            b"LocID,Location,VarID,Variant,Time,MidPeriod,AgeGrp,AgeGrpStart,AgeGrpSpan,PopMale,PopFemale,PopTotal\n"
            b"116,Cambodia,2,Medium,2015,2015.5,0-4,0,5,893.106,860.951,1754.057\n"
        )
        result = parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])
        assert list(result.frame["ref_area"]) == ["116", "116"]
        assert list(result.frame["series"]) == ["PopMale", "PopFemale"]
        assert list(result.frame["obs_value"]) == ["893.106", "860.951"]
        assert result.warnings == [], "PopTotal is an ignored measure"

    def test_file_without_area_column_is_refused(self) -> None:
        body = b"Location,Time,AgeGrp,PopMale,PopFemale\nCambodia,2015,0-4,1,2\n"
        with pytest.raises(SourceError) as error:
            parser("un_wpp")(dataset("un_wpp", "wpp2019_age_sex"), [("wpp.csv", body)])
        assert_reports(str(error.value), expected="required column 'ISO3_code' is missing")


def test_both_revisions_are_for_weights() -> None:
    datasets = {d.dataset: d.use for d in provider("un_wpp").datasets}
    assert datasets == {"wpp2024_demographic": "weights", "wpp2019_age_sex": "weights"}
    assert [e.environment for e in provider("un_wpp").endpoints] == ["PAYUNG_UN_WPP_URL"]
