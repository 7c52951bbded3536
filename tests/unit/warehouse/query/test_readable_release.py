"""Which release answers a query: the current one, or the last good one before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warehouse.query.read_only import query
from warehouse.query.readable_release import readable_release
from warehouse.release.home_format import FORMAT, FormatError
from warehouse.release.release_folders import ReleaseError, Releases, read_manifest


def today(number: int) -> str:
    """The ID of one of the three releases."""
    return f"2026.11.24-{number}"


@pytest.mark.parametrize("damage", ["bytes", "database gone", "manifest gone", "folder gone"])
def test_readers_fall_back_to_the_last_good_release(home: Path, damage: str) -> None:
    folder = home / "releases" / today(3)
    if damage == "bytes":
        with (folder / "warehouse.duckdb").open("r+b") as file:
            file.write(b"\0" * 8192)
    elif damage == "database gone":
        (folder / "warehouse.duckdb").unlink()
    elif damage == "manifest gone":
        (folder / "manifest.json").unlink()
    else:
        folder.rename(home / "elsewhere")
    warnings: list[str] = []
    found = readable_release(Releases(home), warnings.append)
    assert query(found, "SELECT release FROM main.release")["release"].tolist() == [today(2)]
    assert len(warnings) == 1
    assert f"the current release {today(3)} cannot be opened" in warnings[0]
    assert f"This answer is from {today(2)}" in warnings[0]


def test_without_a_good_release_readers_say_so(home: Path) -> None:
    for release_id in Releases(home).ids():
        (home / "releases" / release_id / "warehouse.duckdb").write_bytes(b"no database")
    with pytest.raises(ReleaseError, match=r"and there is no other one\. Publish anew: payung refresh --force"):
        readable_release(Releases(home), lambda _: None)


def test_whole_current_release_is_read_without_a_word(home: Path) -> None:
    warnings: list[str] = []
    assert readable_release(Releases(home), warnings.append).name == today(3)
    assert warnings == []


def test_release_of_a_newer_payung_is_refused(home: Path) -> None:
    path = home / "releases" / today(3) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"format": FORMAT + 1}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(FormatError, match=r"The release in .* was written by a newer Payung"):
        read_manifest(path.parent)
    warnings: list[str] = []
    assert readable_release(Releases(home), warnings.append).name == today(2)
    assert "newer Payung" in warnings[0]
