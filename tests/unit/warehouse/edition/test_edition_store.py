"""Editions of a home: names, signatures, and verifying their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from messages import assert_reports

from warehouse.disk import sha256
from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError, Editions, Signature, verify
from warehouse.edition.freeze import freeze

SIGNED = Signature("A. Nama", "ACSS")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((name, ("first", "signed by A. Nama, ACSS", "another name")) for name in ("first", "First")),
        *((name, (repr(name), "64 letters", "baseline-2026")) for name in ("../first", ".first", "a b", "")),
    ],
)
def test_existing_or_invalid_name_is_refused(
    edition: Edition, release: Path, name: str, content: tuple[str, str, str]
) -> None:
    before = edition.checksum
    with pytest.raises(EditionError) as error:
        freeze(Editions(edition.folder.parents[1]), release, name, SIGNED, "again")
    assert_reports(str(error.value), found=content[:2], remedy=content[2])
    assert edition.checksum == before
    assert [e.name for e in Editions(edition.folder.parents[1]).all()] == ["first"]


@pytest.mark.parametrize("text", ["A. Nama", "A. Nama,", ", ACSS", " "])
def test_signature_without_name_or_body_is_refused(text: str) -> None:
    with pytest.raises(EditionError) as error:
        Signature.of(text)
    assert_reports(str(error.value), place="--signed-by", found=repr(text), expected='"Name, body"')
    assert str(Signature.of("A. Nama, ACSS, Jakarta")) == "A. Nama, ACSS, Jakarta"


def alter_value(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    text = path.read_text(encoding="utf-8")
    assert "65.6" in text
    path.write_text(text.replace("65.6", "66.6"), encoding="utf-8")
    return "csv/baseline.value.csv: altered"


def remove_table(folder: Path) -> str:
    (folder / "parquet" / "lineage.snapshot.parquet").unlink()
    return "parquet/lineage.snapshot.parquet: missing"


def add_file(folder: Path) -> str:
    (folder / "csv" / "note.txt").write_text("later", encoding="utf-8")
    return "csv/note.txt: added after signing"


def replace_by_link(folder: Path) -> str:
    path = folder / "csv" / "baseline.value.csv"
    path.rename(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")
    return "csv/baseline.value.csv: a link"


def sign_for_another_person(folder: Path) -> str:
    path = folder / MANIFEST
    path.write_text(path.read_text(encoding="utf-8").replace('"A. Nama"', '"B. Nama"'), encoding="utf-8")
    return f"{MANIFEST}: altered, or CHECKSUM"


@pytest.mark.parametrize("alter", [alter_value, remove_table, add_file, replace_by_link, sign_for_another_person])
def test_verify_names_the_file_that_is_not_as_signed(copied: Edition, alter: Callable[[Path], str]) -> None:
    assert verify(copied) == []
    assert verify(copied, copied.checksum.upper()[:32] + " \n" + copied.checksum[32:]) == []
    expected_text = alter(copied.folder)
    problems = [f"{p.file}: {p.what}" for p in verify(Edition(copied.folder))]
    assert len(problems) == 1
    assert problems[0].startswith(expected_text)


def test_consistent_alteration_is_found_only_with_the_checksum_of_the_minutes(copied: Edition) -> None:
    in_minutes = copied.checksum
    alter_value(copied.folder)
    path = copied.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"]["csv/baseline.value.csv"]["sha256"] = sha256(copied.folder / "csv" / "baseline.value.csv")
    path.write_text(json.dumps(manifest), encoding="utf-8")
    (copied.folder / CHECKSUM).write_text(f"{sha256(path)}  {MANIFEST}\n", encoding="utf-8")
    assert verify(Edition(copied.folder)) == []
    assert [p.file for p in verify(Edition(copied.folder), in_minutes)] == [MANIFEST]


def test_unreadable_manifest_and_unknown_format_are_reported(copied: Edition) -> None:
    manifest = copied.folder / MANIFEST
    manifest.write_text(json.dumps({**copied.manifest, "format": 99}), encoding="utf-8")
    with pytest.raises(EditionError) as error:
        verify(Edition(copied.folder))
    assert_reports(str(error.value), place="edition first", found="format 99", expected="format 1", remedy="version")
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(EditionError) as error:
        verify(Edition(copied.folder))
    assert_reports(str(error.value), place=str(manifest), found="Expecting property name", remedy="restore")
