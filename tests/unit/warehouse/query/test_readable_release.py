"""Choosing the release for a query: the current one, or the newest readable one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from messages import assert_reports

from warehouse.query.read_only import query
from warehouse.query.readable_release import readable_release
from warehouse.release.home_format import FORMAT, FormatError
from warehouse.release.release_folders import ReleaseError, Releases, read_manifest


def today(number: int) -> str:
    """The ID of one of the three releases."""
    return f"2026.11.24-{number}"


@pytest.mark.parametrize("damage", ["bytes", "database removed", "manifest removed", "folder removed"])
def test_newest_readable_release_is_used_where_the_current_one_is_damaged(home: Path, damage: str) -> None:
    folder = home / "releases" / today(3)
    if damage == "bytes":
        with (folder / "warehouse.duckdb").open("r+b") as file:
            file.write(b"\0" * 8192)
    elif damage == "database removed":
        (folder / "warehouse.duckdb").unlink()
    elif damage == "manifest removed":
        (folder / "manifest.json").unlink()
    else:
        folder.rename(home / "elsewhere")
    warnings: list[str] = []
    folder = readable_release(Releases(home), warnings.append)
    assert query(folder, "SELECT release FROM main.release")["release"].tolist() == [today(2)]
    assert len(warnings) == 1
    assert_reports(
        warnings[0],
        place=today(3),
        found=f"from {today(2)}",
        remedy=(
            f"payung releases verify {today(3)}",
            "payung refresh --force",
            f"payung releases rollback {today(2)}",
        ),
    )


def test_home_without_a_readable_release_is_reported(home: Path) -> None:
    for release_id in Releases(home).ids():
        (home / "releases" / release_id / "warehouse.duckdb").write_bytes(b"no database")
    with pytest.raises(ReleaseError) as error:
        readable_release(Releases(home), lambda _: None)
    assert_reports(str(error.value), place=today(3), found="no other release", remedy="payung refresh --force")


def test_readable_current_release_is_used_without_a_warning(home: Path) -> None:
    warnings: list[str] = []
    assert readable_release(Releases(home), warnings.append).name == today(3)
    assert warnings == []


def test_release_of_a_newer_payung_is_refused(home: Path) -> None:
    path = home / "releases" / today(3) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"format": FORMAT + 1}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(FormatError) as error:
        read_manifest(path.parent)
    assert_reports(str(error.value), place=str(path.parent), found="newer Payung", expected=f"up to {FORMAT}")
    warnings: list[str] = []
    assert readable_release(Releases(home), warnings.append).name == today(2)
    assert "newer Payung" in warnings[0]
