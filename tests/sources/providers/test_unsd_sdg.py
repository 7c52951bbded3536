"""The UN SDG database: its questions, its answers, and what is peculiar to them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
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
    def test_parameters_are_repeated_and_nothing_dangerous_is_asked(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        (asked,) = [a for a in providers.world.requests if "Series/Data" in a]
        query = parse_qs(urlsplit(asked).query)
        assert query["seriesCode"] == list(UN.scope.series)
        assert query["areaCode"] == list(UN.scope.areas)
        assert query["pageSize"] == ["5000"]
        assert not {"timePeriodStart", "timePeriodEnd", "dimensions"} & query.keys()
        assert "," not in asked
        assert "%2C" not in asked

    @pytest.mark.parametrize(("part", "what"), [("ignore_area", "areas"), ("ignore_series", "series")])
    def test_a_part_of_the_question_is_ignored(
        self, part: str, what: str, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        setattr(service, part, True)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert f"{what} came back that were not asked for" in report.message
        assert len([a for a in providers.world.requests if "Series/Data" in a]) == 2, "noticed on the first page"

    def test_a_comma_list_brings_the_whole_world(self, providers: Providers) -> None:
        """So does the real one; this shows that the server does, and why parameters are repeated."""
        limits = registry.provider("unsd_sdg").limits
        assert limits is not None
        body = Client(limits).get(
            f"{providers.base}/unsd_sdg/api/Series/Data?seriesCode=SI_COV_CHLD&areaCode=116,764&page=1&pageSize=9000"
        )
        assert "250" in {r["geoAreaCode"] for r in json.loads(body.body)["data"]}

    def test_a_series_that_is_no_longer_listed(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome == "new_vintage"
        assert not report.is_complete
        assert "no longer listed by the UN: SI_COV_CHLD" in report.left_out[0]
        kept = store.open(report.snapshot or "")
        assert "SI_COV_CHLD" not in kept.series_asked, "so that its last values stand"
        again = refresh(store, UN)
        assert again.outcome == "unchanged", "and it is not asked for again and again"
        assert again.left_out == report.left_out, "nor is it forgotten by the next quiet refresh"

    def test_a_series_that_was_gone_before_is_no_news(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN, scope=replace(UN.scope, discontinued=frozenset({"SI_COV_CHLD"})))
        assert report.outcome == "new_vintage"
        assert report.is_complete
        assert "SI_COV_CHLD" not in store.open(report.snapshot or "").series_asked

    def test_what_only_older_vintages_had_is_discontinued(self, archive: SnapshotStore) -> None:
        kept = archive.list()
        scope = fetch_scope(load_catalog(), UN.spec, kept)
        newest = next(m for m in kept if m.vintage_date.isoformat() == "2023-12-17")
        assert scope.discontinued == set(scope.series) - set(newest.series_asked)
        assert "SI_COV_SOCASTPQ" in scope.discontinued, "renamed in 2020"
        assert fetch_scope(load_catalog(), UN.spec, []).discontinued == frozenset()

    def test_a_list_that_became_shorter_under_the_same_tag_is_noticed(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        assert refresh(store, UN).outcome == "unchanged"
        service.is_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome != "unchanged"
        assert report.left_out == [
            "Series no longer listed by the UN: SI_COV_CHLD; the last values kept of them stand."
        ]
        assert refresh(store, UN).outcome == "unchanged"

    def test_no_series_is_listed(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.is_listed = lambda code: code == "AG_PRD_FIESMS"
        assert "not one of the series wanted is listed" in refresh(store, UN).message

    def test_a_release_in_the_middle_of_the_fetch(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        def publish(reply: servers.Reply) -> servers.Reply:
            service.release = "2024.Q1.G.01"
            return reply

        providers.world.fault = on("Series/Data", publish)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert "the release changed while it was fetched (it was 2023.Q4.G.03)" in report.message
        assert refresh(store, UN).outcome == "new_vintage"

    def test_without_a_release_tag_all_is_fetched_each_time(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.release = None
        assert refresh(store, UN).outcome == "new_vintage"
        again = refresh(store, UN)
        assert again.outcome == "same_content"
        assert again.requests == 3

    def test_the_list_is_kept_with_the_figures(self, providers: Providers, store: SnapshotStore) -> None:
        kept = store.open(refresh(store, UN).snapshot or "")
        assert [f.name for f in kept.files] == ["series_list.json.gz", "series_data_01_page_001.json.gz"]
        assert kept.release_tag == "2023.Q4.G.03"

    def test_questions_are_split_below_the_longest_address(
        self, providers: Providers, store: SnapshotStore, archived: dict[str, Manifest]
    ) -> None:
        series = tuple(s for s in archived["unsd_sdg/sdg"].series_asked if s.startswith(("SG_", "SI_", "SH_")))
        report = refresh(store, UN, scope=FetchScope(series, ("116",)))
        asked = [a for a in providers.world.requests if "Series/Data" in a]
        assert len(asked) > 1
        assert max(map(len, asked)) < 1500
        assert sorted(s for a in asked for s in parse_qs(urlsplit(a).query)["seriesCode"]) == sorted(series)
        assert report.outcome == "new_vintage"

    def test_odd_values_come_through(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        odd = iter(["<2.5", ">=80", "<0.1", "<100", "N", "NaN"] * 1000)
        service.change_row = lambda r: {**r, "value": next(odd)}
        frame = frame_of(store, refresh(store, UN))
        assert set(frame["obs_value"]) == {"<2.5", ">=80", "<0.1", "<100", "N", "NaN"}


class TestReading:
    def test_a_row_of_indicator_data(self, evidence: Path) -> None:
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
        assert row["source_citation"] == "Food and Agriculture Organisation of United Nations (FAO)"
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
        assert list(frame["sex"]) == ["FEMALE", None, "FEMALE"], "a row without dimensions keeps its place"
        assert list(frame["mode_of_travel"]) == ["WALK", None, "WALK"]
        assert [(c.name, c.role) for c in result.extra_columns] == [("mode_of_travel", "dimension")]
        assert "unknown dimension 'Mode of travel'" in result.warnings[0]


@pytest.mark.parametrize("where", ["release", "code"])
def test_half_of_a_character_in_the_list_of_series(where: str, providers: Providers, store: SnapshotStore) -> None:
    def odd(reply: Reply) -> Reply:
        listed = json.loads(reply.body)
        for series in listed:
            if where == "release":
                series["release"] = HALF
        if where == "code":
            listed.append({"code": HALF, "release": "x"})
        return Reply(json.dumps(listed).encode())

    providers.world.fault = on("Series/List", odd)
    report = refresh(store, UN)
    assert report.outcome == "new_vintage", report.message
    assert refresh(store, UN).outcome == "unchanged"
    assert report.model_dump_json().encode()


def test_the_shipped_vintages(archive: SnapshotStore) -> None:
    kept = [m for m in archive.list() if m.provider == UN.provider]
    assert [str(m.vintage_date) for m in kept] == ["2018-10-15", "2020-12-27", "2022-12-25", "2023-12-17"]
    state = {str(c.manifest.vintage_date): c for c in current_snapshots(kept)}
    assert state["2023-12-17"].is_complete
    assert state["2018-10-15"].series >= {"SL_ISV_IFRM", "SI_COV_LMKTPQ"}, "never asked for again"
    assert not state["2018-10-15"].series & state["2023-12-17"].series


def test_its_address_can_be_overridden(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = provider("unsd_sdg").endpoint("api")
    assert endpoint.environment == "PAYUNG_UNSD_SDG_URL"
    assert endpoint.address() == "https://unstats.un.org/SDGAPI/v1/sdg"
    monkeypatch.setenv("PAYUNG_UNSD_SDG_URL", "http://127.0.0.1:8000/v1/sdg/")
    assert endpoint.address() == "http://127.0.0.1:8000/v1/sdg"
