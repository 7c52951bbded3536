"""The World Bank: its requests, its answers, and their particular rules."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from messages import assert_reports
from provider_sample import fetched_dataset
from providers import servers
from providers.servers import Providers, Reply, on
from providers.world_bank import ERROR_XML, Service
from refreshing import frame_of, refresh, with_dataset

from sources.dataset_refresh import read_reports, write_report
from sources.newest_vintages import current_snapshots
from sources.parsing import SourceError
from sources.providers.world_bank import WorldBankError
from sources.registry import parser, provider
from sources.snapshots import SnapshotStore

HALF, NUL = "Estimate \ud83d", "a\0b"
BANK = fetched_dataset("world_bank", "wdi")


@pytest.fixture
def service(providers: Providers) -> Service:
    found: Service = providers.world.service("world_bank")
    return found


class TestFetching:
    def test_format_source_and_page_size_are_always_sent(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, BANK)
        for address in providers.world.requests:
            query = parse_qs(urlsplit(address).query)
            assert query["format"] == ["json"]
            if "/indicator/" in address:
                assert (query["source"], query["per_page"], query["footnote"]) == (["2"], ["1000"], ["y"])
            assert len(address) < 1500

    @pytest.mark.parametrize(
        ("fault", "code", "found"),
        [
            ("unknown", "SI.POV.GINI", ("Series SI.POV.GINI", "refused", "error 120")),
            ("archived", "SI.POV.GINI", ("Series SI.POV.GINI", "refused", "error 175")),
            ("without_data", "SI.POV.GINI", ("Series SI.POV.GINI", "refused", "error 160")),
            ("unknown", "VNM", ("Areas refused", "error 120", "VNM")),
        ],
    )
    def test_invalid_code_is_identified_and_the_others_are_stored(
        self,
        fault: str,
        code: str,
        found: tuple[str, ...],
        providers: Providers,
        service: Service,
        store: SnapshotStore,
    ) -> None:
        getattr(service, fault).add(code)
        report = refresh(store, BANK)
        assert report.outcome == "new_vintage", report.message
        assert not report.is_complete
        assert_reports(report.left_out[0], found=found)
        manifest = store.open(report.snapshot or "")
        assert code not in manifest.series_asked + manifest.areas_asked
        assert_reports(manifest.note or "", found=found)
        frame = frame_of(store, report)
        scope = BANK.scope
        assert set(frame["series"]) == set(scope.series) - {code}
        assert set(frame["ref_area"]) == set(scope.areas) - {code}
        assert refresh(store, BANK).requests == 1, "refused codes are not requested at every refresh"

    def test_two_invalid_codes_are_identified(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.unknown |= {"VNM", "SI.POV.GINI"}
        report = refresh(store, BANK)
        assert len(report.left_out) == 2
        assert store.open(report.snapshot or "").series_asked == ["SP.POP.TOTL", "per_allsp.cov_pop_tot"]

    def test_no_valid_code_is_a_failure(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.archived |= set(BANK.scope.series)
        assert "refused every series" in refresh(store, BANK).message
        service.unknown |= set(BANK.scope.areas)
        assert "refused every area" in refresh(store, BANK).message
        assert store.list() == []

    def test_rows_in_another_form_fail_only_their_dataset(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.change_row = lambda row: {**row, "indicator": "SP.POP.TOTL", "country": "VN"}
        report = refresh(store, BANK)
        assert report.outcome == "failed"
        assert_reports(report.message, remedy="last good snapshot")

    def test_requests_use_the_source_of_the_dataset(
        self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The source is a parameter of the dataset; ASPIRE is source 29."""
        with_dataset(monkeypatch, BANK, parameters={"source": "29"})
        report = refresh(store, BANK)
        assert report.outcome == "new_vintage"
        assert "/world_bank/api/source/29?format=json" in providers.world.requests
        addresses = [a for a in providers.world.requests if "/indicator/" in a]
        assert addresses
        assert all("source=29" in a for a in addresses)
        assert set(frame_of(store, report)["sourceid"]) == {"29"}

    def test_page_with_another_date_than_the_source_is_refused(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        def later(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(reply.body.replace(b"2024-06-28", b"2024-07-01"))

        providers.world.fault = on("/indicator/", later)
        assert_reports(
            refresh(store, BANK).message, found="lastupdated 2024-07-01", expected="expected lastupdated 2024-06-28"
        )

    def test_rows_without_a_figure_are_stored(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.change_row = lambda r: {**r, "value": None} if r["date"] == "2010" else r
        frame = frame_of(store, refresh(store, BANK))
        assert frame.loc[frame["time_period"] == "2010", "obs_value"].isna().all()

    def test_unrequested_areas_are_refused(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.ignore_area = True
        assert_reports(refresh(store, BANK).message, found="areas that were not requested")


def test_message_of_an_xml_error_is_reported(providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on("/indicator/", lambda _: Reply(ERROR_XML))
    assert_reports(
        refresh(store, BANK).message, found=("found XML", "'The requested response format", "was not found'")
    )


def test_every_request_has_the_source() -> None:
    assert BANK.spec.parameters["source"] == "2"


class TestReading:
    def test_answer_with_aggregates_and_nulls_is_read(self, evidence: Path) -> None:
        body = (evidence / "wb_v2_data_NY.GDP.MKTP.CD_recorded_2026.json").read_bytes()
        frame = parser("world_bank")(BANK.spec, [("data.json", body)]).frame
        assert list(frame["ref_area"]) == ["MEX", "MEX", "EMU", "XX"], "country.id if countryiso3code is empty"
        assert list(frame["obs_value"]) == ["1832641364775.52", "1830489311088.89", None, "5.0"], "digits as published"
        assert list(frame["time_period"]) == ["2025", "2024", "2025", "2025"]
        assert set(frame["lastupdated"]) == {"2026-07-13"}
        assert set(frame["sourceid"]) == {"2"}
        assert frame["unit_measure"].isna().all()

    def test_one_page_of_fourteen_is_incomplete(self, evidence: Path) -> None:
        body = (evidence / "wb_v2_data_VN_NY.GDP.MKTP.CD_excerpt_2026-05-13.json").read_bytes()
        with pytest.raises(SourceError) as error:
            parser("world_bank")(BANK.spec, [("data_page_001.json", body)])
        assert_reports(str(error.value), found="page 2, 3, 4", expected="of 14 is missing")

    @pytest.mark.parametrize(
        ("file", "code", "remedy"),
        [
            ("wb_v2_error_120_recorded.json", "120", "one by one"),
            ("wb_v2_error_175_recorded.json", "175", "deleted or archived"),
        ],
    )
    def test_errors_inside_http_200(self, evidence: Path, file: str, code: str, remedy: str) -> None:
        with pytest.raises(WorldBankError) as error:
            parser("world_bank")(BANK.spec, [(file, (evidence / file).read_bytes())])
        assert_reports(str(error.value), place=file, found=f"error {code}", remedy=remedy)
        assert error.value.codes == (code,)
        with_place = error.value.within("here")
        assert isinstance(with_place, WorldBankError)
        assert with_place.codes == (code,)

    def test_format_error_in_xml_is_reported(self, evidence: Path) -> None:
        file = "wb_v1_error_111_xml_recorded_2021-12.xml"
        with pytest.raises(SourceError) as error:
            parser("world_bank")(BANK.spec, [(file, (evidence / file).read_bytes())])
        assert_reports(str(error.value), place=file, found=("found XML", "'The requested response format", "not found"))

    def test_recorded_lists_of_rows_are_read(self, evidence: Path) -> None:
        """The files are the second element of real answers; the header is made from their counts."""
        files = sorted((evidence / "wb_v2_rows_centralasia_2023-07").glob("Data_*_page_1.json"))
        assert len(files) > 20
        for first in files:
            pages = sorted(first.parent.glob(first.name.replace("_page_1", "_page_*")))
            rows = [json.loads(p.read_text()) for p in pages]
            total = sum(map(len, rows))
            bodies = [
                (
                    p.name,
                    b'[{"page":%d,"pages":%d,"per_page":50,"total":%d,"sourceid":"2","lastupdated":"2023-07-01"},%s]'
                    % (n, len(pages), total, p.read_bytes()),
                )
                for n, p in enumerate(pages, start=1)
            ]
            result = parser("world_bank")(BANK.spec, bodies)
            assert len(result.frame) == total
            assert result.warnings == []
            published = [r["value"] for part in rows for r in part]
            values = [None if v is None else float(v) for v in result.frame["obs_value"]]
            assert values == published


def test_message_with_an_incomplete_character_is_written(providers: Providers, store: SnapshotStore) -> None:
    message = [{"message": [{"id": "111", "key": HALF, "value": NUL}, "text where fields were expected", None]}]
    providers.world.fault = on("source/2", lambda _: Reply(json.dumps(message).encode()))
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert "error 111" in report.message
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]


def test_vintages_of_the_archive(archive: SnapshotStore) -> None:
    manifests = [m for m in archive.list() if m.provider == BANK.provider]
    assert [(str(m.vintage_date), m.release_tag) for m in manifests] == [
        ("2018-09-30", "lastupdated 2018-09"),
        ("2021-09-15", "lastupdated 2021-09-15"),
        ("2022-10-31", "lastupdated 2022-10"),
        ("2024-06-28", "lastupdated 2024-06-28"),
    ]
    current = {str(c.manifest.vintage_date) for c in current_snapshots(manifests)}
    assert "2022-10-31" not in current, "its only series is in a newer extract"


def test_address_can_be_replaced_by_the_environment() -> None:
    assert [e.environment for e in provider("world_bank").endpoints] == ["PAYUNG_WORLD_BANK_URL"]
