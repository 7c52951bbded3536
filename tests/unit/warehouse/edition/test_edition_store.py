"""Editions of a home: names, signatures, and every file as it was signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.disk import sha256
from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError, Editions, Signature, verify
from warehouse.edition.freeze import freeze

SIGNED = Signature("A. Nama", "ACSS")


@pytest.mark.parametrize("name", ["first", "First", "../first", ".first", "a b", ""])
def test_name_that_is_taken_or_none_is_refused(edition: Edition, release: Path, name: str) -> None:
    before = edition.checksum
    with pytest.raises(EditionError, match=r"already, signed by A\. Nama, ACSS|cannot name an edition"):
        freeze(Editions(edition.folder.parents[1]), release, name, SIGNED, "again")
    assert edition.checksum == before
    assert [e.name for e in Editions(edition.folder.parents[1]).all()] == ["first"]


@pytest.mark.parametrize("text", ["A. Nama", "A. Nama,", ", ACSS", " "])
def test_signature_without_name_or_body_is_refused(text: str) -> None:
    with pytest.raises(EditionError, match='as "Name, body"'):
        Signature.of(text)
    assert str(Signature.of("A. Nama, ACSS, Jakarta")) == "A. Nama, ACSS, Jakarta"


def spoil_value(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    text = path.read_text(encoding="utf-8")
    assert "65.6" in text
    path.write_text(text.replace("65.6", "66.6"), encoding="utf-8")
    return "csv/baseline.value.csv: altered"


def take_away(folder: Path) -> str:
    (folder / "parquet" / "lineage.snapshot.parquet").unlink()
    return "parquet/lineage.snapshot.parquet: missing"


def add(folder: Path) -> str:
    (folder / "csv" / "note.txt").write_text("later", encoding="utf-8")
    return "csv/note.txt: added after signing"


def link_elsewhere(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    path.rename(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")
    return "csv/baseline.value.csv: a link in the place"


def sign_for_another(folder: Path) -> str:
    path = folder / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"A. Nama"', '"B. Nama"'), encoding="utf-8")
    return f"{MANIFEST}: altered, or CHECKSUM is"


@pytest.mark.parametrize("spoil", [spoil_value, take_away, add, link_elsewhere, sign_for_another])
def test_verify_names_the_file_that_is_not_as_signed(copied: Edition, spoil: Callable[[Path], str]) -> None:
    assert verify(copied) == []
    assert verify(copied, copied.checksum.upper()[:32] + " \n" + copied.checksum[32:]) == []
    expected_text = spoil(copied.folder)
    problems = [f"{p.file}: {p.what}" for p in verify(Edition(copied.folder))]
    assert len(problems) == 1
    assert problems[0].startswith(expected_text)


def test_only_the_minutes_find_out_who_altered_file_and_sums_together(copied: Edition) -> None:
    in_minutes = copied.checksum
    spoil_value(copied.folder)
    path = copied.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"]["csv/baseline.value.csv"]["sha256"] = sha256(copied.folder / "csv" / "baseline.value.csv")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    (copied.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    assert verify(Edition(copied.folder)) == []
    assert [p.file for p in verify(Edition(copied.folder), in_minutes)] == [MANIFEST]


def test_unreadable_manifest_and_unknown_format_are_told(copied: Edition) -> None:
    manifest = copied.folder / MANIFEST
    manifest.write_text(json.dumps({**copied.manifest, "format": 99}), encoding="utf-8")
    with pytest.raises(EditionError, match="has format 99"):
        verify(Edition(copied.folder))
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(EditionError, match="cannot be read"):
        verify(Edition(copied.folder))
