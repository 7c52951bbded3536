"""Reading bodies of any provider: compressed, in other encodings or formats, with text that cannot be encoded."""

from __future__ import annotations

import gzip
import json

import pytest
from messages import assert_reports

from sources import registry
from sources.parsing import LARGEST_UNPACKED, SourceError, decompressed, read_json, text_of


def test_file_above_the_limit_is_refused() -> None:
    with pytest.raises(SourceError) as error:
        decompressed("a.csv.gz", gzip.compress(bytes(1001)), 1000)
    assert_reports(
        str(error.value), place="a.csv.gz: ", found="unpack to more", expected="1,000 bytes", remedy="answer_megabytes"
    )
    assert decompressed("a.csv.gz", gzip.compress(bytes(1000)), 1000) == bytes(1000)


def test_every_provider_has_a_limit() -> None:
    limits_of = [s.limits for s in registry.providers().values() if s.endpoints]
    assert limits_of
    assert all(limits and limits.answer_bytes <= LARGEST_UNPACKED for limits in limits_of)


@pytest.mark.parametrize("literal", ["54.76", "5.0", "0.10", "1e-05", "-0.0", "123456789012345678901234.5", "0", "NaN"])
def test_digits_are_read_as_published(literal: str) -> None:
    assert read_json("a.json", f'[{{"value": {literal}}}]'.encode()) == [{"value": literal}]


def test_only_incomplete_characters_are_escaped() -> None:
    assert read_json("a", json.dumps(["\U0001f600 \u0000x"[:1], "é"]).encode()) == ["\U0001f600", "é"]
    warnings: list[str] = []
    assert read_json("a.json", b'{"a": ["\\ud83d\\ude00", "x\\udc00"]}', warnings) == {"a": ["\U0001f600", "x\\udc00"]}
    (warning,) = warnings
    assert_reports(warning, place=("a.json: ", "row 2, field (the row"), found="1 text", remedy="\\ud83d")


# --- texts in another encoding ---------------------------------------------------------------------------------------

TABLE = "indicator,ref_area,time_period\r\nASP_COV_PENSN,THA,2021\r\nASP_COV_PENSN,KHM,2021\r\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-16", ("UTF-16", "byte order mark FF FE)")),
        ("utf-16-le", ("UTF-16", "without a byte order mark")),
        ("utf-16-be", ("UTF-16", "without a byte order mark")),
        ("utf-32", ("UTF-32", "mark FF FE 00 00)")),
        ("utf-32-le", ("UTF-32", "without a byte order mark")),
        ("utf-32-be", ("UTF-32", "without a byte order mark")),
    ],
)
@pytest.mark.parametrize("text", [TABLE, TABLE + "ประเทศไทย,ไทย,2021\r\n", "a,b\n1,2\n", '[{"page":1},[]]'])
def test_wide_encoding_is_reported(encoding: str, found: tuple[str, ...], text: str) -> None:
    with pytest.raises(SourceError) as error:
        text_of("1.csv", text.encode(encoding), "CSV")
    assert_reports(
        str(error.value), place="1.csv: ", found=found, expected="CSV in UTF-8", remedy='In Excel choose "CSV UTF-8'
    )


def test_big_endian_encoding_is_reported() -> None:
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\0\0\xfe\xff", "utf-32-be")):
        with pytest.raises(SourceError, match=r"UTF-(16|32) \(byte order mark"):
            text_of("1.csv", mark + TABLE.encode(encoding), "CSV")


@pytest.mark.parametrize("body", [b"a,b\n1,2\n" + bytes(60), b"a" + bytes(3), b"a,b\n1\0,2\n", b"1\0"])
def test_other_nul_bytes_are_padding(body: bytes) -> None:
    with pytest.raises(SourceError) as error:
        text_of("1.csv", body, "CSV")
    first = body.index(b"\0") + 1
    assert_reports(str(error.value), place=f"at byte {first} of {len(body)}", found=("NUL bytes", "(padding)"))


@pytest.mark.parametrize(
    ("encoding", "byte"), [("tis-620", r"byte 32 is not UTF-8 \(b'\\xbb'\)"), ("cp1252", r"byte 32 is not UTF-8")]
)
def test_single_byte_encoding_is_reported_with_line_and_byte(encoding: str, byte: str) -> None:
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
def test_file_of_another_format_is_reported(body: bytes, kind: str) -> None:
    with pytest.raises(SourceError, match=f"1.csv: found {kind} .*expected CSV"):
        text_of("1.csv", body, "CSV")
