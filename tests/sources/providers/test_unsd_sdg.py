"""The UN SDG database: its requests, its answers, and their particular rules."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from messages import assert_reports
from provider_sample import fetched_dataset
from providers import servers
from providers.servers import Providers, Reply, on
from providers.unsd_sdg import Service
from refreshing import frame_of, refresh

from assets.online_fetch import fetch_scope
from indicator_defs.catalog import load_catalog
from sources import registry
from sources.fetching import FetchScope
from sources.http import Client
from sources.manifests import Manifest
from sources.newest_vintages import current_snapshots
from sources.parsing import SourceError
from sources.registry import parser, provider
from sources.snapshots import SnapshotStore

HALF = "Estimate \ud83d"
UN = fetched_dataset("unsd_sdg", "sdg")


@pytest.fixture
def service(providers: Providers) -> Service:
    found: Service = providers.world.service("unsd_sdg")
    return found


class TestFetching:
    def test_parameters_are_repeated_and_unsafe_ones_are_not_sent(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        (address,) = [a for a in providers.world.requests if "Series/Data" in a]
        query = parse_qs(urlsplit(address).query)
        assert query["seriesCode"] == list(UN.scope.series)
        assert query["areaCode"] == list(UN.scope.areas)
        assert query["pageSize"] == ["5000"]
        assert not {"timePeriodStart", "timePeriodEnd", "dimensions"} & query.keys()
        assert "," not in address
        assert "%2C" not in address

    @pytest.mark.parametrize(("part", "what"), [("ignore_area", "areas"), ("ignore_series", "series")])
    def test_ignored_parameter_is_reported(
        self, part: str, what: str, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        setattr(service, part, True)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert_reports(report.message, found=f"{what} that were not requested")
        assert len([a for a in providers.world.requests if "Series/Data" in a]) == 2, "found on the first page"

    def test_comma_list_is_answered_with_all_areas(self, providers: Providers) -> None:
        """The server of the tests does this like the real one; therefore parameters are repeated."""
        limits = registry.provider("unsd_sdg").limits
        assert limits is not None
        body = Client(limits).get(
            f"{providers.base}/unsd_sdg/api/Series/Data?seriesCode=SI_COV_CHLD&areaCode=116,764&page=1&pageSize=9000"
        )
        assert "250" in {r["geoAreaCode"] for r in json.loads(body.body)["data"]}

    def test_series_that_is_no_longer_listed_is_left_out(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome == "new_vintage"
        assert not report.is_complete
        assert_reports(report.left_out[0], found=("no longer listed", "SI_COV_CHLD"))
        manifest = store.open(report.snapshot or "")
        assert "SI_COV_CHLD" not in manifest.series_asked, "so that its last values stay in use"
        again = refresh(store, UN)
        assert again.outcome == "unchanged", "it is not requested again"
        assert again.left_out == report.left_out, "the next refresh without news reports it too"

    def test_discontinued_series_is_left_out_without_report(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN, scope=replace(UN.scope, discontinued=frozenset({"SI_COV_CHLD"})))
        assert report.outcome == "new_vintage"
        assert report.is_complete
        assert "SI_COV_CHLD" not in store.open(report.snapshot or "").series_asked

    def test_series_only_of_older_vintages_are_discontinued(self, archive: SnapshotStore) -> None:
        manifests = archive.list()
        scope = fetch_scope(load_catalog(), UN.spec, manifests)
        newest = next(m for m in manifests if m.vintage_date.isoformat() == "2023-12-17")
        assert scope.discontinued == set(scope.series) - set(newest.series_asked)
        assert "SI_COV_SOCASTPQ" in scope.discontinued, "renamed in 2020"
        assert fetch_scope(load_catalog(), UN.spec, []).discontinued == frozenset()

    def test_shorter_list_under_the_same_tag_is_detected(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        assert refresh(store, UN).outcome == "unchanged"
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome != "unchanged"
        (sentence,) = report.left_out
        assert_reports(sentence, found=("no longer listed", "SI_COV_CHLD"))
        assert refresh(store, UN).outcome == "unchanged"

    def test_list_without_requested_series_is_refused(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.is_listed = lambda code: code == "AG_PRD_FIESMS"
        assert_reports(refresh(store, UN).message, found="none of the requested series")

    def test_release_during_the_download_is_refused(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        def publish(reply: servers.Reply) -> servers.Reply:
            service.release = "2024.Q1.G.01"
            return reply

        providers.world.fault = on("Series/Data", publish)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert_reports(report.message, found=("the release changed", "2023.Q4.G.03"), remedy="refresh again")
        assert refresh(store, UN).outcome == "new_vintage"

    def test_without_release_tag_all_is_downloaded_each_time(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.release = None
        assert refresh(store, UN).outcome == "new_vintage"
        again = refresh(store, UN)
        assert again.outcome == "same_content"
        assert again.requests == 3

    def test_series_list_is_stored_with_the_figures(self, providers: Providers, store: SnapshotStore) -> None:
        manifest = store.open(refresh(store, UN).snapshot or "")
        assert [f.name for f in manifest.files] == ["series_list.json.gz", "series_data_01_page_001.json.gz"]
        assert manifest.release_tag == "2023.Q4.G.03"

    def test_requests_are_divided_below_the_longest_address(
        self, providers: Providers, store: SnapshotStore, archived: dict[str, Manifest]
    ) -> None:
        series = tuple(s for s in archived["unsd_sdg/sdg"].series_asked if s.startswith(("SG_", "SI_", "SH_")))
        report = refresh(store, UN, scope=FetchScope(series, ("116",)))
        addresses = [a for a in providers.world.requests if "Series/Data" in a]
        assert len(addresses) > 1
        assert max(map(len, addresses)) < 1500
        assert sorted(s for a in addresses for s in parse_qs(urlsplit(a).query)["seriesCode"]) == sorted(series)
        assert report.outcome == "new_vintage"

    def test_values_that_are_not_numbers_are_stored(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        values = iter(["<2.5", ">=80", "<0.1", "<100", "N", "NaN"] * 1000)
        service.change_row = lambda r: {**r, "value": next(values)}
        frame = frame_of(store, refresh(store, UN))
        assert set(frame["obs_value"]) == {"<2.5", ">=80", "<0.1", "<100", "N", "NaN"}


class TestReading:
    def test_row_of_indicator_data_is_read(self, evidence: Path) -> None:
        page = json.loads((evidence / "unsd_indicator_data_6.4.2_first_row_2026-07-10.json").read_text())
        with pytest.raises(SourceError, match="page 2, 3"):
            parser("unsd_sdg")(UN.spec, [("series_data_page_001.json", json.dumps(page).encode())])
        page |= {"totalElements": 1, "totalPages": 1}
        row = parser("unsd_sdg")(UN.spec, [("series_data_page_001.json", json.dumps(page).encode())]).frame.iloc[0]
        assert (row["series"], row["ref_area"], row["time_period"]) == ("ER_H2O_STRESS", "4", "2000")
        assert (row["obs_value"], row["nature"], row["unit_measure"], row["obs_status"]) == (
            "54.76",
            "E",
            "PERCENT",
            "I",
        )
        assert (row["reporting_type"], row["activity"]) == ("G", "TOTAL")
        assert row["source_citation"].endswith("Organisation of United Nations (FAO)")
        assert (row["goal"], row["target"], row["indicator"]) == ("6", "6.4", "6.4.2")
        assert row["footnote"] is None

    def test_footnotes_bounds_and_unknown_dimensions(self) -> None:
        row = {
            "goal": ["1", "11"],
            "target": ["1.5", "11.5"],
            "indicator": ["1.5.1", "11.5.1"],
            "series": "X_Y",
            "geoAreaCode": "608",
            "timePeriodStart": 2015.0,
            "value": "<2.5",
            "upperBound": "2.5",
            "lowerBound": None,
            "footnotes": ["first", "", "second"],
            "attributes": {"Nature": "C"},
            "dimensions": {"Sex": "FEMALE", "Mode of travel": "WALK"},
        }
        plain = {k: v for k, v in row.items() if k not in ("attributes", "dimensions")}
        page = {"totalElements": 3, "totalPages": 1, "pageNumber": 1, "data": [row, plain, row]}
        result = parser("unsd_sdg")(UN.spec, [("series_data_page_001.json", json.dumps(page).encode())])
        frame = result.frame
        assert list(frame["obs_value"]) == ["<2.5"] * 3
        assert list(frame["upper_bound"]) == ["2.5"] * 3
        assert frame["footnote"][0] == "first | second"
        assert frame["indicator"][0] == "1.5.1, 11.5.1"
        assert list(frame["sex"]) == ["FEMALE", None, "FEMALE"], "a row without dimensions keeps its position"
        assert list(frame["mode_of_travel"]) == ["WALK", None, "WALK"]
        assert [(c.name, c.role) for c in result.extra_columns] == [("mode_of_travel", "dimension")]
        assert_reports(result.warnings[0], found="unknown dimension 'Mode of travel'")


@pytest.mark.parametrize("field", ["release", "code"])
def test_incomplete_character_in_the_series_list_is_stored(
    field: str, providers: Providers, store: SnapshotStore
) -> None:
    def with_incomplete_character(reply: Reply) -> Reply:
        listed = json.loads(reply.body)
        for series in listed:
            if field == "release":
                series["release"] = HALF
        if field == "code":
            listed.append({"code": HALF, "release": "x"})
        return Reply(json.dumps(listed).encode())

    providers.world.fault = on("Series/List", with_incomplete_character)
    report = refresh(store, UN)
    assert report.outcome == "new_vintage", report.message
    assert refresh(store, UN).outcome == "unchanged"
    assert report.model_dump_json().encode()


def test_vintages_of_the_archive(archive: SnapshotStore) -> None:
    manifests = [m for m in archive.list() if m.provider == UN.provider]
    assert [str(m.vintage_date) for m in manifests] == ["2018-10-15", "2020-12-27", "2022-12-25", "2023-12-17"]
    current = {str(c.manifest.vintage_date): c for c in current_snapshots(manifests)}
    assert current["2023-12-17"].is_complete
    assert current["2018-10-15"].series >= {"SL_ISV_IFRM", "SI_COV_LMKTPQ"}, "not requested later"
    assert not current["2018-10-15"].series & current["2023-12-17"].series


def test_address_can_be_replaced_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = provider("unsd_sdg").endpoint("api")
    assert endpoint.environment == "PAYUNG_UNSD_SDG_URL"
    assert endpoint.address() == "https://unstats.un.org/SDGAPI/v1/sdg"
    monkeypatch.setenv("PAYUNG_UNSD_SDG_URL", "http://127.0.0.1:8000/v1/sdg/")
    assert endpoint.address() == "http://127.0.0.1:8000/v1/sdg"
