"""Refreshing datasets from servers that answer as the providers do: what is new, what is kept, what is lost."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from providers import published_rows, servers
from providers.servers import Providers, World, on

from assets.online_fetch import wanted
from indicator_defs.catalog import load_catalog
from indicator_defs.system import clock
from sources import registry
from sources.dataset_refresh import WORK, FetchReport, read_reports, refresh_dataset, write_report
from sources.fetching import FetchScope
from sources.http import Client, HttpAnswer
from sources.manifests import Manifest
from sources.newest_vintages import current_snapshots, one_of_each_date
from sources.page_cache import PageCache
from sources.parsing import ParsedDataset, SourceError, content_fingerprint
from sources.provider_spec import DatasetSpec, ProviderSpec
from sources.snapshots import SnapshotStore

UN, BANK, ILO = ("unsd_sdg", "sdg"), ("world_bank", "wdi"), ("ilostat", "SDG_0131_SEX_SOC_RT")
WPP, WPP_AGE = ("un_wpp", "wpp2024_demographic"), ("un_wpp", "wpp2019_age_sex")
ALL = [UN, BANK, ILO, WPP, WPP_AGE]
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AREAS_ILO = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "TLS", "VNM", "X01", "X40", "X54", "X84")
WANTED = {
    UN: FetchScope(("SI_COV_CHLD", "SI_COV_PENSN", "SI_COV_SOCAST"), ("116", "608", "764")),
    BANK: FetchScope(("SI.POV.GINI", "SP.POP.TOTL", "per_allsp.cov_pop_tot"), ("IDN", "KHM", "THA", "VNM")),
    ILO: FetchScope(("SDG_0131_SEX_SOC_RT",), AREAS_ILO),
    WPP: FetchScope(("Births", "TPopulation1July"), ("KHM", "THA", "WORLD")),
    WPP_AGE: FetchScope(("PopFemale", "PopMale"), ("KHM", "THA")),
}
DATA = {UN: "Series/Data", BANK: "/indicator/", ILO: "/sdmx/", WPP: "WPP2024", WPP_AGE: "WPP2019"}


def refresh(
    store: SnapshotStore, which: tuple[str, str], force: bool = False, wanted: FetchScope | None = None
) -> FetchReport:
    return refresh_dataset(store, *which, wanted or WANTED[which], force=force)


def frame_of(store: SnapshotStore, report: FetchReport) -> pd.DataFrame:
    assert report.snapshot
    return registry.parse_snapshot(store, store.open(report.snapshot)).frame


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every paged provider gives a few rows a page."""
    real = registry.provider

    def small(name: str) -> ProviderSpec:
        spec = real(name)
        return spec.model_copy(update={"page_sizes": dict.fromkeys(spec.page_sizes, 8 if name == "unsd_sdg" else 40)})

    monkeypatch.setattr(registry, "provider", small)


def with_dataset(monkeypatch: pytest.MonkeyPatch, which: tuple[str, str], **changes: object) -> None:
    """The dataset as if its YAML said otherwise."""
    spec = registry.dataset(*which).model_copy(update=changes)
    monkeypatch.setattr(registry, "dataset", lambda *_: spec)


# --- what is fetched is what is published -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "which", [pytest.param(UN, marks=pytest.mark.long), *ALL[1:]], ids=["sdg", *(w[1] for w in ALL[1:])]
)
def test_what_is_fetched_is_what_is_shipped(
    which: tuple[str, str],
    providers: Providers,
    store: SnapshotStore,
    archive: SnapshotStore,
    parsed: dict[str, ParsedDataset],
) -> None:
    """All series and areas of the archive; the tables are equal cell by cell (apart from the answer's own date)."""
    mine = [m for m in archive.list() if (m.provider, m.dataset) == which]
    if which == UN:  # published whole each time: its servers answer with the newest vintage alone
        mine = mine[-1:]
    standing = {c.manifest.place: c.series for c in current_snapshots(mine)}
    wanted = FetchScope(
        tuple(sorted({s for m in mine for s in m.series_asked})),
        tuple(sorted({a for m in mine for a in m.areas_asked})),
    )
    report = refresh(store, which, wanted=wanted)
    assert report.outcome == "new_vintage", report.message
    assert report.whole
    kept = store.open(report.snapshot or "")
    assert kept.origin == "fetched"
    assert not kept.rebuilt
    assert sorted(kept.series_asked) == list(wanted.series)
    assert sum(f.bytes for f in kept.files) > 0
    store.verify(kept)
    own = registry.dataset(*which).about_the_answer
    frames = {place: parsed[place].frame for place in standing}
    shipped = pd.concat([frame[frame["series"].isin(standing[place])] for place, frame in frames.items()])
    shipped = shipped.drop(columns=own)
    shipped = shipped.astype(object).where(shipped.notna(), None)
    assert content_fingerprint(frame_of(store, report).drop(columns=own)) == content_fingerprint(shipped)
    again = refresh(store, which)
    assert again.outcome == "unchanged"
    assert again.requests == 1
    assert again.snapshot == report.snapshot


def test_shipped_content_is_not_kept_twice(providers: Providers, store: SnapshotStore, archive: SnapshotStore) -> None:
    for manifest in archive.list():
        if (manifest.provider, manifest.dataset) in (BANK, ILO):
            store.import_from(archive.folder(manifest))
    before = store.list()
    for which in (BANK, ILO):
        report = refresh(store, which, wanted=WANTED[which] if which == ILO else _bank_2024(archive))
        assert report.outcome == "same_content", report.message
        assert report.rows
        assert refresh(store, which, wanted=_bank_2024(archive) if which == BANK else None).outcome == "unchanged"
    assert store.list() == before


def _bank_2024(archive: SnapshotStore) -> FetchScope:
    manifest = next(m for m in archive.list() if m.place.startswith("world_bank/wdi/2024"))
    return FetchScope(tuple(manifest.series_asked), tuple(manifest.areas_asked))


# --- what is new --------------------------------------------------------------------------------------------------


def raise_values(world: World) -> None:
    """Every provider changes its figures."""
    world.un_row = lambda r: {**r, "value": f"{r['value']}1" if "." in r["value"] else r["value"]}
    world.bank_row = lambda r: {**r, "value": published_rows.Literal(f"{r['value']}") + 1}
    world.ilo_row = lambda r: [*r[:7], f"{r[7]}1" if "." in r[7] else r[7], *r[8:]]


@pytest.mark.parametrize("which", [UN, BANK, ILO], ids=lambda w: w[1])
class TestVintages:
    def test_other_bytes_are_no_new_vintage(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, which)
        providers.world.spaces = True
        report = refresh(store, which, force=True)
        assert report.outcome == "same_content"
        assert report.snapshot == first.snapshot
        assert len(store.list()) == 1

    def test_other_values_under_the_same_mark_are_told(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, which)
        raise_values(providers.world)
        assert refresh(store, which).outcome == "unchanged", "the mark stands"
        report = refresh(store, which, force=True)
        assert report.outcome == "changed_in_place"
        assert "changed under the same mark" in report.message
        assert report.release_tag == first.release_tag
        assert len(store.list()) == 2, "nothing is overwritten"
        (now,) = [c for c in current_snapshots(store.list()) if c.series]
        assert now.manifest.place == report.snapshot

    def test_a_new_mark_is_a_new_vintage(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, which)
        world = providers.world
        world.release, world.lastupdated, world.last_update = "2024.Q1.G.01", "2024-09-30", "2025-02-01T08:00:00Z"
        same = refresh(store, which)
        assert same.outcome == "same_content", "a release that changed nothing for us"
        raise_values(world)
        world.release, world.lastupdated, world.last_update = "2024.Q2.G.01", "2024-12-16", "01/03/2025 08:00:00"
        report = refresh(store, which)
        assert report.outcome == "new_vintage"
        kept = store.open(report.snapshot or "")
        if which != UN:
            assert str(kept.vintage_date) == {BANK: "2024-12-16", ILO: "2025-03-01"}[which]
        assert store.open(first.snapshot or "").release_tag != kept.release_tag

    def test_values_that_change_silently_are_noticed_in_the_end(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, which)
        raise_values(providers.world)
        (path,) = store.root.glob(".fetch/*/state.json")
        state = json.loads(path.read_text())
        state["fetched_at"] = (clock.now() - timedelta(days=400)).isoformat()
        path.write_text(json.dumps(state))
        assert refresh(store, which).outcome == "changed_in_place"


def test_wanting_more_is_fetched_under_the_same_mark(providers: Providers, store: SnapshotStore) -> None:
    refresh(store, BANK)
    more = FetchScope((*WANTED[BANK].series, "SP.URB.TOTL.IN.ZS"), WANTED[BANK].areas)
    report = refresh(store, BANK, wanted=more)
    assert report.outcome == "new_vintage", "the provider changed nothing"
    assert refresh(store, BANK, wanted=more).outcome == "unchanged"


@pytest.mark.parametrize("spoil", ["state", "snapshot"])
def test_what_was_lost_here_is_fetched_again(spoil: str, providers: Providers, store: SnapshotStore) -> None:
    first = refresh(store, ILO)
    if spoil == "state":
        next(store.root.glob(".fetch/*/state.json")).write_text("{")
    else:
        shutil.rmtree(store.folder(store.open(first.snapshot or "")))
    report = refresh(store, ILO)
    assert report.requests == 2
    assert store.open(report.snapshot or "").snapshot_id == store.open(first.snapshot or "").snapshot_id


@pytest.mark.parametrize("which", [UN, BANK], ids=lambda w: w[1])
def test_a_vintage_bears_the_provider_s_date_or_else_the_day(
    which: tuple[str, str], providers: Providers, store: SnapshotStore, day: date
) -> None:
    """The UN states no date of a release: the day of the answer is the vintage."""
    report = refresh(store, which)
    assert report.outcome == "new_vintage", report.message
    assert report.at.date() == day
    kept = store.open(report.snapshot or "")
    assert str(kept.fetched_at)[:10] == str(day)
    assert kept.vintage_date == (day if which == UN else date(2024, 6, 28))
    assert refresh(store, which).outcome == "unchanged"


def test_what_was_fetched_while_the_clock_ran_ahead_is_not_relied_on(
    providers: Providers, store: SnapshotStore, day: date
) -> None:
    """The state of a fetch that is dated after now: all is fetched again, else nothing would be until then."""
    assert registry.provider("world_bank").calendar.fetch_anyway_after_days is not None
    assert refresh(store, BANK).outcome == "new_vintage"
    (path,) = store.root.glob(".fetch/*/state.json")
    state = json.loads(path.read_text())
    state["fetched_at"] = (clock.now() + timedelta(days=400)).isoformat()
    path.write_text(json.dumps(state))
    assert refresh(store, BANK).outcome == "same_content"
    assert json.loads(path.read_text())["fetched_at"][:10] == str(day)


def test_a_snapshot_fetched_while_the_clock_ran_ahead_is_named_with_what_to_do(
    providers: Providers, store: SnapshotStore, day: date
) -> None:
    with clock.set_to(day + timedelta(days=400)):
        ahead = refresh(store, UN)
    report = refresh(store, UN)
    assert report.outcome == "failed"
    assert f"snapshot {ahead.snapshot} was fetched on {day + timedelta(days=400)}" in report.message
    folder = store.root / str(ahead.snapshot)
    assert f"remove the folder {folder}, then refresh again" in report.message
    shutil.rmtree(folder)
    assert refresh(store, UN).outcome == "new_vintage"


def test_a_clock_that_went_back(providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(store, UN)
    monkeypatch.setattr(Client, "now", lambda _: datetime(2020, 1, 1, tzinfo=UTC))
    report = refresh(store, UN, force=True)
    assert report.outcome == "failed"
    assert "the clock of this machine says 2020-01-01" in report.message
    assert report.requests == 0


def test_an_older_date_than_before_is_told(providers: Providers, store: SnapshotStore) -> None:
    refresh(store, BANK)
    providers.world.lastupdated = "2020-01-01"
    raise_values(providers.world)
    report = refresh(store, BANK)
    assert "older than 2024-06-28, which stays the newest vintage" in report.message


def test_reports_are_written_and_read(tmp_path: Path, providers: Providers, store: SnapshotStore) -> None:
    report = refresh(store, ILO)
    assert write_report(tmp_path, report).name == "ilostat__SDG_0131_SEX_SOC_RT.json"
    assert read_reports(tmp_path) == [report]


def test_the_later_fetch_of_a_date_replaces_the_rebuilt_answer(archived: dict[str, Manifest]) -> None:
    old = archived["ilostat/SDG_0131_SEX_SOC_RT"]
    new = old.model_copy(update={"fetched_at": "2026-11-22T00:00:00+00:00", "snapshot_id": "x", "origin": "fetched"})
    part = new.model_copy(update={"areas_asked": ["KHM"]})
    assert one_of_each_date([old, new]) == [new]
    assert one_of_each_date([old, part]) == [old, part], "it holds areas that the later one did not ask for"


# --- faults of every provider --------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[servers.Reply], servers.Reply], str]] = {
    "html": (servers.html, "found an HTML page that says 'Service unavailable'"),
    "empty": (servers.empty, "found an empty body"),
    "xml": (servers.xml, "found XML that says 'The requested response format was not found'"),
    "502": (servers.bad_gateway, "status 502, asked 4 times, body beginning '<html><title>502 Bad Gateway"),
    "broken off": (servers.broken_off, "the answer broke off"),
}


@pytest.mark.parametrize("which", [UN, BANK, ILO, WPP], ids=lambda w: w[1])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_nothing(which: tuple[str, str], fault: str, providers: Providers, store: SnapshotStore) -> None:
    change, said = FAULTS[fault]
    good = refresh(store, which)
    world = providers.world
    world.fault = on(DATA[which], change)
    report = refresh(store, which, force=True)
    assert report.outcome == "failed"
    assert said in report.message
    assert providers.base in report.message, "the address is named"
    assert "The last good snapshot stands" in report.message
    assert [m.place for m in store.list()] == [good.snapshot]
    world.fault = on(DATA[which], change, times=0)
    assert refresh(store, which, force=True).outcome in ("same_content", "unchanged")


@pytest.mark.parametrize("which", [UN, BANK, ILO, WPP], ids=lambda w: w[1])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_seen(
    which: tuple[str, str], fault: str, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(DATA[which], FAULTS[fault][0], times=1)
    assert refresh(store, which).outcome == "new_vintage"


@pytest.mark.parametrize(
    ("which", "fault", "said"),
    [
        (UN, servers.padded, "NUL bytes"),
        (BANK, servers.padded, "NUL bytes"),
        (ILO, servers.padded, "NUL bytes"),
        (WPP_AGE, servers.padded, "NUL bytes"),
        (UN, servers.cut_json, "breaks off at character"),
        (BANK, servers.cut_json, "breaks off at character"),
        (ILO, servers.cut_json, "the file was cut"),
        (WPP, servers.cut_json, "the compressed file is cut or damaged"),
    ],
)
def test_padding_and_cut_bodies(
    which: tuple[str, str],
    fault: Callable[[servers.Reply], servers.Reply],
    said: str,
    providers: Providers,
    store: SnapshotStore,
) -> None:
    providers.world.fault = on(DATA[which], fault)
    report = refresh(store, which)
    assert report.outcome == "failed"
    assert said in report.message
    assert store.list() == []


@pytest.mark.parametrize("fault", [servers.html, servers.empty, servers.header_only], ids=["html", "empty", "header"])
@pytest.mark.parametrize(("which", "part"), [(UN, "Series/List"), (BANK, "source/2")])
def test_a_fault_in_the_first_question(
    which: tuple[str, str],
    part: str,
    fault: Callable[[servers.Reply], servers.Reply],
    providers: Providers,
    store: SnapshotStore,
) -> None:
    first = refresh(store, which)
    before = providers.world.count()
    providers.world.fault = on(part, fault)
    report = refresh(store, which)
    assert report.outcome == "failed", "an answer without a mark does not mean that nothing changed"
    assert part in report.message
    assert providers.world.count() == before + 2, "asked once more, and no figures asked for"
    assert [m.place for m in store.list()] == [first.snapshot]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("which", [UN, BANK], ids=lambda w: w[1])
class TestPages:
    def test_pages_make_the_same_table(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        report = refresh(store, which)
        assert report.outcome == "new_vintage", report.message
        assert report.requests > 4
        assert report.rows == len(frame_of(store, report)) > 30

    def test_what_was_fetched_is_not_fetched_again(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        failed = refresh(store, which)
        assert failed.outcome == "failed"
        assert "page=3" in failed.message
        assert "1 of" in failed.message
        assert store.list() == [], "complete or nothing"
        world.fault = None
        before = world.count()
        report = refresh(store, which)
        assert report.outcome == "new_vintage"
        data = [a for a in world.asked[before:] if DATA[which] in a]
        assert len(data) == 1
        assert "page=3" in data[0]
        assert not list(store.root.glob(".fetch/*/pages")), "the work is dropped when the dataset is whole"

    def test_a_kept_page_that_was_altered_is_fetched_again(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        refresh(store, which)
        for page in store.root.glob(".fetch/*/pages/*"):
            if page.name != "mark":
                page.write_bytes(page.read_bytes()[:-5])
        world.fault = None
        before = world.count()
        assert refresh(store, which).outcome == "new_vintage"
        assert len([a for a in world.asked[before:] if DATA[which] in a]) > 3

    def test_kept_pages_of_another_release_are_dropped(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        refresh(store, which)
        world.fault, world.release, world.lastupdated = None, "2024.Q1.G.01", "2024-09-30"
        before = world.count()
        report = refresh(store, which)
        assert report.outcome == "new_vintage"
        assert len([a for a in world.asked[before:] if DATA[which] in a]) > 3

    @pytest.mark.parametrize("more", [1, -1])
    def test_totals_that_do_not_fit(
        self, which: tuple[str, str], more: int, providers: Providers, store: SnapshotStore
    ) -> None:
        providers.world.un_total = providers.world.bank_total = more
        report = refresh(store, which)
        assert report.outcome == "failed"
        assert "as its header says" in report.message
        assert not list(store.root.glob(".fetch/*/pages")), "pages that do not fit are not kept"
        providers.world.un_total = providers.world.bank_total = 0
        assert refresh(store, which).outcome == "new_vintage"

    def test_the_same_page_twice(self, which: tuple[str, str], providers: Providers, store: SnapshotStore) -> None:
        """A server that ignores `page`."""
        first: list[servers.Reply] = []

        def stuck(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if DATA[which] in path:
                first.append(reply)
                return servers.Reply(first[0].body)
            return None

        providers.world.fault = stuck
        report = refresh(store, which)
        assert report.outcome == "failed"
        assert "asked for page 2: part of the question was ignored" in report.message

    def test_pages_that_overlap_are_asked_for_once_more_and_then_refused(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        first = refresh(store, which)
        pages = {urlsplit(a).query for a in world.asked if DATA[which] in a}
        before = world.count()
        world.fault = servers.overlap(DATA[which])
        report = refresh(store, which, force=True)
        assert report.outcome == "failed"
        assert re.search(
            r"all pages asked for twice: 1 key comes more than once in \S+page_001.json.gz, \S+page_002.json.gz, so that "
            r"as many may be missing: \S+ \w+ \d{4}.* \(\S+page_001.json.gz:\d+, \S+page_002.json.gz:1\)",
            report.message,
        ), report.message
        data = [urlsplit(a).query for a in world.asked[before:] if DATA[which] in a]
        assert len(data) == len(set(data)) >= 2 * len(pages), "all pages twice, with other page ends"
        assert [m.place for m in store.list()] == [first.snapshot]
        assert not list(store.root.glob(".fetch/*/pages")), "the next try asks anew"
        world.fault = None
        assert refresh(store, which, force=True).outcome == "same_content"

    def test_pages_that_overlap_once_are_whole_the_second_time(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        whole = frame_of(store, refresh(store, which))
        providers.world.fault = servers.overlap(DATA[which], times=1)
        other = SnapshotStore(tmp_path / "other")
        report = refresh(other, which)
        assert report.outcome == "new_vintage", report.message
        assert content_fingerprint(frame_of(other, report)) == content_fingerprint(whole)
        assert not list(other.root.glob(".fetch/*/pages"))

    @pytest.mark.parametrize("change", [lambda r: r, lambda r: {**r, "value": "77"}], ids=["identical", "other value"])
    def test_a_row_twice_on_one_page(
        self,
        which: tuple[str, str],
        change: Callable[[dict[str, object]], object],
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        """A page of its own has no row twice by an overlap: the UN may publish a key twice, the World Bank never does."""
        doubled: list[object] = []

        def twice(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if DATA[which] not in path:
                return None
            if not doubled:
                doubled.append(servers.rows_of(reply.body)[2])

            def with_a_copy(rows: list[object]) -> list[object]:
                at = rows.index(doubled[0]) if doubled[0] in rows else None
                return rows if at is None else [*rows[: at + 1], change(rows[at]), *rows[at + 1 :]]

            answer = servers.with_rows(reply.body, with_a_copy)
            value = json.loads(answer.body)
            if which == UN:
                value["totalElements"] += 1
            else:
                value[0]["total"] += 1
            return servers.Reply(json.dumps(value).encode())

        providers.world.fault = twice
        report = refresh(store, which)
        if which == BANK:
            assert report.outcome == "failed"
            assert "1 key comes more than once in data_001_page_001.json.gz" in report.message
            return
        assert report.outcome == "new_vintage", report.message
        frame = frame_of(store, report)
        key = [c for c in frame.columns if c not in ("snapshot_row", "obs_value")]
        assert frame.duplicated(key).sum() == 1, "both rows are kept, as candidates"
        named = [w for w in report.warnings if "1 key comes more than once with all cells alike" in w]
        assert len(named) == (change({}) == {})

    def test_a_header_that_claims_pages_without_end(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        name = b'"totalPages"' if which == UN else b'"pages"'

        def many(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(re.sub(name + rb": ?\d+", name + b": 2000000000", reply.body))

        providers.world.fault = on(DATA[which], many)
        report = refresh(store, which)
        assert report.outcome == "failed"
        assert "the header claims 2000000000 pages for" in report.message
        assert providers.world.count() == 2

    def test_a_count_that_is_no_number(
        self, which: tuple[str, str], providers: Providers, store: SnapshotStore
    ) -> None:
        name = b'"totalElements"' if which == UN else b'"total"'

        def odd(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(re.sub(name + rb": ?\d+", name + b": " + b"9" * 5000, reply.body))

        providers.world.fault = on(DATA[which], odd)
        report = refresh(store, which)
        assert report.outcome == "failed"
        assert "expected a whole number" in report.message
        assert len(report.message) < 1000


def test_the_manifest_tells_status_and_headers_of_each_answer(
    providers: Providers, store: SnapshotStore, archive: SnapshotStore
) -> None:
    (file,) = store.open(refresh(store, WPP).snapshot or "").files
    assert file.status == 200
    assert file.headers["last-modified"] == "Thu, 11 Jul 2024 00:00:00 GMT"
    assert file.headers["etag"].startswith('"')
    told = store.open(refresh(store, UN).snapshot or "").files
    assert [f.headers.get("content-type") for f in told] == ["application/json;charset=utf-8"] * len(told)
    shipped = archive.list()[0]
    assert "headers" not in shipped.model_dump_json(), "nothing is invented for answers that were not fetched"


def test_an_answer_kept_for_the_next_try_keeps_its_headers(tmp_path: Path) -> None:
    work = PageCache(tmp_path)
    kept = HttpAnswer("https://x/1", 200, b"a\n{}\n", {"etag": "1"})
    work.put(kept)
    assert work.get("https://x/1") == kept
    (page,) = (tmp_path / "pages").iterdir()
    page.write_bytes(page.read_bytes().replace(b'"1"', b'"2"'))
    assert work.get("https://x/1") is None, "altered"
    page.write_bytes(hashlib.sha256(b"{}").hexdigest().encode() + b"\n{}")
    assert work.get("https://x/1") is None, "kept by an older Payung, without headers"
    assert list((tmp_path / "pages").iterdir()) == []


def test_kept_pages_that_cannot_be_dropped_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    work = PageCache(tmp_path)
    work.clear()
    work.begin("release 1", NOW)
    work.put(HttpAnswer("https://x/1", 200, b"{}"))
    monkeypatch.setattr(shutil, "rmtree", refused)
    with pytest.raises(SourceError, match=r"pages: cannot be removed: Permission denied\. Make the folder writable"):
        work.begin("release 2", NOW)
    assert (tmp_path / "pages" / "mark").read_text().startswith("release 1\n"), (
        "else the old page would pass for a new one"
    )


def test_pages_of_a_failed_fetch_wait_two_days_at_most(tmp_path: Path) -> None:
    """World Bank values change under one `lastupdated`: a dataset of two states never existed."""
    work, page = PageCache(tmp_path), HttpAnswer("https://x/1", 200, b"{}")
    work.begin("release 1", NOW)
    work.put(page)
    work.begin("release 1", NOW + timedelta(days=1))
    assert work.get(page.address) == page
    work.begin("release 1", NOW + timedelta(days=2))
    assert work.get(page.address) is None, "the days count from the first try"


@pytest.mark.parametrize("spoilt", [b"release 1\n2026-11-2", b"release 1\n2026-11-22", b"\xff\xfe", b"", None])
def test_pages_with_a_spoilt_mark_are_asked_for_anew(tmp_path: Path, spoilt: bytes | None) -> None:
    work, page = PageCache(tmp_path), HttpAnswer("https://x/1", 200, b"{}")
    work.begin("release 1", NOW)
    work.put(page)
    mark = tmp_path / "pages" / "mark"
    mark.unlink() if spoilt is None else mark.write_bytes(spoilt)
    work.begin("release 1", NOW)
    assert work.get(page.address) is None
    work.put(page)
    work.begin("release 1", NOW)
    assert work.get(page.address) == page


@pytest.mark.parametrize("which", [UN, BANK, ILO, WPP], ids=lambda w: w[1])
def test_what_was_set_aside_is_fetched_again_and_no_changed_value(
    providers: Providers, store: SnapshotStore, which: tuple[str, str]
) -> None:
    first = refresh(store, which)
    kept = store.open(first.snapshot or "")
    path = store.folder(kept) / kept.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    assert [a.place for a in store.set_altered_aside()] == [kept.place]
    again = refresh(store, which)
    assert (again.outcome, again.snapshot) == ("new_vintage", first.snapshot)
    assert store.set_aside() == ()


def test_a_work_folder_that_cannot_be_written_fails_its_dataset_in_words(
    providers: Providers, store: SnapshotStore
) -> None:
    (store.root / WORK).parent.mkdir(parents=True, exist_ok=True)
    (store.root / WORK).write_text("a file where the folder should be")
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert re.search(r"cannot be written: .*Free the disk or make the folder writable\. The last good", report.message)


# --- the UN's own ways --------------------------------------------------------------------------------------------


class TestUnsd:
    def test_parameters_are_repeated_and_nothing_dangerous_is_asked(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        (asked,) = [a for a in providers.world.asked if "Series/Data" in a]
        query = parse_qs(urlsplit(asked).query)
        assert query["seriesCode"] == list(WANTED[UN].series)
        assert query["areaCode"] == list(WANTED[UN].areas)
        assert query["pageSize"] == ["5000"]
        assert not {"timePeriodStart", "timePeriodEnd", "dimensions"} & query.keys()
        assert "," not in asked
        assert "%2C" not in asked

    @pytest.mark.parametrize(("part", "what"), [("ignore_area", "areas"), ("ignore_series", "series")])
    def test_a_part_of_the_question_is_ignored(
        self, part: str, what: str, providers: Providers, store: SnapshotStore
    ) -> None:
        setattr(providers.world, part, True)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert f"{what} came back that were not asked for" in report.message
        assert len([a for a in providers.world.asked if "Series/Data" in a]) == 2, "noticed on the first page"

    def test_a_comma_list_brings_the_whole_world(self, providers: Providers) -> None:
        """So does the real one; this shows that the server does, and why parameters are repeated."""
        limits = registry.provider("unsd_sdg").limits
        assert limits is not None
        body = Client(limits).get(
            f"{providers.base}/sdg/Series/Data?seriesCode=SI_COV_CHLD&areaCode=116,764&page=1&pageSize=9000"
        )
        assert "250" in {r["geoAreaCode"] for r in json.loads(body.body)["data"]}

    def test_a_series_that_is_no_longer_listed(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.un_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome == "new_vintage"
        assert not report.whole
        assert "no longer listed by the UN: SI_COV_CHLD" in report.left_out[0]
        kept = store.open(report.snapshot or "")
        assert "SI_COV_CHLD" not in kept.series_asked, "so that its last values stand"
        again = refresh(store, UN)
        assert again.outcome == "unchanged", "and it is not asked for again and again"
        assert again.left_out == report.left_out, "nor is it forgotten by the next quiet refresh"

    def test_a_series_that_was_gone_before_is_no_news(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.un_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN, wanted=replace(WANTED[UN], discontinued=frozenset({"SI_COV_CHLD"})))
        assert report.outcome == "new_vintage"
        assert report.whole
        assert "SI_COV_CHLD" not in store.open(report.snapshot or "").series_asked

    def test_what_only_older_vintages_had_is_bygone(self, archive: SnapshotStore) -> None:
        kept = archive.list()
        asked = wanted(load_catalog(), registry.dataset(*UN), kept)
        newest = next(m for m in kept if m.vintage_date.isoformat() == "2023-12-17")
        assert asked.discontinued == set(asked.series) - set(newest.series_asked)
        assert "SI_COV_SOCASTPQ" in asked.discontinued, "renamed in 2020"
        assert wanted(load_catalog(), registry.dataset(*UN), []).discontinued == frozenset()

    def test_a_list_that_became_shorter_under_the_same_tag_is_noticed(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, UN)
        assert refresh(store, UN).outcome == "unchanged"
        providers.world.un_listed = lambda code: code != "SI_COV_CHLD"
        report = refresh(store, UN)
        assert report.outcome != "unchanged"
        assert report.left_out == [
            "Series no longer listed by the UN: SI_COV_CHLD; the last values kept of them stand."
        ]
        assert refresh(store, UN).outcome == "unchanged"

    def test_no_series_is_listed(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.un_listed = lambda code: code == "AG_PRD_FIESMS"
        assert "not one of the series wanted is listed" in refresh(store, UN).message

    def test_a_release_in_the_middle_of_the_fetch(self, providers: Providers, store: SnapshotStore) -> None:
        def publish(reply: servers.Reply) -> servers.Reply:
            providers.world.release = "2024.Q1.G.01"
            return reply

        providers.world.fault = on("Series/Data", publish)
        report = refresh(store, UN)
        assert report.outcome == "failed"
        assert "the release changed while it was fetched (it was 2023.Q4.G.03)" in report.message
        assert refresh(store, UN).outcome == "new_vintage"

    def test_without_a_release_tag_all_is_fetched_each_time(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.release = None
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
        report = refresh(store, UN, wanted=FetchScope(series, ("116",)))
        asked = [a for a in providers.world.asked if "Series/Data" in a]
        assert len(asked) > 1
        assert max(map(len, asked)) < 1500
        assert sorted(s for a in asked for s in parse_qs(urlsplit(a).query)["seriesCode"]) == sorted(series)
        assert report.outcome == "new_vintage"

    def test_odd_values_come_through(self, providers: Providers, store: SnapshotStore) -> None:
        odd = iter(["<2.5", ">=80", "<0.1", "<100", "N", "NaN"] * 1000)
        providers.world.un_row = lambda r: {**r, "value": next(odd)}
        frame = frame_of(store, refresh(store, UN))
        assert set(frame["obs_value"]) == {"<2.5", ">=80", "<0.1", "<100", "N", "NaN"}


# --- the World Bank's own ways ------------------------------------------------------------------------------------


class TestWorldBank:
    def test_format_source_and_size_are_always_asked(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, BANK)
        for asked in providers.world.asked:
            query = parse_qs(urlsplit(asked).query)
            assert query["format"] == ["json"]
            if "/indicator/" in asked:
                assert (query["source"], query["per_page"], query["footnote"]) == (["2"], ["1000"], ["y"])
            assert len(asked) < 1500

    @pytest.mark.parametrize(
        ("where", "code", "said"),
        [
            ("bank_unknown", "SI.POV.GINI", "Series SI.POV.GINI was refused by the World Bank (error 120"),
            ("bank_archived", "SI.POV.GINI", "Series SI.POV.GINI was refused by the World Bank (error 175"),
            ("bank_empty", "SI.POV.GINI", "Series SI.POV.GINI was refused by the World Bank (error 160"),
            ("bank_unknown", "VNM", "Areas refused by the World Bank (error 120): VNM"),
        ],
    )
    def test_the_one_bad_code_is_found_and_the_rest_kept(
        self, where: str, code: str, said: str, providers: Providers, store: SnapshotStore
    ) -> None:
        getattr(providers.world, where).add(code)
        report = refresh(store, BANK)
        assert report.outcome == "new_vintage", report.message
        assert not report.whole
        assert said in report.left_out[0]
        kept = store.open(report.snapshot or "")
        assert code not in kept.series_asked + kept.areas_asked
        assert said in (kept.note or "")
        frame = frame_of(store, report)
        wanted = WANTED[BANK]
        assert set(frame["series"]) == set(wanted.series) - {code}
        assert set(frame["ref_area"]) == set(wanted.areas) - {code}
        assert refresh(store, BANK).requests == 1, "what was refused is not asked for at every refresh"

    def test_two_bad_codes_at_once(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.bank_unknown |= {"VNM", "SI.POV.GINI"}
        report = refresh(store, BANK)
        assert len(report.left_out) == 2
        assert store.open(report.snapshot or "").series_asked == ["SP.POP.TOTL", "per_allsp.cov_pop_tot"]

    def test_all_are_bad(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.bank_archived |= set(WANTED[BANK].series)
        assert "refused every series" in refresh(store, BANK).message
        providers.world.bank_unknown |= set(WANTED[BANK].areas)
        assert "refused every area" in refresh(store, BANK).message
        assert store.list() == []

    def test_rows_of_another_shape_fail_the_dataset_and_no_more(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        providers.world.bank_row = lambda row: {**row, "indicator": "SP.POP.TOTL", "country": "VN"}
        report = refresh(store, BANK)
        assert report.outcome == "failed"
        assert "The last good snapshot stands." in report.message

    def test_another_source(self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """ASPIRE is source 29: a dataset names its own."""
        with_dataset(monkeypatch, BANK, parameters={"source": "29"})
        report = refresh(store, BANK)
        assert report.outcome == "new_vintage"
        assert "/v2/source/29?format=json" in providers.world.asked
        of_series = [a for a in providers.world.asked if "/indicator/" in a]
        assert of_series
        assert all("source=29" in a for a in of_series)
        assert set(frame_of(store, report)["sourceid"]) == {"29"}

    def test_figures_of_another_date_than_the_source_said(self, providers: Providers, store: SnapshotStore) -> None:
        def later(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(reply.body.replace(b"2024-06-28", b"2024-07-01"))

        providers.world.fault = on("/indicator/", later)
        assert "lastupdated 2024-07-01, the source said lastupdated 2024-06-28" in refresh(store, BANK).message

    def test_rows_without_a_figure_are_kept(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.bank_row = lambda r: {**r, "value": None} if r["date"] == "2010" else r
        frame = frame_of(store, refresh(store, BANK))
        assert frame.loc[frame["time_period"] == "2010", "obs_value"].isna().all()

    def test_areas_that_were_not_asked_for(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ignore_area = True
        assert "areas came back that were not asked for" in refresh(store, BANK).message


# --- the ILO's own ways -------------------------------------------------------------------------------------------


class TestIlo:
    def test_the_key_and_the_language(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, ILO)
        assert providers.world.paths() == [
            "/bulk/metadata/toc/indicator/",
            f"/sdmx/data/ILO,DF_SDG_0131_SEX_SOC_RT/{'+'.join(AREAS_ILO)}.A...",
        ]

    def test_unknown_areas_are_found_by_name(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ilo_unknown |= {"X84", "TLS"}
        report = refresh(store, ILO)
        assert report.outcome == "new_vintage", report.message
        assert report.left_out == ["Areas that the ILO does not know: TLS, X84."]
        assert set(frame_of(store, report)["ref_area"]) == set(AREAS_ILO) - {"X84", "TLS"}

    def test_no_area_is_known(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ilo_unknown |= set(AREAS_ILO)
        assert "knows not one of the areas" in refresh(store, ILO).message

    def test_status_500_for_another_reason_is_a_failure(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.fault = on("/sdmx/", lambda _: servers.Reply(b"NullPointerException", 500))
        report = refresh(store, ILO)
        assert "status 500, body beginning 'NullPointerException'" in report.message

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("data/ILO,DF_UNKNOWN", "does not know the dataflow"),
            ("data/DF_SDG_0131_SEX_SOC_RT", "the agency is missing"),
        ],
    )
    def test_what_404_and_422_mean(
        self, address: str, said: str, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_dataset(monkeypatch, ILO, address=address)
        report = refresh(store, ILO)
        assert report.outcome == "failed"
        assert said in report.message

    def test_refused_under_load(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.fault = on("/sdmx/", servers.busy, times=2)
        assert refresh(store, ILO).outcome == "new_vintage"
        providers.world.fault = on("/sdmx/", servers.busy)
        assert "status 403, asked 4 times" in refresh(store, ILO, force=True).message

    def test_areas_that_were_not_asked_for(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ignore_area = True
        report = refresh(store, ILO, wanted=FetchScope(WANTED[ILO].series, ("KHM", "THA")))
        assert "13 areas came back that were not asked for" in report.message

    def test_a_table_that_is_not_in_the_contents(
        self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_dataset(monkeypatch, ILO, dataset="SDG_0131_OLD")
        report = refresh(store, ILO)
        assert "table SDG_0131_OLD_A stands 0 times among 2" in report.message
        assert "LAST_UPDATE of the dataflow was asked for instead" in report.message
        assert "dataflow/ILO/DF_SDG_0131_OLD/latest: status 404" in report.message
        assert report.requests == 2

    @pytest.mark.parametrize("as_json", [False, True], ids=["xml", "json"])
    @pytest.mark.parametrize(
        "fault",
        [servers.empty, servers.header_only, servers.html, servers.busy, servers.broken_off],
        ids=["empty", "header", "html", "403", "broken off"],
    )
    def test_a_table_of_contents_that_is_out_is_no_sign_that_nothing_changed(
        self,
        fault: Callable[[servers.Reply], servers.Reply],
        as_json: bool,
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        world = providers.world
        first = refresh(store, ILO)
        world.dataflow_json = as_json
        world.fault = on("metadata/toc", fault)
        quiet = refresh(store, ILO)
        assert (quiet.outcome, quiet.release_tag) == ("unchanged", first.release_tag), "the same moment"
        (warning,) = quiet.warnings
        assert warning.startswith("LAST_UPDATE of the dataflow was read (")
        assert "metadata/toc" in warning
        raise_values(world)
        world.dataflow_update = "18/09/2026 07:04:04"
        moved = refresh(store, ILO)
        assert (moved.outcome, moved.release_tag) == ("new_vintage", "LAST_UPDATE 18/09/2026 07:04:04")
        assert str(moved.vintage_date) == "2026-09-18"
        world.fault, world.last_update = None, "18/09/2026 07:04:04"
        back = refresh(store, ILO)
        assert (back.outcome, back.warnings) == ("unchanged", []), "one moment, whichever place it is read in"

    @pytest.mark.parametrize(
        ("other", "said"),
        [
            (servers.empty, "found an empty body"),
            (servers.html, "found an HTML page"),
            (servers.bad_gateway, "status 502, asked 4 times"),
            (lambda r: servers.Reply(r.body.replace(b"LAST_UPDATE", b"OTHER")), "annotation LAST_UPDATE 0 times"),
            (lambda r: servers.Reply(r.body[:-40]), "no whole XML"),
            (lambda r: servers.Reply(r.body.replace(b"<message:Header>", b"&a;", 1)), "no whole XML"),
            (lambda r: servers.Reply(b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'), "XML with a document type"),
            (lambda r: servers.Reply(b'{"data": {"dataflows": {}}}'), "JSON without data.dataflows"),
            (lambda r: servers.Reply(r.body.replace(b"12/09/2024 08:00:00", b"soon")), "last.update is 'soon'"),
        ],
    )
    def test_both_places_of_the_mark_fail(
        self,
        other: Callable[[servers.Reply], servers.Reply],
        said: str,
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        kept = refresh(store, ILO)

        def fault(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            return servers.empty(reply) if "metadata/toc" in path else other(reply) if "dataflow/" in path else None

        providers.world.fault = fault
        report = refresh(store, ILO)
        assert report.outcome == "failed"
        assert "table of contents: found an empty body" in report.message
        assert said in report.message
        assert [m.place for m in store.list()] == [kept.snapshot]

    def test_a_date_in_no_known_form(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.last_update = "yesterday"
        assert "last.update is 'yesterday', expected a date" in refresh(store, ILO).message

    def test_blank_values_are_kept(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ilo_row = lambda r: [*r[:7], "" if r[1] == "KHM" else r[7], *r[8:]]
        frame = frame_of(store, refresh(store, ILO))
        assert frame.loc[frame["ref_area"] == "KHM", "obs_value"].isna().all()


class TestIloBulk:
    @pytest.fixture(autouse=True)
    def bulk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with_dataset(monkeypatch, ILO, endpoint="bulk", address="data/indicator/")

    def test_the_same_figures_come_by_the_other_road(
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
        assert "ref_area=BRN+IDN" in providers.world.asked[-1], "a literal +"

    def test_a_parameter_that_is_ignored_is_noticed(self, providers: Providers, store: SnapshotStore) -> None:
        providers.world.ignore_area = True
        report = refresh(store, ILO, wanted=FetchScope(WANTED[ILO].series, ("KHM",)))
        assert "14 areas came back that were not asked for" in report.message

    def test_an_unknown_code_brings_a_header_only(self, providers: Providers, store: SnapshotStore) -> None:
        report = refresh(store, ILO, wanted=FetchScope(WANTED[ILO].series, ("XXX",)))
        assert "found a header and no rows" in report.message
        assert "check the codes asked for" in report.message


# --- the World Population Prospects -------------------------------------------------------------------------------


class TestWpp:
    def test_other_places_are_not_staged_and_the_bytes_are_kept_whole(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        report = refresh(store, WPP)
        assert set(frame_of(store, report)["ref_area"]) == {"KHM", "THA", "WORLD"}
        kept = store.open(report.snapshot or "")
        assert kept.files[0].name == "WPP2024_Demographic_Indicators_Medium.csv.gz"
        raw = (store.folder(kept) / kept.files[0].name).read_bytes()
        assert raw == published_rows.wpp()[registry.dataset(*WPP).address], "the provider's own bytes"
        assert b"FRA" in gzip.decompress(raw)
        assert (str(kept.vintage_date), kept.release_tag) == ("2024-07-11", "WPP 2024")

    def test_without_a_mark_of_the_file_nothing_is_asked_again(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        providers.world.etag = False
        assert refresh(store, WPP).requests == 1
        assert refresh(store, WPP).requests == 0

    def test_another_file_under_the_same_revision(self, providers: Providers, store: SnapshotStore) -> None:
        refresh(store, WPP)
        other = gzip.compress(
            gzip.decompress(published_rows.wpp()[registry.dataset(*WPP).address]).replace(b"THA", b"XXX")
        )
        providers.world.fault = on("WPP2024", lambda _: servers.Reply(other, headers={"ETag": '"new"'}))
        report = refresh(store, WPP)
        assert report.outcome == "changed_in_place"
        assert report.requests == 1
        assert len(store.list()) == 2

    def test_no_area_asked_for_is_in_the_file(self, providers: Providers, store: SnapshotStore) -> None:
        report = refresh(store, WPP, wanted=FetchScope(WANTED[WPP].series, ("116",)))
        assert "not one row is of an area asked for" in report.message
        assert "crosswalk ref_area of un_wpp" in report.message

    def test_an_area_under_one_of_its_codes_is_no_area_that_lacks(
        self, providers: Providers, store: SnapshotStore
    ) -> None:
        """Files of other revisions write places as LocID; their codes stand in the crosswalk, and not in this file."""
        meaning = {"KHM": "KHM", "116": "KHM", "THA": "THA", "764": "THA", "WORLD": "WLD", "900": "WLD", "XXX": "XXX"}
        asked = FetchScope(WANTED[WPP].series, tuple(sorted({*meaning, "999"})), meaning=meaning | {"999": "XXX"})
        report = refresh(store, WPP, wanted=asked)
        assert report.warnings == ["1 area asked for came back without rows: XXX"]
        kept = store.open(report.snapshot or "")
        assert kept.areas_asked == list(asked.areas), "the question stays whole"
        assert registry.parse_snapshot(store, kept).warnings == []
        again = refresh(store, WPP, wanted=asked)
        assert again.outcome == "unchanged"
        assert again.warnings == report.warnings, "told until it is there"
        assert refresh(store, WPP, force=True, wanted=asked).outcome == "same_content"

    def test_a_moved_file(self, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
        with_dataset(monkeypatch, WPP, address="moved/WPP2024.csv.gz")
        report = refresh(store, WPP)
        assert "status 404" in report.message
        assert "moved the address" in report.message


def test_a_dataset_without_an_address() -> None:
    with pytest.raises(registry.RegistryError, match="national has no address to ask"):
        registry.fetcher("national")


def test_structures_still_load() -> None:
    spec: DatasetSpec = registry.dataset(*BANK)
    assert spec.parameters["source"] == "2"
