"""Answers on which a library fails: the report of the dataset has the address, and the next attempt starts again."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from messages import assert_reports
from provider_sample import FetchedDataset, fetched_datasets, small_answer
from providers import servers
from providers.servers import Providers, Reply, on, raw
from refreshing import refresh

from sources import registry
from sources.dataset_refresh import read_reports, write_report
from sources.fetching import Fetcher
from sources.manifests import Manifest
from sources.parsing import Parser, SourceError, content_fingerprint
from sources.provider_spec import DatasetSpec
from sources.snapshots import SnapshotStore

# One dataset of each provider.
MAIN = list({f.provider: f for f in reversed(fetched_datasets())}.values())[::-1]
PAGED = [f for f in MAIN if f.is_paged]
ONE, OTHER = PAGED[0], next(f for f in MAIN if not f.is_paged)
DEEP = b"[" * 200_000 + b"]" * 200_000


def failure_message(
    fault: Callable[[Reply], Reply], fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> str:
    """The message of a refresh that fails because of this fault; checks that the next refresh is complete."""
    providers.world.fault = on(fetched.path, fault)
    report = refresh(store, fetched)
    assert report.outcome == "failed", report.message
    assert report.requests == providers.world.count(), "the number of requests is that of the server"
    assert providers.base in report.message, "the message has the address"
    assert store.list() == []
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]
    providers.world.fault = None
    assert refresh(store, fetched).outcome == "new_vintage"
    return report.message


# --- faults of the network ---------------------------------------------------------------------------------------------

UNREADABLE, INCOMPLETE = "cannot be read", "the answer is incomplete"
OK = "HTTP/1.1 200 OK\nContent-Type: application/json"
NETWORK_FAULTS: dict[str, tuple[Callable[[Reply], Reply], str]] = {
    "no HTTP": (raw("SSH-2.0-OpenSSH_9.6"), UNREADABLE),
    "nothing at all": (raw(""), UNREADABLE),
    "a status that is not a number": (raw("HTTP/1.1 two-hundred OK"), UNREADABLE),
    "headers without end": (raw(OK + "".join(f"\nX-{n}: 1" for n in range(200))), UNREADABLE),
    "a header without end": (raw(OK + "\nX: " + "x" * 70_000), UNREADABLE),
    "two lengths": (raw(OK + "\nContent-Length: 5, 6", b"[1,2]"), "multiple unmatching values"),
    "a length that is too long": (raw(OK + "\nContent-Length: 500", b"[1,2]"), INCOMPLETE),
    "a chunk of no size": (raw(OK + "\nTransfer-Encoding: chunked", b"zz\r\n[1]\r\n"), INCOMPLETE),
    "chunks that end early": (raw(OK + "\nTransfer-Encoding: chunked", b"5\r\n[1,2]\r\n"), INCOMPLETE),
    "invalid gzip": (raw(OK + "\nContent-Encoding: gzip", b"[1,2]"), INCOMPLETE),
    "an unknown encoding": (raw(OK + "\nContent-Encoding: x-own", b"\x01\x02"), "Content-Encoding 'x-own'"),
    "too many encodings": (raw(OK + "\nContent-Encoding: " + "gzip, " * 9 + "gzip", b"x"), INCOMPLETE),
    "a part of a body": (raw("HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-1/9", b"[1"), "status 206"),
    "no content": (raw("HTTP/1.1 204 No Content"), "status 204"),
}


@pytest.mark.parametrize("fetched", [ONE, OTHER], ids=str)
@pytest.mark.parametrize("fault", NETWORK_FAULTS)
def test_network_fault_is_reported(
    fault: str, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    change, found = NETWORK_FAULTS[fault]
    assert_reports(failure_message(change, fetched, providers, store), found=found)


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: five",
        "Content-Length: -1",
        "Content-Length: " + "9" * 5000,
        "Content-Type: text/html; charset=no-such-charset",
        "Last-Modified: the day before yesterday",
        "Date: 99 Foo 12026",
        'ETag: "\xe9\x01"',
        'ETag: "a"\n \x0bfolded',
        "Last-Modified: \xa0Thu, 11 Jul 2024 00:00:00 GMT",
        "Expires: -1\nAge: never\nVary",
        "Set-Cookie: a=b; expires=Foo, 99-Bar-99999 99:99:99 GMT; domain=[",
    ],
)
@pytest.mark.parametrize("fetched", [ONE, OTHER], ids=str)
def test_invalid_headers_of_a_valid_answer_are_ignored(
    headers: str, fetched: FetchedDataset, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(fetched.path, lambda r: raw(f"HTTP/1.1 200 OK\n{headers}", r.body)(r))
    first = refresh(store, fetched)
    assert first.outcome == "new_vintage", first.message
    manifest = store.open(first.snapshot or "")
    assert all("\n" not in v for f in manifest.files for v in f.headers.values())
    again = refresh(store, fetched)
    assert again.outcome in ("unchanged", "same_content"), again.message


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("ftp://127.0.0.1/x", "status 302 redirects to 'ftp://127.0.0.1/x'"),
        ("file:///etc/hostname", "status 302 redirects to 'file:///etc/hostname'"),
        ("http://", "status 302 redirects to 'http://'"),
        ("http://[127.0.0.1", "status 302 redirects to 'http://[127.0.0.1'"),
        ("//", "status 302 redirects to '//'"),
        ("http://no-such-host.invalid/", "no-such-host.invalid cannot be resolved"),
        ("http://127.0.0.1:1/", "no connection to 127.0.0.1:1"),
        ("http://127.0.0.1:99999/", "99999"),
        ("http://\xff\xfe/", "status 302 redirects to|cannot be resolved|cannot be read"),
        ("", "status 302"),
    ],
)
def test_invalid_redirect_is_reported(location: str, found: str, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(ONE.path, raw(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0"))
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert any(part in report.message for part in found.split("|")), report.message
    assert providers.base in report.message
    if "redirects to" in report.message:
        assert_reports(report.message, expected="http or https address", remedy="moved the address")


def test_circular_redirect_is_reported(providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = lambda path, *_: raw(f"HTTP/1.1 301 Moved\nLocation: {path}\nContent-Length: 0")(Reply(b""))
    report = refresh(store, ONE)
    assert_reports(report.message, found=("more than 5 redirects", "after 6 requests"), remedy="moved the address")
    assert report.requests == providers.world.count() == 6


def test_redirect_is_followed_and_its_body_is_not_read(providers: Providers, store: SnapshotStore) -> None:
    bomb = gzip.compress(bytes(1 << 26))
    head = f"HTTP/1.1 301 Moved\nContent-Encoding: gzip\nContent-Length: {len(bomb)}\nLocation: "

    def moved(path: str, number: int, reply: Reply) -> Reply | None:
        return raw(f"{head}{path}", bomb)(reply) if number == 1 else None

    providers.world.fault = moved
    report = refresh(store, ONE)
    assert report.outcome == "new_vintage", report.message
    assert report.requests == providers.world.count() > len(set(providers.world.requests)), "redirects were followed"


# --- bodies above the limit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fetched", MAIN, ids=str)
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_body_above_the_limit_is_refused(
    fetched: FetchedDataset, layers: int, small_limit: int, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(fetched.path, servers.packed_blanks(small_limit + 1, layers))
    report = refresh(store, fetched)
    assert report.outcome == "failed"
    assert_reports(
        report.message,
        place=providers.base,
        found="bytes unpack to more than",
        expected=f"{small_limit:,} bytes, the limit",
        remedy="limits.answer_megabytes",
    )
    assert len([a for a in providers.world.requests if fetched.path in a]) == 1, "the answer would be the same"
    if layers:
        assert report.bytes < small_limit / 10


# --- text that cannot be encoded -------------------------------------------------------------------------------------

HALF, NUL = "Estimate \ud83d", "a\0b"


def changed_rows(fetched: FetchedDataset, change: Callable[[dict[str, Any]], None]) -> Callable[[Reply], Reply]:
    """A fault that changes the third row of each page."""

    def fault(reply: Reply) -> Reply:
        def third(rows: list[Any]) -> list[Any]:
            change(rows[2])
            return rows

        return Reply(fetched.sample.with_rows(reply.body, third))

    return fault


@pytest.mark.parametrize("text", [HALF, NUL], ids=["incomplete character", "U+0000"])
@pytest.mark.parametrize(
    ("fetched", "change", "place"),
    [(f, change, place) for f in PAGED for change, place in f.sample.text_places],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_text_that_cannot_be_encoded_is_stored_with_an_escape(
    fetched: FetchedDataset,
    change: Callable[[dict[str, Any], str], None],
    place: str,
    text: str,
    providers: Providers,
    store: SnapshotStore,
) -> None:
    first = refresh(store, fetched)
    providers.world.fault = on(fetched.path, changed_rows(fetched, lambda row: change(row, text)))
    report = refresh(store, fetched, force=True)
    assert report.outcome == "changed_in_place", report.message
    assert report.rows == first.rows, "no row is lost"
    assert any(f"the first in {place}" in w and "stored with an escape" in w for w in report.warnings), report.warnings
    manifest = store.open(report.snapshot or "")
    frame = registry.parse_snapshot(store, manifest).frame
    assert content_fingerprint(frame) == manifest.content_fingerprint
    cells = [str(c) for column in frame for c in [column, *frame[column].dropna()]]
    assert not any("\0" in c for c in cells)
    assert "".join(cells).encode()
    escape = "\\ud83d" if text == HALF else "\\u0000"
    assert any(escape in c for c in cells) or escape in " ".join(report.warnings)


# --- JSON on which a library fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fetched", PAGED, ids=str)
@pytest.mark.parametrize(
    ("body", "found"),
    [
        (DEEP, "nested too deeply|{not_a_page}"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply|{not_a_page}"),
        (b'[{"page":1,"pages":1,"total":' + b"9" * 10_000 + b"},[]]", "expected a whole number|{not_a_page}"),
        (b"\xff\xfe[\0]\0", "UTF-16"),
        (b"\x1f\x8b\x08\0", "a gzip file"),
        (b"[" + b"1" * 100_000 + b"]", "{not_a_page}"),
        (b"NaN", "{not_a_page}"),
        (b'"text"', "{not_a_page}"),
    ],
    ids=["deep list", "deep object", "long number", "UTF-16", "gzip", "long value", "NaN", "text"],
)
def test_other_json_is_refused(
    fetched: FetchedDataset, body: bytes, found: str, providers: Providers, store: SnapshotStore
) -> None:
    message = failure_message(lambda _: Reply(body), fetched, providers, store)
    fragments = found.format(not_a_page=fetched.sample.not_a_page).split("|")
    assert any(part in message for part in fragments), message
    assert len(message) < 1500


INVALID_VALUES: list[Any] = [None, [], {}, True, ["a", 1], {"a": {"b": [{}]}}, {HALF: NUL}]


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in an answer; of lists only the first item, and of the answer itself the first two."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value[: 1 if path else 2])
        if isinstance(value, list)
        else ()
    )
    for step, inner in items:
        yield from _places(inner, (*path, step))


def _replaced(answer: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(answer)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return changed


@pytest.mark.parametrize("fetched", PAGED, ids=str)
def test_invalid_value_in_any_place_is_refused_or_stored_as_text(
    fetched: FetchedDataset, archive: SnapshotStore, archived: dict[str, Manifest]
) -> None:
    spec = fetched.spec
    small = small_answer(spec, archive, archived[spec.path])
    answer = json.loads(small.body)
    messages: list[str] = []
    tested = accepted = 0
    for path in _places(answer):
        for value in INVALID_VALUES:
            body = json.dumps(_replaced(answer, path, value)).encode()
            tested += 1
            try:
                frame = registry.parser(spec.provider)(spec, [(small.file, body)]).frame
            except SourceError as error:
                messages.append(str(error))
            else:
                accepted += 1
                cells = [c for column in frame for c in frame[column] if c is not None]
                assert all(isinstance(c, str) and "\0" not in c for c in cells), (path, value)
                assert "".join([*frame.columns, *cells]).encode()
            try:
                fetched.sample.check_page(body)
            except SourceError as error:
                messages.append(str(error))
    assert tested > 100
    assert 0 < accepted < tested
    assert "".join(messages).encode()


def test_unexpected_error_is_reported_with_its_traceback(
    providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A faulty parser instead of a provider's: only its dataset fails."""
    real = registry.parser

    def faulty(dataset: DatasetSpec, files: object) -> Any:
        raise ZeroDivisionError("half \ud83d")

    def parser(name: str) -> Parser:
        return faulty if name == ONE.provider else real(name)

    monkeypatch.setattr(registry, "parser", parser)
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert_reports(report.message, found=("cannot be read", "ZeroDivisionError: half \\ud83d"))
    assert providers.base in report.message
    assert "ZeroDivisionError" in (report.traceback or "")
    assert "in faulty" in (report.traceback or "")
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]
    assert not list(store.root.glob(".fetch/*/pages"))
    assert refresh(store, OTHER).traceback is None
    monkeypatch.undo()


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("x"), OverflowError("too large"), KeyError("a")])
def test_error_during_the_download_is_reported(
    error: Exception, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: object, mark: object) -> Any:
        raise error

    real = registry.fetcher
    monkeypatch.setattr(registry, "fetcher", lambda name: Fetcher(real(name).what_changed, broken))
    report = refresh(store, ONE)
    assert report.outcome == "failed"
    assert_reports(report.message, place=f"{ONE.provider}/{ONE.dataset}: ", found="cannot be read")
    assert report.traceback
