"""Answers on which a library fails: each ends in the report of its dataset, with the address, and the next try is new."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from providers import servers
from providers.servers import Providers, Reply, on, raw
from source_samples import sample

from sources import registry
from sources.dataset_refresh import FetchReport, read_reports, refresh_dataset, write_report
from sources.fetching import FetchScope
from sources.manifests import Manifest
from sources.parsing import LARGEST_UNPACKED, SourceError, content_fingerprint, decompressed, read_json, text_of
from sources.provider_spec import DatasetSpec, ProviderSpec
from sources.providers import unsd_sdg, world_bank
from sources.snapshots import SnapshotStore

UN, BANK, ILO = ("unsd_sdg", "sdg"), ("world_bank", "wdi"), ("ilostat", "SDG_0131_SEX_SOC_RT")
WPP = ("un_wpp", "wpp2024_demographic")
ALL = [UN, BANK, ILO, WPP]
WANTED = {
    UN: FetchScope(("SI_COV_CHLD", "SI_COV_PENSN"), ("116", "764")),
    BANK: FetchScope(("SI.POV.GINI", "SP.POP.TOTL"), ("IDN", "KHM")),
    ILO: FetchScope(("SDG_0131_SEX_SOC_RT",), ("KHM", "THA")),
    WPP: FetchScope(("Births", "TPopulation1July"), ("KHM", "THA", "WORLD")),
}
DATA = {UN: "Series/Data", BANK: "/indicator/", ILO: "/sdmx/data/", WPP: "WPP2024"}
DEEP = b"[" * 200_000 + b"]" * 200_000


def refresh(store: SnapshotStore, which: tuple[str, str], force: bool = False) -> FetchReport:
    return refresh_dataset(store, *which, WANTED[which], force=force)


def ask_with(
    fault: Callable[[Reply], Reply], which: tuple[str, str], providers: Providers, store: SnapshotStore
) -> str:
    """The message of a refresh that fails by this fault; the next one is whole."""
    providers.world.fault = on(DATA[which], fault)
    report = refresh(store, which)
    assert report.outcome == "failed", report.message
    assert report.requests == providers.world.count(), "the requests are those that the server saw"
    assert providers.base in report.message, "the address is named"
    assert store.list() == []
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]
    providers.world.fault = None
    assert refresh(store, which).outcome == "new_vintage"
    return report.message


# --- what comes over the line ---------------------------------------------------------------------------------------

OK = "HTTP/1.1 200 OK\nContent-Type: application/json"
ON_THE_LINE: dict[str, tuple[Callable[[Reply], Reply], str]] = {
    "no HTTP": (raw("SSH-2.0-OpenSSH_9.6"), "gave no answer that can be read"),
    "nothing at all": (raw(""), "gave no answer that can be read"),
    "a status that is no number": (raw("HTTP/1.1 two-hundred OK"), "gave no answer that can be read"),
    "headers without end": (raw(OK + "".join(f"\nX-{n}: 1" for n in range(200))), "gave no answer that can be read"),
    "a header without end": (raw(OK + "\nX: " + "x" * 70_000), "gave no answer that can be read"),
    "two lengths": (raw(OK + "\nContent-Length: 5, 6", b"[1,2]"), "multiple unmatching values"),
    "a length that is too long": (raw(OK + "\nContent-Length: 500", b"[1,2]"), "the answer broke off"),
    "a chunk of no size": (raw(OK + "\nTransfer-Encoding: chunked", b"zz\r\n[1]\r\n"), "the answer broke off"),
    "chunks that end early": (raw(OK + "\nTransfer-Encoding: chunked", b"5\r\n[1,2]\r\n"), "the answer broke off"),
    "gzip that is none": (raw(OK + "\nContent-Encoding: gzip", b"[1,2]"), "the answer broke off"),
    "an unknown packing": (raw(OK + "\nContent-Encoding: x-own", b"\x01\x02"), "Content-Encoding 'x-own'"),
    "too many packings": (raw(OK + "\nContent-Encoding: " + "gzip, " * 9 + "gzip", b"x"), "the answer broke off"),
    "part of a body": (raw("HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-1/9", b"[1"), "status 206"),
    "no content": (raw("HTTP/1.1 204 No Content"), "status 204"),
}


@pytest.mark.parametrize("which", [BANK, WPP], ids=lambda w: w[1])
@pytest.mark.parametrize("fault", ON_THE_LINE)
def test_what_is_no_answer(fault: str, which: tuple[str, str], providers: Providers, store: SnapshotStore) -> None:
    change, said = ON_THE_LINE[fault]
    assert said in ask_with(change, which, providers, store)


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
def test_odd_headers_of_a_good_answer_do_no_harm(headers: str, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(DATA[WPP], lambda r: raw(f"HTTP/1.1 200 OK\n{headers}", r.body)(r))
    first = refresh(store, WPP)
    assert first.outcome == "new_vintage", first.message
    kept = store.open(first.snapshot or "")
    assert all("\n" not in v for f in kept.files for v in f.headers.values())
    again = refresh(store, WPP)
    assert again.outcome in ("unchanged", "same_content"), again.message


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("ftp://127.0.0.1/x", "status 302 redirects to 'ftp://127.0.0.1/x', expected an http or https address"),
        ("file:///etc/hostname", "status 302 redirects to 'file:///etc/hostname'"),
        ("http://", "status 302 redirects to 'http://'"),
        ("http://[127.0.0.1", "status 302 redirects to 'http://[127.0.0.1'"),
        ("//", "status 302 redirects to '//'"),
        ("http://no-such-host.invalid/", "the name no-such-host.invalid cannot be resolved"),
        ("http://127.0.0.1:1/", "no connection to 127.0.0.1:1"),
        ("http://127.0.0.1:99999/", "99999"),
        ("http://\xff\xfe/", "status 302 redirects to|cannot be resolved|no answer that can be read"),
        ("", "status 302"),
    ],
)
def test_redirects_to_nowhere(location: str, said: str, providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = on(DATA[BANK], raw(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0"))
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert any(part in report.message for part in said.split("|")), report.message
    assert providers.base in report.message


def test_a_redirect_in_a_circle_is_left_after_a_few(providers: Providers, store: SnapshotStore) -> None:
    providers.world.fault = lambda path, *_: raw(f"HTTP/1.1 301 Moved\nLocation: {path}\nContent-Length: 0")(Reply(b""))
    report = refresh(store, BANK)
    assert "it redirects in a circle" in report.message
    assert report.requests == providers.world.count() == 6
    assert "asked 6 times" in report.message


def test_a_redirect_is_followed_and_its_body_not_read(providers: Providers, store: SnapshotStore) -> None:
    bomb = gzip.compress(bytes(1 << 26))
    head = f"HTTP/1.1 301 Moved\nContent-Encoding: gzip\nContent-Length: {len(bomb)}\nLocation: "

    def moved(path: str, number: int, reply: Reply) -> Reply | None:
        return None if path.startswith("/v2/") else raw(f"{head}{path.removeprefix('/old')}", bomb)(reply)

    providers.world.fault = moved
    assert registry.provider("world_bank").limits
    report = refresh(store, BANK)
    assert report.outcome == "new_vintage", report.message


# --- what unpacks to more than a limit ------------------------------------------------------------------------------


@pytest.fixture
def a_small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Every provider takes two million bytes an answer."""
    real = registry.provider

    def small(name: str) -> ProviderSpec:
        spec = real(name)
        limits = spec.limits and spec.limits.model_copy(update={"answer_megabytes": 2})
        return spec.model_copy(update={"limits": limits})

    monkeypatch.setattr(registry, "provider", small)
    return 2_000_000


@pytest.mark.parametrize("which", ALL, ids=lambda w: w[1])
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_a_body_that_unpacks_to_more_than_the_limit(
    which: tuple[str, str], layers: int, a_small_limit: int, providers: Providers, store: SnapshotStore
) -> None:
    providers.world.fault = on(DATA[which], servers.packed(a_small_limit + 1, layers))
    report = refresh(store, which)
    assert report.outcome == "failed"
    assert f"unpack to more than {a_small_limit:,}, the limit of this provider" in report.message
    assert "limits.answer_megabytes" in report.message
    assert providers.base in report.message
    assert len([a for a in providers.world.asked if DATA[which] in a]) == 1, "the same again would come"
    if layers:
        assert report.bytes < a_small_limit / 10


def test_a_packed_file_that_unpacks_to_more_than_the_limit(
    a_small_limit: int, providers: Providers, store: SnapshotStore
) -> None:
    """The WPP sends files that are packed themselves, several parts in one."""
    bomb = gzip.compress(bytes(1_500_000)) * 2
    providers.world.fault = on(DATA[WPP], lambda _: Reply(bomb))
    report = refresh(store, WPP)
    assert report.outcome == "failed"
    assert f"{len(bomb):,} bytes unpack to more than 2,000,000 bytes" in report.message
    with pytest.raises(SourceError, match=r"a\.csv\.gz: .* unpack to more than 1,000 bytes"):
        decompressed("a.csv.gz", gzip.compress(bytes(1001)), 1000)
    assert decompressed("a.csv.gz", gzip.compress(bytes(1000)), 1000) == bytes(1000)


def test_every_provider_has_a_limit() -> None:
    asked = [s.limits for s in registry.providers().values() if s.endpoints]
    assert asked
    assert all(limits and limits.answer_bytes <= LARGEST_UNPACKED for limits in asked)


# --- text that no file can hold -------------------------------------------------------------------------------------

HALF, NUL = "Estimate \ud83d", "a\0b"


def changed_rows(which: tuple[str, str], change: Callable[[dict[str, Any]], None]) -> Callable[[Reply], Reply]:
    """The third row of each page changed."""

    def fault(reply: Reply) -> Reply:
        def third(rows: list[Any]) -> list[Any]:
            change(rows[2])
            return rows

        return servers.with_rows(reply.body, third)

    return fault


@pytest.mark.parametrize("text", [HALF, NUL], ids=["half of a character", "U+0000"])
@pytest.mark.parametrize(
    ("which", "change", "place"),
    [
        (BANK, lambda row, text: row.update(footnote=text), "row 3, field footnote"),
        (BANK, lambda row, text: row["country"].update(value=text), "row 3, field country.value"),
        (BANK, lambda row, text: row.update(**{text: "x"}), "row 3, field "),
        (UN, lambda row, text: row.update(footnotes=["good", text]), "row 3, field footnotes.1"),
        (UN, lambda row, text: row["dimensions"].update(Age=text), "row 3, field dimensions.Age"),
        (UN, lambda row, text: row["dimensions"].update(**{text: "x"}), "row 3, field dimensions."),
        (UN, lambda row, text: row.update(value=text), "row 3, field value"),
    ],
)
def test_text_that_cannot_be_encoded_is_kept_with_its_escape_and_named(
    which: tuple[str, str],
    change: Callable[[dict[str, Any], str], None],
    place: str,
    text: str,
    providers: Providers,
    store: SnapshotStore,
) -> None:
    whole = refresh(store, which)
    providers.world.fault = on(DATA[which], changed_rows(which, lambda row: change(row, text)))
    report = refresh(store, which, force=True)
    assert report.outcome == "changed_in_place", report.message
    assert report.rows == whole.rows, "no row is lost"
    assert any(f"the first in {place}" in w and "kept with its escape" in w for w in report.warnings), report.warnings
    manifest = store.open(report.snapshot or "")
    frame = registry.parse_snapshot(store, manifest).frame
    assert content_fingerprint(frame) == manifest.content_fingerprint
    cells = [str(c) for column in frame for c in [column, *frame[column].dropna()]]
    assert not any("\0" in c for c in cells)
    assert "".join(cells).encode()
    escape = "\\ud83d" if text == HALF else "\\u0000"
    assert any(escape in c for c in cells) or escape in " ".join(report.warnings)


def test_a_whole_character_beyond_the_first_plane_is_left_alone() -> None:
    assert read_json("a", json.dumps(["\U0001f600 \u0000x"[:1], "é"]).encode()) == ["\U0001f600", "é"]
    warnings: list[str] = []
    assert read_json("a.json", b'{"a": ["\\ud83d\\ude00", "x\\udc00"]}', warnings) == {"a": ["\U0001f600", "x\\udc00"]}
    assert warnings == [
        "a.json: 1 text with half of a character or U+0000, which no file can hold, the first in row 2, field (the row "
        "itself): kept with its escape (such as \\ud83d) in place of the character."
    ]


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


def test_a_message_with_half_of_a_character_can_be_written(providers: Providers, store: SnapshotStore) -> None:
    message = [{"message": [{"id": "111", "key": HALF, "value": NUL}, "text where fields were expected", None]}]
    providers.world.fault = on("source/2", lambda _: Reply(json.dumps(message).encode()))
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert "error 111" in report.message
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]


# --- JSON that a library chokes on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [UN, BANK], ids=lambda w: w[1])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (DEEP, "nested too deeply|no list of a header|without totalElements"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply|no list of a header|without totalElements"),
        (b'[{"page":1,"pages":1,"total":' + b"9" * 10_000 + b"},[]]", "expected a whole number|without totalElements"),
        (b"\xff\xfe[\0]\0", "UTF-16"),
        (b"\x1f\x8b\x08\0", "a gzip file"),
        (b"[" + b"1" * 100_000 + b"]", "no list of a header|without totalElements"),
        (b"NaN", "no list of a header|without totalElements"),
        (b'"text"', "no list of a header|without totalElements"),
    ],
    ids=["deep list", "deep object", "long number", "UTF-16", "gzip", "long value", "NaN", "text"],
)
def test_other_json_than_expected(
    which: tuple[str, str], body: bytes, said: str, providers: Providers, store: SnapshotStore
) -> None:
    message = ask_with(lambda _: Reply(body), which, providers, store)
    assert any(part in message for part in said.split("|")), message
    assert len(message) < 1500


ODD: list[Any] = [None, [], {}, True, ["a", 1], {"a": {"b": [{}]}}, {HALF: NUL}]


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in an answer; of a list the first item, and the second of the answer itself."""
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


def _with(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:
    if not path:
        return odd
    whole = copy.deepcopy(value)
    holder = whole
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = odd
    return whole


@pytest.mark.parametrize("which", [UN, BANK], ids=lambda w: w[1])
def test_an_odd_value_in_any_place_is_refused_in_words_or_kept_as_text(
    which: tuple[str, str], archive: SnapshotStore, archived: dict[str, Manifest]
) -> None:
    spec = registry.dataset(*which)
    small = sample(spec, archive, archived[spec.path].place)
    answer = json.loads(small.body)
    judge: Callable[[bytes], object] = (
        (lambda b: world_bank.read_page("x", b)) if which == BANK else (lambda b: unsd_sdg.read_page(b, ["x"], ["1"]))
    )
    messages: list[str] = []
    tried = kept = 0
    for path in _places(answer):
        for odd in ODD:
            body = json.dumps(_with(answer, path, odd)).encode()
            tried += 1
            try:
                frame = registry.parser(spec.provider)(spec, [(small.file, body)]).frame
            except SourceError as error:
                messages.append(str(error))
            else:
                kept += 1
                cells = [c for column in frame for c in frame[column] if c is not None]
                assert all(isinstance(c, str) and "\0" not in c for c in cells), (path, odd)
                assert "".join([*frame.columns, *cells]).encode()
            try:
                judge(body)
            except SourceError as error:
                messages.append(str(error))
    assert tried > 100
    assert 0 < kept < tried
    assert "".join(messages).encode()


def test_an_error_that_nobody_foresaw_is_a_report_with_its_traceback(
    providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parser with a fault of its own, put in the place of the World Bank's: its dataset fails and no other."""

    def faulty(dataset: DatasetSpec, files: object) -> Any:
        raise ZeroDivisionError("half \ud83d")

    monkeypatch.setattr(world_bank, "parse", faulty)
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert "the content cannot be read (ZeroDivisionError: half \\ud83d)" in report.message
    assert providers.base in report.message
    assert "ZeroDivisionError" in (report.traceback or "")
    assert "in faulty" in (report.traceback or "")
    assert read_reports(write_report(store.root.parent / "fetch", report).parent) == [report]
    assert not list(store.root.glob(".fetch/*/pages"))
    assert refresh(store, ILO).traceback is None
    monkeypatch.undo()


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("x"), OverflowError("too large"), KeyError("a")])
def test_what_is_raised_while_asking(
    error: Exception, providers: Providers, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(errand: object, change: object) -> Any:
        raise error

    monkeypatch.setattr(world_bank, "fetch", broken)
    report = refresh(store, BANK)
    assert report.outcome == "failed"
    assert report.message.startswith("world_bank/wdi: the content cannot be read (")
    assert report.traceback


# --- texts in another encoding ---------------------------------------------------------------------------------------

TABLE = "indicator,ref_area,time_period\r\nASP_COV_PENSN,THA,2021\r\nASP_COV_PENSN,KHM,2021\r\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "UTF-16 (it begins with the mark FF FE)"),
        ("utf-16-le", "UTF-16 (without a mark)"),
        ("utf-16-be", "UTF-16 (without a mark)"),
        ("utf-32", "UTF-32 (it begins with the mark FF FE 00 00)"),
        ("utf-32-le", "UTF-32 (without a mark)"),
        ("utf-32-be", "UTF-32 (without a mark)"),
    ],
)
@pytest.mark.parametrize("text", [TABLE, TABLE + "ประเทศไทย,ไทย,2021\r\n", "a,b\n1,2\n", '[{"page":1},[]]'])
def test_wide_encodings_are_named(encoding: str, said: str, text: str) -> None:
    with pytest.raises(SourceError, match="expected CSV in UTF-8") as caught:
        text_of("1.csv", text.encode(encoding), "CSV")
    assert said in str(caught.value)
    assert 'In Excel choose "CSV UTF-8' in str(caught.value)


def test_wide_encodings_with_the_other_mark_are_named() -> None:
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\0\0\xfe\xff", "utf-32-be")):
        with pytest.raises(SourceError, match=r"UTF-(16|32) \(it begins with the mark"):
            text_of("1.csv", mark + TABLE.encode(encoding), "CSV")


@pytest.mark.parametrize("body", [b"a,b\n1,2\n" + bytes(60), b"a" + bytes(3), b"a,b\n1\0,2\n", b"1\0"])
def test_nul_bytes_of_another_kind_are_padding(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"NUL bytes, the first at byte \d+ of \d+ \(padding\)"):
        text_of("1.csv", body, "CSV")


@pytest.mark.parametrize(
    ("encoding", "byte"), [("tis-620", r"byte 32 is not UTF-8 \(b'\\xbb'\)"), ("cp1252", r"byte 32 is not UTF-8")]
)
def test_encodings_with_one_byte_a_letter_are_named_by_line_and_byte(encoding: str, byte: str) -> None:
    name = "ประเทศไทย" if encoding == "tis-620" else "été"
    with pytest.raises(SourceError, match=f"line 2: {byte}.*expected CSV in UTF-8"):
        text_of("1.csv", f"indicator,ref_area,time_period\n{name},THA,2021\n".encode(encoding), "CSV")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"PK\x03\x04\x14\0\x06\0", "a ZIP archive or an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Excel workbook"),
        (gzip.compress(b"a,b\n", mtime=0), "a gzip file"),
        (b"%PDF-1.7\n", "a PDF file"),
    ],
)
def test_files_of_another_kind_are_named(body: bytes, kind: str) -> None:
    with pytest.raises(SourceError, match=f"1.csv: found {kind} .*expected CSV"):
        text_of("1.csv", body, "CSV")
