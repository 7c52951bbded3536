"""Refreshing datasets from servers that answer as the providers do: what is new, what is kept, what is lost."""

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
# Those whose mark is asked for in one place: an outage there is the end.
ONE_MARK = [f for f in RELEASED if registry.provider(f.provider).what_changed_otherwise is None]
ONE = ONE_MARK[0]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every paged provider gives a few rows a page."""
    real = registry.provider
    rows = {f.provider: f.sample.small_page for f in PAGED}

    def small(name: str) -> ProviderSpec:
        spec = real(name)
        return spec.model_copy(update={"page_sizes": dict.fromkeys(spec.page_sizes, rows.get(name, 0))})

    monkeypatch.setattr(registry, "provider", small)


# --- what is fetched is what is published -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fetched", [pytest.param(f, marks=pytest.mark.long) if f.sample.is_large else f for f in FETCHED], ids=str
)
def test_what_is_fetched_is_what_is_shipped(
    fetched: FetchedDataset,
    providers: Providers,
    store: SnapshotStore,
    archive: SnapshotStore,
    parsed: dict[str, ParsedDataset],
) -> None:
    """All series and areas of the archive; the tables are equal cell by cell (apart from the answer's own date)."""
    mine = [m for m in archive.list() if (m.provider, m.dataset) == fetched.which]
    if fetched.service.newest_vintage_only:
        mine = mine[-1:]
    series_of = {c.manifest.place: c.series for c in current_snapshots(mine)}
    scope = FetchScope(
        tuple(sorted({s for m in mine for s in m.series_asked})),
        tuple(sorted({a for m in mine for a in m.areas_asked})),
    )
    report = refresh(store, fetched, scope=scope)
    assert report.outcome == "new_vintage", report.message
    assert report.is_complete
    kept = store.open(report.snapshot or "")
    assert kept.origin == "fetched"
    assert not kept.rebuilt
    assert sorted(kept.series_asked) == list(scope.series)
    assert sum(f.bytes for f in kept.files) > 0
    store.verify(kept)
    own = fetched.spec.about_the_answer
    frames = {place: parsed[place].frame for place in series_of}
    shipped = pd.concat([frame[frame["series"].isin(series_of[place])] for place, frame in frames.items()])
    shipped = shipped.drop(columns=own)
    shipped = shipped.astype(object).where(shipped.notna(), None)
    assert content_fingerprint(frame_of(store, report).drop(columns=own)) == content_fingerprint(shipped)
    again = refresh(store, fetched)
    assert again.outcome == "unchanged"
    assert again.requests == 1
    assert again.snapshot == report.snapshot


@pytest.mark.parametrize("fetched", [f for f in DATED if not f.sample.is_large], ids=str)
def test_shipped_content_is_not_kept_twice(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore, archive: SnapshotStore
) -> None:
    mine = [m for m in archive.list() if (m.provider, m.dataset) == fetched.which]
    for manifest in mine:
        store.import_from(archive.folder(manifest))
    scope = FetchScope(tuple(mine[-1].series_asked), tuple(mine[-1].areas_asked))
    report = refresh(store, fetched, scope=scope)
    assert report.outcome == "same_content", report.message
    assert report.rows
    assert refresh(store, fetched, scope=scope).outcome == "unchanged"
    assert store.list() == mine


# --- what is new --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
class TestVintages:
    def test_other_bytes_are_no_new_vintage(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        providers.world.service(fetched.provider).spaces = True
        report = refresh(store, fetched, force=True)
        assert report.outcome == "same_content"
        assert report.snapshot == first.snapshot
        assert len(store.list()) == 1

    def test_other_values_under_the_same_mark_are_told(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        providers.world.service(fetched.provider).raise_values()
        assert refresh(store, fetched).outcome == "unchanged", "the mark stands"
        report = refresh(store, fetched, force=True)
        assert report.outcome == "changed_in_place"
        assert "changed under the same mark" in report.message
        assert report.release_tag == first.release_tag
        assert len(store.list()) == 2, "nothing is overwritten"
        (now,) = [c for c in current_snapshots(store.list()) if c.series]
        assert now.manifest.place == report.snapshot

    def test_a_new_mark_is_a_new_vintage(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        first = refresh(store, fetched)
        service = providers.world.service(fetched.provider)
        service.publish(date(2024, 9, 30))
        same = refresh(store, fetched)
        assert same.outcome == "same_content", "a release that changed nothing for us"
        service.raise_values()
        service.publish(date(2024, 12, 16))
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage"
        kept = store.open(report.snapshot or "")
        assert kept.vintage_date == (service.vintage_date or clock.today())
        assert store.open(first.snapshot or "").release_tag != kept.release_tag

    def test_values_that_change_silently_are_noticed_in_the_end(
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
def test_a_larger_scope_is_fetched_under_the_same_mark(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    refresh(store, fetched, scope=replace(fetched.scope, series=fetched.scope.series[:-1]))
    report = refresh(store, fetched)
    assert report.outcome == "new_vintage", "the provider changed nothing"
    assert refresh(store, fetched).outcome == "unchanged"


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
@pytest.mark.parametrize("spoil", ["state", "snapshot"])
def test_what_was_lost_here_is_fetched_again(
    spoil: str, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    first = refresh(store, fetched)
    if spoil == "state":
        next(store.root.glob(".fetch/*/state.json")).write_text("{")
    else:
        shutil.rmtree(store.folder(store.open(first.snapshot or "")))
    report = refresh(store, fetched)
    assert report.requests == first.requests
    assert store.open(report.snapshot or "").snapshot_id == store.open(first.snapshot or "").snapshot_id


@pytest.mark.parametrize("fetched", RELEASED, ids=str)
def test_a_vintage_bears_the_provider_s_date_or_else_the_day(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore, day: date
) -> None:
    """Where a provider states no date of its release, the day of the answer is the vintage."""
    report = refresh(store, fetched)
    assert report.outcome == "new_vintage", report.message
    assert report.at.date() == day
    kept = store.open(report.snapshot or "")
    assert str(kept.fetched_at)[:10] == str(day)
    assert kept.vintage_date == (providers.world.service(fetched.provider).vintage_date or day)
    assert refresh(store, fetched).outcome == "unchanged"


def test_what_was_fetched_while_the_clock_ran_ahead_is_not_relied_on(
    providers: Providers, store: SnapshotStore, day: date
) -> None:
    """The state of a fetch that is dated after now: all is fetched again, else nothing would be until then."""
    assert registry.provider(ONE.provider).calendar.fetch_anyway_after_days is not None
    assert refresh(store, ONE).outcome == "new_vintage"
    (path,) = store.root.glob(".fetch/*/state.json")
    state = json.loads(path.read_text())
    state["fetched_at"] = (clock.now() + timedelta(days=400)).isoformat()
    path.write_text(json.dumps(state))
    assert refresh(store, ONE).outcome == "same_content"
    assert json.loads(path.read_text())["fetched_at"][:10] == str(day)


def test_a_snapshot_fetched_while_the_clock_ran_ahead_is_named_with_what_to_do(
    providers: Providers, store: SnapshotStore, day: date
) -> None:
    with clock.set_to(day + timedelta(days=400)):
        ahead = refresh(store, ONE)
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert f"snapshot {ahead.snapshot} was fetched on {day + timedelta(days=400)}" in report.message
    folder = store.root / str(ahead.snapshot)
    assert f"remove the folder {folder}, then refresh again" in report.message
    shutil.rmtree(folder)
    assert refresh(store, ONE).outcome == "new_vintage"


def test_a_clock_that_went_back(providers: Providers, store: SnapshotStore) -> None:
    refresh(store, ONE)
    with clock.set_to(datetime(2020, 1, 1, tzinfo=UTC)):
        report = refresh(store, ONE, force=True)
    assert report.outcome == "failed"
    assert "the clock of this machine says 2020-01-01" in report.message
    assert report.requests == 0


@pytest.mark.parametrize("fetched", DATED, ids=str)
def test_an_older_date_than_before_is_reported(
    fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    service = providers.world.service(fetched.provider)
    newest = service.vintage_date
    refresh(store, fetched)
    service.publish(date(2020, 1, 1))
    service.raise_values()
    report = refresh(store, fetched)
    assert f"older than {newest}, which stays the newest vintage" in report.message


def test_reports_are_written_and_read(tmp_path: Path, providers: Providers, store: SnapshotStore) -> None:
    report = refresh(store, ONE)
    assert write_report(tmp_path, report).name == f"{ONE.provider}__{ONE.dataset}.json"
    assert read_reports(tmp_path) == [report]


# --- faults of every provider --------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[servers.Reply], servers.Reply], str]] = {
    "html": (servers.html, "found an HTML page that says 'Service unavailable'"),
    "empty": (servers.empty, "found an empty body"),
    "xml": (servers.xml, "found XML that says 'Format not found'"),
    "502": (servers.bad_gateway, "status 502, asked 4 times, body beginning '<html><title>502 Bad Gateway"),
    "broken off": (servers.broken_off, "the answer broke off"),
}


@pytest.mark.parametrize("fetched", MAIN, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_nothing(fetched: FetchedDataset, fault: str, providers: Providers, store: SnapshotStore) -> None:
    change, said = FAULTS[fault]
    good = refresh(store, fetched)
    world = providers.world
    world.fault = on(fetched.path, change)
    report = refresh(store, fetched, force=True)
    assert report.outcome == "failed"
    assert said in report.message
    assert providers.base in report.message, "the address is named"
    assert "The last good snapshot stands" in report.message
    assert [m.place for m in store.list()] == [good.snapshot]
    world.fault = on(fetched.path, change, times=0)
    assert refresh(store, fetched, force=True).outcome in ("same_content", "unchanged")


@pytest.mark.parametrize("fetched", MAIN, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_seen(
    fetched: FetchedDataset, fault: str, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(fetched.path, FAULTS[fault][0], times=1)
    assert refresh(store, fetched).outcome == "new_vintage"


@pytest.mark.parametrize("fetched", FETCHED, ids=str)
def test_a_body_that_is_cut_in_half(fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(fetched.path, servers.cut_in_half)
    report = refresh(store, fetched)
    assert report.outcome == "failed"
    assert fetched.cut_message in report.message
    assert store.list() == []


@pytest.mark.parametrize("fetched", [f for f in FETCHED if not f.spec.address.endswith(".gz")], ids=str)
def test_a_padded_body(fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(fetched.path, servers.padded)
    report = refresh(store, fetched)
    assert report.outcome == "failed"
    assert "NUL bytes" in report.message
    assert store.list() == []


@pytest.mark.parametrize("fault", [servers.html, servers.empty, servers.header_only], ids=["html", "empty", "header"])
@pytest.mark.parametrize("fetched", ONE_MARK, ids=str)
def test_a_fault_in_the_first_question(
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
    assert report.outcome == "failed", "an answer without a mark does not mean that nothing changed"
    assert part in report.message
    assert providers.world.count() == before + 2, "asked once more, and no figures asked for"
    assert [m.place for m in store.list()] == [first.snapshot]


def overlap(fetched: FetchedDataset, times: int | None = None) -> servers.Fault:
    return servers.overlap(fetched.path, fetched.sample.rows_of, fetched.sample.with_rows, times)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("fetched", PAGED, ids=str)
class TestPages:
    def test_pages_make_the_same_table(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage", report.message
        assert report.requests > 4
        assert report.rows == len(frame_of(store, report)) > 30

    def test_what_was_fetched_is_not_fetched_again(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        world.fault = on("page=3", servers.bad_gateway)
        failed = refresh(store, fetched)
        assert failed.outcome == "failed"
        assert "page=3" in failed.message
        assert "1 of" in failed.message
        assert store.list() == [], "complete or nothing"
        world.fault = None
        before = world.count()
        report = refresh(store, fetched)
        assert report.outcome == "new_vintage"
        data = [a for a in world.requests[before:] if fetched.path in a]
        assert len(data) == 1
        assert "page=3" in data[0]
        assert not list(store.root.glob(".fetch/*/pages")), "the work is dropped when the dataset is whole"

    def test_a_kept_page_that_was_altered_is_fetched_again(
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

    def test_kept_pages_of_another_release_are_dropped(
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
    def test_totals_that_do_not_fit(
        self, fetched: FetchedDataset, more: int, providers: Providers, store: SnapshotStore
    ) -> None:
        service = providers.world.service(fetched.provider)
        service.total_offset = more
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert "as its header says" in report.message
        assert not list(store.root.glob(".fetch/*/pages")), "pages that do not fit are not kept"
        service.total_offset = 0
        assert refresh(store, fetched).outcome == "new_vintage"

    def test_the_same_page_twice(self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore) -> None:
        """A server that ignores `page`."""
        first: list[servers.Reply] = []

        def stuck(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if fetched.path in path:
                first.append(reply)
                return servers.Reply(first[0].body)
            return None

        providers.world.fault = stuck
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert "asked for page 2: part of the question was ignored" in report.message

    def test_pages_that_overlap_are_asked_for_once_more_and_then_refused(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        world = providers.world
        first = refresh(store, fetched)
        pages = {urlsplit(a).query for a in world.requests if fetched.path in a}
        before = world.count()
        world.fault = overlap(fetched)
        report = refresh(store, fetched, force=True)
        assert report.outcome == "failed"
        assert re.search(
            r"all pages asked for twice: 1 key comes more than once in \S+page_001.json.gz, \S+page_002.json.gz, so that "
            r"as many may be missing: \S+ \w+ \d{4}.* \(\S+page_001.json.gz:\d+, \S+page_002.json.gz:1\)",
            report.message,
        ), report.message
        data = [urlsplit(a).query for a in world.requests[before:] if fetched.path in a]
        assert len(data) == len(set(data)) >= 2 * len(pages), "all pages twice, with other page ends"
        assert [m.place for m in store.list()] == [first.snapshot]
        assert not list(store.root.glob(".fetch/*/pages")), "the next try asks anew"
        world.fault = None
        assert refresh(store, fetched, force=True).outcome == "same_content"

    def test_pages_that_overlap_once_are_whole_the_second_time(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore, tmp_path: Path
    ) -> None:
        whole = frame_of(store, refresh(store, fetched))
        providers.world.fault = overlap(fetched, times=1)
        other = SnapshotStore(tmp_path / "other")
        report = refresh(other, fetched)
        assert report.outcome == "new_vintage", report.message
        assert content_fingerprint(frame_of(other, report)) == content_fingerprint(whole)
        assert not list(other.root.glob(".fetch/*/pages"))

    @pytest.mark.parametrize("change", [lambda r: r, lambda r: {**r, "value": "77"}], ids=["identical", "other value"])
    def test_a_row_twice_on_one_page(
        self,
        fetched: FetchedDataset,
        change: Callable[[dict[str, object]], object],
        providers: Providers,
        store: SnapshotStore,
    ) -> None:
        """A page of its own has no row twice by an overlap: a provider may publish a key twice (`key_once` says not)."""
        sample = fetched.sample
        doubled: list[object] = []

        def twice(path: str, number: int, reply: servers.Reply) -> servers.Reply | None:
            if fetched.path not in path:
                return None
            if not doubled:
                doubled.append(sample.rows_of(reply.body)[2])

            def with_a_copy(rows: list[object]) -> list[object]:
                at = rows.index(doubled[0]) if doubled[0] in rows else None
                return rows if at is None else [*rows[: at + 1], change(rows[at]), *rows[at + 1 :]]

            return servers.Reply(sample.with_total(sample.with_rows(reply.body, with_a_copy), 1))

        providers.world.fault = twice
        report = refresh(store, fetched)
        if fetched.spec.key_once:
            assert report.outcome == "failed"
            assert re.search(r"1 key comes more than once in data_\S*page_001.json.gz", report.message)
            return
        assert report.outcome == "new_vintage", report.message
        frame = frame_of(store, report)
        key = [c for c in frame.columns if c not in ("snapshot_row", "obs_value")]
        assert frame.duplicated(key).sum() == 1, "both rows are kept, as candidates"
        named = [w for w in report.warnings if "1 key comes more than once with all cells alike" in w]
        assert len(named) == (change({}) == {})

    def test_a_header_that_claims_pages_without_end(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        sample = fetched.sample

        def many(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(sample.with_count(reply.body, sample.pages_field, b"2000000000"))

        providers.world.fault = on(fetched.path, many)
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert "the header claims 2000000000 pages for" in report.message
        assert providers.world.count() == 2

    def test_a_count_that_is_no_number(
        self, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
    ) -> None:
        sample = fetched.sample

        def odd(reply: servers.Reply) -> servers.Reply:
            return servers.Reply(sample.with_count(reply.body, sample.total_field, b"9" * 5000))

        providers.world.fault = on(fetched.path, odd)
        report = refresh(store, fetched)
        assert report.outcome == "failed"
        assert "expected a whole number" in report.message
        assert len(report.message) < 1000


def test_the_manifest_has_status_and_headers_of_each_answer(
    providers: Providers, store: SnapshotStore, archive: SnapshotStore
) -> None:
    files = store.open(refresh(store, PAGED[0]).snapshot or "").files
    assert [f.status for f in files] == [200] * len(files)
    assert [f.headers.get("content-type") for f in files] == ["application/json;charset=utf-8"] * len(files)
    shipped = archive.list()[0]
    assert "headers" not in shipped.model_dump_json(), "nothing is invented for answers that were not fetched"


@pytest.mark.parametrize("fetched", MAIN, ids=str)
def test_what_was_set_aside_is_fetched_again_and_no_changed_value(
    providers: Providers, store: SnapshotStore, fetched: FetchedDataset
) -> None:
    first = refresh(store, fetched)
    kept = store.open(first.snapshot or "")
    path = store.folder(kept) / kept.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    assert [a.place for a in store.set_altered_aside()] == [kept.place]
    again = refresh(store, fetched)
    assert (again.outcome, again.snapshot) == ("new_vintage", first.snapshot)
    assert store.set_aside() == ()


def test_a_work_folder_that_cannot_be_written_fails_its_dataset_in_words(
    providers: Providers, store: SnapshotStore
) -> None:
    (store.root / WORK).parent.mkdir(parents=True, exist_ok=True)
    (store.root / WORK).write_text("a file where the folder should be")
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert re.search(r"cannot be written: .*Free the disk or make the folder writable\. The last good", report.message)
