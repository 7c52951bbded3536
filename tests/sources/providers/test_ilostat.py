"""ILOSTAT: its two services, its answers, and their particular rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from messages import assert_reports
from provider_sample import fetched_dataset
from providers import servers
from providers.ilostat import Service
from providers.servers import Providers, on
from refreshing import frame_of, refresh, with_dataset
from samples.ilostat import AREAS

from sources.fetching import FetchScope
from sources.manifests import Manifest
from sources.parsing import ParsedDataset, SourceError
from sources.provider_spec import DatasetSpec
from sources.registry import dataset, parser, provider
from sources.snapshots import SnapshotStore

ILO = fetched_dataset("ilostat", "SDG_0131_SEX_SOC_RT")


@pytest.fixture
def service(providers: Providers) -> Service:
    found: Service = providers.world.service("ilostat")
    return found


def flow_without(*names: str) -> DatasetSpec:
    """The structure of the dataflow without these columns."""
    spec = dataset("ilostat", "SDG_0131_SEX_SOC_RT")
    return spec.model_copy(update={"columns": [c for c in spec.columns if c.published_as not in names]})


class TestFetching:
    def test_addresses_of_mark_and_data(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, ILO)
        assert providers.world.paths() == [
            "/ilostat/bulk/metadata/toc/indicator/",
            f"/ilostat/sdmx/data/ILO,DF_SDG_0131_SEX_SOC_RT/{'+'.join(AREAS)}.A...",
        ]

    def test_unknown_areas_are_identified(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.unknown |= {"X84", "TLS"}
        report = refresh(store, ILO)
        assert report.outcome == "new_vintage", report.message
        (sentence,) = report.left_out
        assert_reports(sentence, found="not know: TLS, X84.")
        assert set(frame_of(store, report)["ref_area"]) == set(AREAS) - {"X84", "TLS"}

    def test_only_unknown_areas_are_a_failure(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.unknown |= set(AREAS)
        assert_reports(refresh(store, ILO).message, found="none of the requested areas")

    def test_status_500_for_another_reason_is_a_failure(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.fault = on("/sdmx/", lambda _: servers.Reply(b"NullPointerException", 500))
        report = refresh(store, ILO)
        assert_reports(report.message, found=("status 500", "'NullPointerException'"))

    @pytest.mark.parametrize(
        ("address", "meaning"),
        [
            ("data/ILO,DF_UNKNOWN", "does not know the dataflow"),
            ("data/DF_SDG_0131_SEX_SOC_RT", "the agency is missing"),
        ],
    )
    def test_meaning_of_status_404_and_422_is_reported(
        self, address: str, meaning: str, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_dataset(monkeypatch, ILO, address=address)
        report = refresh(store, ILO)
        assert report.outcome == "failed"
        assert_reports(report.message, found=meaning)

    def test_refusal_under_load_is_retried(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.fault = on("/sdmx/", servers.forbidden, times=2)
        assert refresh(store, ILO).outcome == "new_vintage"
        providers.world.fault = on("/sdmx/", servers.forbidden)
        assert_reports(refresh(store, ILO, force=True).message, found="status 403 after 4 requests")

    def test_unrequested_areas_are_refused(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.ignore_area = True
        report = refresh(store, ILO, scope=FetchScope(ILO.scope.series, ("KHM", "THA")))
        assert_reports(report.message, found="13 areas", expected="not requested")

    def test_table_missing_from_the_contents_is_reported(
        self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_dataset(monkeypatch, ILO, dataset="SDG_0131_OLD")
        report = refresh(store, ILO)
        assert_reports(
            report.message,
            found=("SDG_0131_OLD_A 0 times among 2", "dataflow/ILO/DF_SDG_0131_OLD/latest: status 404"),
            remedy=("LAST_UPDATE of the dataflow", "sources/providers/ilostat.yaml"),
        )
        assert report.requests == 2

    @pytest.mark.parametrize("as_json", [False, True], ids=["xml", "json"])
    @pytest.mark.parametrize(
        "fault",
        [servers.empty, servers.header_only, servers.html, servers.forbidden, servers.incomplete],
        ids=["empty", "header", "html", "403", "broken off"],
    )
    def test_unusable_table_of_contents_is_replaced_by_the_dataflow(
        self,
        fault: Callable[[servers.Reply], servers.Reply],
        as_json: bool,
        providers: Providers,
        service: Service,
        store: SnapshotStore,
    ) -> None:
        world = providers.world
        first = refresh(store, ILO)
        service.dataflow_json = as_json
        world.fault = on("metadata/toc", fault)
        quiet = refresh(store, ILO)
        assert (quiet.outcome, quiet.release_tag) == ("unchanged", first.release_tag), "the same time"
        (warning,) = quiet.warnings
        assert_reports(warning, found=("LAST_UPDATE of the dataflow", "metadata/toc"))
        service.raise_values()
        service.dataflow_update = "18/09/2026 07:04:04"
        moved = refresh(store, ILO)
        assert (moved.outcome, moved.release_tag) == ("new_vintage", "LAST_UPDATE 18/09/2026 07:04:04")
        assert str(moved.vintage_date) == "2026-09-18"
        world.fault, service.last_update = None, "18/09/2026 07:04:04"
        back = refresh(store, ILO)
        assert (back.outcome, back.warnings) == ("unchanged", []), "the same time from the other source"

    @pytest.mark.parametrize(
        ("other", "found"),
        [
            (servers.empty, "found an empty body"),
            (servers.html, "found an HTML page"),
            (servers.bad_gateway, "status 502 after 4 requests"),
            (lambda r: servers.Reply(r.body.replace(b"LAST_UPDATE", b"OTHER")), "annotation LAST_UPDATE 0 times"),
            (lambda r: servers.Reply(r.body[:-40]), "invalid XML"),
            (lambda r: servers.Reply(r.body.replace(b"<message:Header>", b"&a;", 1)), "invalid XML"),
            (lambda r: servers.Reply(b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'), "XML with a document type"),
            (lambda r: servers.Reply(b'{"data": {"dataflows": {}}}'), "JSON without data.dataflows"),
            (lambda r: servers.Reply(r.body.replace(b"12/09/2024 08:00:00", b"soon")), "last.update: found 'soon'"),
        ],
    )
    def test_failure_of_both_sources_of_the_mark_is_reported(
        self,
        other: Callable[[servers.Reply], servers.Reply],
        found: str,
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        first = refresh(store, ILO)

        def fault(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            return servers.empty(reply) if "metadata/toc" in path else other(reply) if "dataflow/" in path else None

        providers.world.fault = fault
        report = refresh(store, ILO)
        assert report.outcome == "failed"
        assert_reports(report.message, found=("table of contents", "found an empty body", found))
        assert [m.place for m in store.list()] == [first.snapshot]

    def test_date_in_an_unknown_form_is_refused(
        self, providers: Providers, service: Service, store: SnapshotStore
    ) -> None:
        service.last_update = "yesterday"
        assert_reports(
            refresh(store, ILO).message, place="last.update", found="'yesterday'", expected="28/09/2024 12:00:00"
        )

    def test_blank_values_are_stored(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.change_row = lambda r: [*r[:7], "" if r[1] == "KHM" else r[7], *r[8:]]
        frame = frame_of(store, refresh(store, ILO))
        assert frame.loc[frame["ref_area"] == "KHM", "obs_value"].isna().all()


class TestFetchingInBulk:
    @pytest.fixture(autouse=True)
    def bulk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with_dataset(monkeypatch, ILO, endpoint="bulk", address="data/indicator/")

    def test_bulk_service_has_the_same_figures(
        self,
        providers: Providers,
        store: SnapshotStore,
        parsed: dict[str, ParsedDataset],
        archived: dict[str, Manifest],
    ) -> None:
        frame = frame_of(store, refresh(store, ILO))
        shipped = parsed[archived["ilostat/SDG_0131_SEX_SOC_RT"].place].frame
        columns = ["series", "ref_area", "time_period", "sex", "soc", "obs_value"]
        assert sorted(map(tuple, frame[columns].to_numpy())) == sorted(map(tuple, shipped[columns].to_numpy()))
        assert "ref_area=BRN+IDN" in providers.world.requests[-1], "a literal +"

    def test_ignored_parameter_is_reported(self, providers: Providers, service: Service, store: SnapshotStore) -> None:
        service.ignore_area = True
        report = refresh(store, ILO, scope=FetchScope(ILO.scope.series, ("KHM",)))
        assert_reports(report.message, found="14 areas", expected="not requested")

    def test_answer_with_only_a_header_is_refused(self, providers: Providers, store: SnapshotStore) -> None:
        report = refresh(store, ILO, scope=FetchScope(ILO.scope.series, ("XXX",)))
        assert_reports(report.message, found="a header and no rows", remedy="check the requested codes")


def test_date_in_another_known_form_is_read(providers: Providers, service: Service, store: SnapshotStore) -> None:
    service.last_update = "2025-02-01T08:00:00Z"
    assert str(store.open(refresh(store, ILO).snapshot or "").vintage_date) == "2025-02-01"


class TestReading:
    def test_sdmx_csv_is_read(self, evidence: Path) -> None:
        body = (evidence / "ilo" / "probe-SDG_0552_NOC_RT.csv").read_bytes()
        row = parser("ilostat")(flow_without("SEX", "SOC"), [("data.csv", body)]).frame.iloc[0]
        assert (row["series"], row["ref_area"], row["time_period"], row["obs_value"]) == (
            "SDG_0552_NOC_RT",
            "KEN",
            "2019",
            "37.1",
        )
        assert (row["unit_measure"], row["source_citation"]) == ("PT", "LFS - Labour Force Survey")
        assert (row["freq"], row["measure"], row["decimals"]) == ("A", "SDG_0552_RT", "1")
        assert row["obs_status"] is None

    def test_bulk_csv_is_read_as_the_same_table(self, evidence: Path) -> None:
        body = (evidence / "ilo" / "rplumber-une-deap-sex-age-rt-a.excerpt.csv").read_bytes()
        result = parser("ilostat")(dataset("ilostat", "SDG_0131_SEX_SOC_RT"), [("data.csv", body)])
        assert result.warnings == []
        frame = result.frame
        assert set(frame["series"]) == {"UNE_DEAP_SEX_AGE_RT"}
        assert list(frame["obs_value"][:3]) == ["5.585", "5.014", "2.757"]
        assert frame["soc"][0] == "AGE_YTHADULT_YGE15", "classif1 is the first other dimension"
        assert frame["obs_status"][4] == "B"
        assert frame["snapshot_row"][0] == "data.csv:2", "the header is row 1"

    def test_dataflow_in_another_form_is_refused(self) -> None:
        body = b"DATAFLOW,REF_AREA,FREQ,MEASURE,SEX,SOC,TIME_PERIOD,OBS_VALUE\nwhat,KHM,A,M,SEX_T,SOC_X,2020,1\n"
        with pytest.raises(SourceError) as error:
            parser("ilostat")(dataset("ilostat", "SDG_0131_SEX_SOC_RT"), [("data.csv", body)])
        assert_reports(
            str(error.value), place="data.csv: row 2: DATAFLOW", found="'what'", expected="AGENCY:DF_NAME(VERSION)"
        )


def test_vintage_of_the_archive(archive: SnapshotStore) -> None:
    assert [str(m.vintage_date) for m in archive.list() if m.provider == ILO.provider] == ["2024-09-12"]


def test_variables_of_the_addresses() -> None:
    names = {e.environment for e in provider("ilostat").endpoints}
    assert names == {"PAYUNG_ILOSTAT_SDMX_URL", "PAYUNG_ILOSTAT_BULK_URL"}
