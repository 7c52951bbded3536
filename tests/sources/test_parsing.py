"""Reading bodies whatever their provider: packed, in another encoding, of another kind, with text no file can hold."""

from __future__ import annotations

import gzip
import json

import pytest

from sources import registry
from sources.parsing import LARGEST_UNPACKED, SourceError, decompressed, read_json, text_of


def test_a_file_that_unpacks_to_more_than_the_limit() -> None:
    with pytest.raises(SourceError, match=r"a\.csv\.gz: .* unpack to more than 1,000 bytes"):
        decompressed("a.csv.gz", gzip.compress(bytes(1001)), 1000)
    assert decompressed("a.csv.gz", gzip.compress(bytes(1000)), 1000) == bytes(1000)


def test_every_provider_has_a_limit() -> None:
    limits_of = [s.limits for s in registry.providers().values() if s.endpoints]
    assert limits_of
    assert all(limits and limits.answer_bytes <= LARGEST_UNPACKED for limits in limits_of)


@pytest.mark.parametrize("literal", ["54.76", "5.0", "0.10", "1e-05", "-0.0", "123456789012345678901234.5", "0", "NaN"])
def test_digits_are_kept_as_published(literal: str) -> None:
    assert read_json("a.json", f'[{{"value": {literal}}}]'.encode()) == [{"value": literal}]


def test_a_whole_character_beyond_the_first_plane_is_left_alone() -> None:
    assert read_json("a", json.dumps(["\U0001f600 \u0000x"[:1], "é"]).encode()) == ["\U0001f600", "é"]
    warnings: list[str] = []
    assert read_json("a.json", b'{"a": ["\\ud83d\\ude00", "x\\udc00"]}', warnings) == {"a": ["\U0001f600", "x\\udc00"]}
    assert warnings == [
        "a.json: 1 text with half of a character or U+0000, which no file can hold, the first in row 2, field (the row "
        "itself): kept with its escape (such as \\ud83d) in place of the character."
    ]


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
