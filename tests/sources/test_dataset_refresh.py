"""Refreshing datasets from servers that answer like the providers: new vintages, unchanged datasets, faults."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from messages import assert_reports
from provider_sample import FetchedDataset, fetched_datasets
from providers import servers
from providers.servers import Providers, on
from refreshing import frame_of, refresh

from indicator_defs.system import clock
from sources import registry
from sources.dataset_refresh import WORK, read_reports, write_report
from sources.fetching import FetchScope
from sources.newest_vintages import current_snapshots
from sources.parsing import ParsedDataset, content_fingerprint
from sources.provider_spec import ProviderSpec
from sources.snapshots import SnapshotStore

FETCHED = fetched_datasets()
# One dataset of each provider.
MAIN = list({f.provider: f for f in reversed(FETCHED)}.values())[::-1]
PAGED = [f for f in MAIN if f.is_paged]
RELEASED = [f for f in MAIN if f.service.publishes_releases]
DATED = [f for f in RELEASED if f.service().vintage_date is not None]
# Datasets whose release mark has only one address: without an answer there the refresh fails.
ONE_MARK = [f for f in RELEASED if registry.provider(f.provider).what_changed_otherwise is None]
ONE = ONE_MARK[0]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows per page for every paged provider."""
    real = registry.provider
    rows = {f.provider: f.sample.small_page for f in PAGED}

    def small(name: str) -> ProviderSpec:
        spec = real(name)
        return spec.model_copy(update={"page_sizes": dict.fromkeys(spec.page_sizes, rows.get(name, 0))})

    monkeypatch.setattr(registry, "provider", small)


# --- downloaded and published data are equal -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fetched", [pytest.param(f, marks=pytest.mark.long) if f.sample.is_large else f for f in FETCHED], ids=str
)
def test_downloaded_data_equal_the_archive(
    fetched: FetchedDataset,
    providers: Providers,
    store: SnapshotStore,
    archive: SnapshotStore,
    parsed: dict[str, ParsedDataset],
) -> None:
    """All series and areas of the archive; the tables are equal cell by cell (except `about_the_answer`)."""
    shipped_manifests = [m for m in archive.list() if (m.provider, m.dataset) == fetched.which]
    if fetched.service.newest_vintage_only:
        shipped_manifests = shipped_manifests[-1:]
    series_of = {c.manifest.place: c.series for c in current_snapshots(shipped_manifests)}
    scope = FetchScope(
        tuple(sorted({s for m in shipped_manifests for s in m.series_asked})),
        tuple(sorted({a for m in shipped_manifests for a in m.areas_asked})),
    )
    report = refresh(store, fetched, scope=scope)
    assert report.outcome == "new_vintage", report.message
    assert report.is_complete
    manifest = store.open(report.snapshot or "")
    assert manifest.origin == "fetched"
    assert not manifest.rebuilt
    assert sorted(manifest.series_asked) == list(scope.series)
    assert sum(f.bytes for f in manifest.files) > 0
    store.verify(manifest)
    not_compared = fetched.spec.about_the_answer
    frames = {place: parsed[place].frame for place in series_of}
    shipped = pd.concat([frame[frame["series"].isin(series_of[place])] for place, frame in frames.items()])
    shipped = shipped.drop(columns=not_compared)
    shipped = shipped.astype(object).where(shipped.notna(), None)
    assert content_fingerprint(frame_of(store, report).drop(columns=not_compared)) == content_fingerprint(shipped)
    again = refresh(store, fetched)
    assert again.outcome == "unchanged"
    assert again.requests == 1
    assert again.snapshot == report.snapshot


@pytest.mark.parametrize("fetched", [f for f in DATED if not f.sample.is_large], ids=str)
def test_shipped_content_is_not_stored_twice(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore, archive: SnapshotStore
) -> None:
    manifests = [m for m in archive.list() if (m.provider, m.dataset) == fetched.which]
    for manifest in manifests:
        store.import_from(archive.folder(manifest))
    scope = FetchScope(tuple(manifests[-1].series_asked), tuple(manifests[-1].areas_asked))
    report = refresh(store, fetched, scope=scope)
    assert report.outcome == "same_content", report.message
    assert report.rows
    assert refresh(store, fetched, scope=scope).outcome == "unchanged"
    assert store.list() == manifests


# --- new vintages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
class TestVintages:
    def test_other_bytes_with_the_same_content_are_not_a_new_vintage(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        providers.world.service(fetched.provider).spaces = True
        report = refresh(store, fetched, force=True)
        assert report.outcome == "same_content"
        assert report.snapshot == first.snapshot
        assert len(store.list()) == 1

    def test_other_values_under_the_same_mark_are_reported(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        providers.world.service(fetched.provider).raise_values()
        assert refresh(store, fetched).outcome == "unchanged", "the mark is the same"
        report = refresh(store, fetched, force=True)
        assert report.outcome == "changed_in_place"
        assert_reports(report.message, found="changed under the same")
        assert report.release_tag == first.release_tag
        assert len(store.list()) == 2, "nothing is overwritten"
        (current,) = [c for c in current_snapshots(store.list()) if c.series]
        assert current.manifest.place == report.snapshot

    def test_new_mark_with_other_values_is_a_new_vintage(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        service = providers.world.service(fetched.provider)
        service.publish(date(2024, 9, 30))
        same = refresh(store, fetched)
        assert same.outcome == "same_content", "a release without changes in our series"
        service.raise_values()
        service.publish(date(2024, 12, 16))
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage"
        manifest = store.open(report.snapshot or "")
        assert manifest.vintage_date == (service.vintage_date or clock.today())
        assert store.open(first.snapshot or "").release_tag != manifest.release_tag

    def test_values_changed_under_the_same_mark_are_detected_after_some_time(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        refresh(store, fetched)
        providers.world.service(fetched.provider).raise_values()
        (path,) = store.root.glob(".fetch/*/state.json")
        state = json.loads(path.read_text())
        state["fetched_at"] = (clock.now() - timedelta(days=400)).isoformat()
        path.write_text(json.dumps(state))
        assert refresh(store, fetched).outcome == "changed_in_place"


@pytest.mark.parametrize("fetched", PAGED, ids=str)
def test_larger_scope_is_downloaded_under_the_same_mark(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    refresh(store, fetched, scope=replace(fetched.scope, series=fetched.scope.series[:-1]))
    report = refresh(store, fetched)
    assert report.outcome == "new_vintage", "the provider changed nothing"
    assert refresh(store, fetched).outcome == "unchanged"


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
@pytest.mark.parametrize("lost", ["state", "snapshot"])
def test_lost_state_or_snapshot_is_downloaded_again(
    lost: str, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    first = refresh(store, fetched)
    if lost == "state":
        next(store.root.glob(".fetch/*/state.json")).write_text("{")
    else:
        shutil.rmtree(store.folder(store.open(first.snapshot or "")))
    report = refresh(store, fetched)
    assert report.requests == first.requests
    assert store.open(report.snapshot or "").snapshot_id == store.open(first.snapshot or "").snapshot_id


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
def test_vintage_date_is_the_provider_s_date_or_the_day_of_the_answer(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore, day: date
) -> None:
    report = refresh(store, fetched)
    assert report.outcome == "new_vintage", report.message
    assert report.at.date() == day
    manifest = store.open(report.snapshot or "")
    assert str(manifest.fetched_at)[:10] == str(day)
    assert manifest.vintage_date == (providers.world.service(fetched.provider).vintage_date or day)
    assert refresh(store, fetched).outcome == "unchanged"


def test_state_dated_in_the_future_is_not_used(providers: Providers, store: SnapshotStore, day: date) -> None:
    """Otherwise nothing would be downloaded until that date."""
    assert registry.provider(ONE.provider).calendar.fetch_anyway_after_days is not None
    assert refresh(store, ONE).outcome == "new_vintage"
    (path,) = store.root.glob(".fetch/*/state.json")
    state = json.loads(path.read_text())
    state["fetched_at"] = (clock.now() + timedelta(days=400)).isoformat()
    path.write_text(json.dumps(state))
    assert refresh(store, ONE).outcome == "same_content"
    assert json.loads(path.read_text())["fetched_at"][:10] == str(day)


def test_snapshot_dated_in_the_future_is_reported_with_the_remedy(
    providers: Providers, store: SnapshotStore, day: date
) -> None:
    with clock.set_to(day + timedelta(days=400)):
        ahead = refresh(store, ONE)
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    folder = store.root / str(ahead.snapshot)
    assert_reports(
        report.message,
        expected=(f"snapshot {ahead.snapshot} on {day + timedelta(days=400)}",),
        remedy=(f"remove the folder {folder}", "refresh again"),
    )
    shutil.rmtree(folder)
    assert refresh(store, ONE).outcome == "new_vintage"


def test_clock_before_the_last_download_is_reported(providers: Providers, store: SnapshotStore) -> None:
    refresh(store, ONE)
    with clock.set_to(datetime(2020, 1, 1, tzinfo=UTC)):
        report = refresh(store, ONE, force=True)
    assert report.outcome == "failed"
    assert_reports(report.message, found=("clock of this machine", "2020-01-01"))
    assert report.requests == 0


@pytest.mark.parametrize("fetched", DATED, ids=str)
def test_older_release_date_is_reported(fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
    service = providers.world.service(fetched.provider)
    newest = service.vintage_date
    refresh(store, fetched)
    service.publish(date(2020, 1, 1))
    service.raise_values()
    report = refresh(store, fetched)
    assert_reports(report.message, expected=f"before {newest}")


def test_reports_are_written_and_read(tmp_path: Path, providers: Providers, store: SnapshotStore) -> None:
    report = refresh(store, ONE)
    assert write_report(tmp_path, report).name == f"{ONE.provider}__{ONE.dataset}.json"
    assert read_reports(tmp_path) == [report]


# --- faults of every provider --------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[servers.Reply], servers.Reply], tuple[str, ...]]] = {
    "html": (servers.html, ("found an HTML page", "'Service unavailable'")),
    "empty": (servers.empty, ("found an empty body",)),
    "xml": (servers.xml, ("found XML", "'Format not found'")),
    "502": (servers.bad_gateway, ("status 502 after 4 requests", "'<html><title>502 Bad Gateway")),
    "incomplete": (servers.incomplete, ("the answer is incomplete",)),
}


@pytest.mark.parametrize("fetched", MAIN, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_keeps_the_last_good_snapshot(
    fetched: FetchedDataset, fault: str, providers: Providers, store: SnapshotStore
) -> None:
    change, found = FAULTS[fault]
    good = refresh(store, fetched)
    world = providers.world
    world.fault = on(fetched.path, change)
    report = refresh(store, fetched, force=True)
    assert report.outcome == "failed"
    assert_reports(report.message, place=providers.base, found=found, remedy="last good snapshot")
    assert [m.place for m in store.list()] == [good.snapshot]
    world.fault = on(fetched.path, change, times=0)
    assert refresh(store, fetched, force=True).outcome in ("same_content", "unchanged")


@pytest.mark.parametrize("fetched", MAIN, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_temporary_fault_has_no_effect(
    fetched: FetchedDataset, fault: str, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(fetched.path, FAULTS[fault][0], times=1)
    assert refresh(store, fetched).outcome == "new_vintage"


@pytest.mark.parametrize("fetched", FETCHED, ids=str)
def test_body_cut_in_half_is_refused(fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(fetched.path, servers.cut_in_half)
    report = refresh(store, fetched)
    assert report.outcome == "failed"
    assert_reports(report.message, found=fetched.cut_message)
    assert store.list() == []


@pytest.mark.parametrize("fetched", [f for f in FETCHED if not f.spec.address.endswith(".gz")], ids=str)
def test_padded_body_is_refused(fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(fetched.path, servers.padded)
    report = refresh(store, fetched)
    assert report.outcome == "failed"
    assert "NUL bytes" in report.message
    assert store.list() == []


@pytest.mark.parametrize("fault", [servers.html, servers.empty, servers.header_only], ids=["html", "empty", "header"])
@pytest.mark.parametrize("fetched", ONE_MARK, ids=str)
def test_fault_of_the_release_mark_is_a_failure(
    fetched: FetchedDataset,
    fault: Callable[[servers.Reply], servers.Reply],
    providers: Providers,
    store: SnapshotStore,
) -> None:
    part = fetched.sample.mark_path
    first = refresh(store, fetched)
    before = providers.world.count()
    providers.world.fault = on(part, fault)
    report = refresh(store, fetched)
    assert report.outcome == "failed", "no mark does not mean that nothing changed"
    assert part in report.message
    assert providers.world.count() == before + 2, "one more request, and none for figures"
    assert [m.place for m in store.list()] == [first.snapshot]


def overlap(fetched: FetchedDataset, times: int | None = None) -> servers.Fault:
    return servers.overlap(fetched.path, fetched.sample.rows_of, fetched.sample.with_rows, times)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("fetched", PAGED, ids=str)
class TestPages:
    def test_all_pages_are_downloaded(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage", report.message
        assert report.requests > 4
        assert report.rows == len(frame_of(store, report)) > 30

    def test_cached_pages_are_not_downloaded_again(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        failed = refresh(store, fetched)
        assert failed.outcome == "failed"
        assert_reports(failed.message, place="page=3", found="1 of")
        assert store.list() == [], "only complete datasets are stored"
        world.fault = None
        before = world.count()
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage"
        data = [a for a in world.requests[before:] if fetched.path in a]
        assert len(data) == 1
        assert "page=3" in data[0]
        assert not list(store.root.glob(".fetch/*/pages")), "pages are dropped when the dataset is complete"

    def test_altered_cached_page_is_downloaded_again(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        refresh(store, fetched)
        for page in store.root.glob(".fetch/*/pages/*"):
            if page.name != "mark":
                page.write_bytes(page.read_bytes()[:-5])
        world.fault = None
        before = world.count()
        assert refresh(store, fetched).outcome == "new_vintage"
        assert len([a for a in world.requests[before:] if fetched.path in a]) > 3

    def test_cached_pages_of_another_release_are_dropped(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        refresh(store, fetched)
        world.fault = None
        world.service(fetched.provider).publish(date(2024, 9, 30))
        before = world.count()
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage"
        assert len([a for a in world.requests[before:] if fetched.path in a]) > 3

    @pytest.mark.parametrize("more", [1, -1])
    def test_wrong_total_is_refused(
        self, fetched: FetchedDataset, more: int, providers: Providers, store: SnapshotStore
    ) -> None:
        service = providers.world.service(fetched.provider)
        service.total_offset = more
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert_reports(report.message, expected="as in the header")
        assert not list(store.root.glob(".fetch/*/pages")), "these pages are not cached"
        service.total_offset = 0
        assert refresh(store, fetched).outcome == "new_vintage"

    def test_same_page_for_each_number_is_refused(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        """The server ignores `page`."""
        first: list[servers.Reply] = []

        def first_page(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if fetched.path in path:
                first.append(reply)
                return servers.Reply(first[0].body)
            return None

        providers.world.fault = first_page
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert_reports(report.message, found="found page 1", expected="expected page 2")

    def test_overlapping_pages_are_requested_once_more_and_then_refused(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        first = refresh(store, fetched)
        pages = {urlsplit(a).query for a in world.requests if fetched.path in a}
        before = world.count()
        world.fault = overlap(fetched)
        report = refresh(store, fetched, force=True)
        assert report.outcome == "failed"
        assert_reports(report.message, found=("requested twice", "1 duplicate key"))
        files = r"\S+page_001.json.gz, \S+page_002.json.gz,"
        key_with_rows = r"\S+ \w+ \d{4}.* \(\S+page_001.json.gz:\d+, \S+page_002.json.gz:1\)"
        assert re.search(f"{files}.* {key_with_rows}", report.message), report.message
        data = [urlsplit(a).query for a in world.requests[before:] if fetched.path in a]
        assert len(data) == len(set(data)) >= 2 * len(pages), "all pages twice, with another page size"
        assert [m.place for m in store.list()] == [first.snapshot]
        assert not list(store.root.glob(".fetch/*/pages")), "the next attempt starts again"
        world.fault = None
        assert refresh(store, fetched, force=True).outcome == "same_content"

    def test_pages_that_overlap_once_are_complete_the_second_time(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        expected = frame_of(store, refresh(store, fetched))
        providers.world.fault = overlap(fetched, times=1)
        other = SnapshotStore(tmp_path / "other")
        report = refresh(other, fetched)
        assert report.outcome == "new_vintage", report.message
        assert content_fingerprint(frame_of(other, report)) == content_fingerprint(expected)
        assert not list(other.root.glob(".fetch/*/pages"))

    @pytest.mark.parametrize("change", [lambda r: r, lambda r: {**r, "value": "77"}], ids=["identical", "other value"])
    def test_duplicate_key_on_one_page(
        self,
        fetched: FetchedDataset,
        change: Callable[[dict[str, object]], object],
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        """Duplicate keys on one page are not an overlap: they are stored, unless `key_once` excludes them."""
        sample = fetched.sample
        rows_to_copy: list[object] = []

        def with_copy(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if fetched.path not in path:
                return None
            if not rows_to_copy:
                rows_to_copy.append(sample.rows_of(reply.body)[2])

            def with_a_copy(rows: list[object]) -> list[object]:
                index = rows.index(rows_to_copy[0]) if rows_to_copy[0] in rows else None
                return rows if index is None else [*rows[: index + 1], change(rows[index]), *rows[index + 1 :]]

            return servers.Reply(sample.with_total(sample.with_rows(reply.body, with_a_copy), 1))

        providers.world.fault = with_copy
        report = refresh(store, fetched)
        if fetched.spec.key_once:
            assert report.outcome == "failed"
            assert re.search(r"1 duplicate key in data_\S*page_001.json.gz", report.message)
            return
        assert report.outcome == "new_vintage", report.message
        frame = frame_of(store, report)
        key = [c for c in frame.columns if c not in ("snapshot_row", "obs_value")]
        assert frame.duplicated(key).sum() == 1, "both rows are stored, as candidates"
        warnings = [w for w in report.warnings if "1 key in identical rows" in w]
        assert len(warnings) == (change({}) == {})

    def test_header_with_too_many_pages_is_refused(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        sample = fetched.sample

        def many(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(sample.with_count(reply.body, sample.pages_field, b"2000000000"))

        providers.world.fault = on(fetched.path, many)
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert_reports(report.message, place="header", found="2000000000 pages", remedy="limits.pages")
        assert providers.world.count() == 2

    def test_count_that_is_not_a_number_is_refused(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        sample = fetched.sample

        def long_count(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(sample.with_count(reply.body, sample.total_field, b"9" * 5000))

        providers.world.fault = on(fetched.path, long_count)
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert_reports(report.message, place=f"header field {sample.total_field}", expected="a whole number")
        assert len(report.message) < 1000


def test_manifest_has_status_and_headers_of_each_answer(
    providers: Providers, store: SnapshotStore, archive: SnapshotStore
) -> None:
    files = store.open(refresh(store, PAGED[0]).snapshot or "").files
    assert [f.status for f in files] == [200] * len(files)
    assert [f.headers.get("content-type") for f in files] == ["application/json;charset=utf-8"] * len(files)
    shipped = archive.list()[0]
    assert "headers" not in shipped.model_dump_json(), "rebuilt answers have no headers"


@pytest.mark.parametrize("fetched", MAIN, ids=str)
def test_snapshot_that_was_set_aside_is_downloaded_again_as_new_vintage(
    providers: Providers, store: SnapshotStore, fetched: FetchedDataset
) -> None:
    first = refresh(store, fetched)
    manifest = store.open(first.snapshot or "")
    path = store.folder(manifest) / manifest.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    assert [a.place for a in store.set_altered_aside()] == [manifest.place]
    again = refresh(store, fetched)
    assert (again.outcome, again.snapshot) == ("new_vintage", first.snapshot)
    assert store.set_aside() == ()


def test_work_folder_that_cannot_be_written_is_reported(providers: Providers, store: SnapshotStore) -> None:
    (store.root / WORK).parent.mkdir(parents=True, exist_ok=True)
    (store.root / WORK).write_text("a file where the folder should be")
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert_reports(report.message, found="cannot be written", remedy=("make the folder writable", "last good snapshot"))
