"""Releases: published at once or not at all, found again, opened by older engines, and left alone by what fails."""

from __future__ import annotations

import hashlib
import json
import resource
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_build import SmallBuild

import warehouse.release.publish as release_module
from assets.release import reference_years
from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.catalog import load_catalog
from indicator_defs.tables import reference_tables
from warehouse.build.engine import Build
from warehouse.metadata import TableDescription, tables
from warehouse.release.publish import Provenance, audit, blocking, history, publish, publish_aside
from warehouse.release.release_folders import DamagedError, ReleaseError, Releases, clean, make_current, read_manifest

SOURCES = [{"provider": "ilostat", "dataset": "d", "snapshot": "s", "vintage_date": "2024-09-12", "rebuilt": True}]


def published(build: Build, home: Path, staged: Sequence[TableDescription]) -> Path:
    return publish(build, Releases(home), staged, Provenance({"code": "c1", "archive": "a1"}, SOURCES, "0.1.0"))


@pytest.fixture(scope="module")
def first_home(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A home with one release, and its folder; for reading."""
    home = tmp_path_factory.mktemp("first")
    return home, published(whole_build.build, home, whole_staged)


def visible(home: Path) -> list[str]:
    """Everything below a home that an interrupted release might have left."""
    own = [*home.iterdir(), *(home / "releases").iterdir()]
    return sorted(p.name for p in own if p.name != history.FILE)


def test_first_release_is_whole_and_current(first_home: tuple[Path, Path]) -> None:
    home, folder = first_home
    releases = Releases(home)
    assert releases.current() == folder
    assert releases.find() == releases.find(folder.name) == folder
    assert visible(home) == [folder.name, "current", "releases"]
    manifest = read_manifest(folder)
    assert manifest["release"] == folder.name
    assert manifest["inputs"] == {"archive": "a1", "code": "c1"}
    assert manifest["sources"] == SOURCES
    for name, reported in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert reported == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert set(manifest["files"]) == {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"
    }


def test_file_holds_the_rows_of_the_build_and_parquet_the_same(
    first_home: tuple[Path, Path], whole_staged: list[TableDescription]
) -> None:
    _, folder = first_home
    con = duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)
    counts = read_manifest(folder)["tables"]
    assert set(counts) == {n for n, t in tables().items() if not t.is_work} | {t.full_name for t in whole_staged}
    for name, count in counts.items():
        schema, short = name.split(".")
        parquet = folder / "parquet" / schema / f"{short}.parquet"
        columns = ", ".join(f'"{r[0]}"' for r in con.execute(f"DESCRIBE {name}").fetchall())
        difference = con.execute(
            f"SELECT count(*) FROM (SELECT {columns} FROM {name} EXCEPT ALL SELECT {columns} FROM '{parquet}')"
        ).fetchone()
        assert con.execute(f"SELECT count(*) FROM {name}").fetchone() == (count,)
        assert con.execute(f"SELECT count(*) FROM '{parquet}'").fetchone() == (count,)
        assert difference == (0,), name
    values = con.execute("SELECT time_period, obs_value FROM indicator_set.value ORDER BY time_period").fetchall()
    assert values == [(2015, 39.8), (2019, 48.0), (2021, 65.6)]
    assert con.execute("SELECT release FROM main.release").fetchone() == (folder.name,)
    con.close()


def test_file_opens_in_duckdb_1_3(first_home: tuple[Path, Path]) -> None:
    _, folder = first_home
    con = duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True)
    (tags,) = con.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchone() or ({},)
    con.close()
    # 66 is the storage version that DuckDB 1.3 reads; it stands after the magic bytes in the file's header.
    header = (folder / "warehouse.duckdb").read_bytes()[:24]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 66
    assert tags["storage_version"] == "v1.3.0+"


@pytest.mark.long
def test_swap_is_at_once_for_a_reader(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    seen: set[str | None] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            current = Releases(tmp_path).current()
            seen.add(current.name if current else None)

    looking = threading.Thread(target=look)
    looking.start()
    open_before = duckdb.connect(str((tmp_path / "current" / "warehouse.duckdb").resolve()), read_only=True)
    try:
        second = published(whole_build.build, tmp_path, whole_staged)
    finally:
        stop.set()
        looking.join()
    assert seen <= {first.name, second.name}, "at no moment was there no release, or half of one"
    assert Releases(tmp_path).current() == second
    assert open_before.execute("SELECT release FROM main.release").fetchone() == (first.name,), "readers keep theirs"
    open_before.close()
    assert Releases(tmp_path).ids() == [first.name, second.name]


def test_numbers_of_a_day(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    day = date(2026, 11, 22)
    assert releases.next_id(day) == "2026.11.22-1"
    for release_id in ("2026.11.22-1", "2026.11.22-9", "2026.11.22-10", "2026.11.21-30"):
        (releases.folder / release_id).mkdir(parents=True)
        (releases.folder / release_id / "manifest.json").write_text("{}", encoding="utf-8")
    assert releases.next_id(day) == "2026.11.22-11", "numbers, not texts"
    assert releases.ids() == ["2026.11.21-30", "2026.11.22-1", "2026.11.22-9", "2026.11.22-10"]
    (releases.folder / ".2026.11.22-12.4711").mkdir()
    (releases.folder / "2026.11.22-13").mkdir()
    assert releases.next_id(day) == "2026.11.22-11", "neither leftovers nor folders without a manifest count"


def test_home_without_a_release_says_what_to_do(tmp_path: Path) -> None:
    assert Releases(tmp_path).current() is None
    with pytest.raises(ReleaseError, match=r"There is no release in .* yet\. Make one: payung refresh"):
        Releases(tmp_path).find()


def test_unknown_release_names_those_there_are(first_home: tuple[Path, Path]) -> None:
    home, folder = first_home
    with pytest.raises(
        ReleaseError,
        match=rf"There is no release 2019\.01\.01-1\. Near ones: {folder.name}\. All 1: payung releases list",
    ):
        Releases(home).find("2019.01.01-1")


@pytest.mark.long
def test_current_may_be_pointed_back(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    published(whole_build.build, tmp_path, whole_staged)
    make_current(Releases(tmp_path), first)
    assert Releases(tmp_path).current() == first
    assert (tmp_path / "current").readlink() == Path("releases", first.name), "relative: a home can be moved"


def test_build_without_audit_is_not_published(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    bare = SmallBuild(tmp_path / "build")
    with pytest.raises(ReleaseError, match="was not audited"):
        published(bare.build, tmp_path / "home", whole_staged)
    assert not (tmp_path / "home").exists()


def test_build_that_lacks_a_table_is_not_published(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    bare = SmallBuild(tmp_path / "build")
    bare.write("quality.check_result", [])
    with pytest.raises(ReleaseError, match=r"The build lacks .*baseline\.value"):
        published(bare.build, tmp_path / "home", whole_staged)
    assert Releases(tmp_path / "home").current() is None
    assert list((tmp_path / "home" / "releases").iterdir()) == []


def test_audit_tells_what_blocks(whole_build: SmallBuild) -> None:
    reported = blocking(whole_build.build)
    names = {line.split(":")[0] for line in reported}
    assert "indicator_with_values_has_values" in names, "this build has two indicators only"
    assert all("problem(s): " in line for line in reported)
    assert not names & {"correction_applies", "crosswalk_line_unused"}, "warnings do not block"


def test_fault_in_the_build_blocks(tmp_path: Path, whole_build: SmallBuild) -> None:
    copy = SmallBuild(tmp_path)
    for name in whole_build.build.names():
        copy.build.path(name).parent.mkdir(exist_ok=True)
        copy.build.path(name).write_bytes(whole_build.build.path(name).read_bytes())
    parts = tmp_path / "parts" / "staged.rejection"
    parts.mkdir(parents=True, exist_ok=True)
    for part in (whole_build.build.folder / "parts" / "staged.rejection").iterdir():
        (parts / part.name).write_bytes(part.read_bytes())
    before = {line.split(":")[0] for line in blocking(copy.build)}
    rows = copy.read("harmonised.observation")
    rows[0]["obs_value"] = 99.0
    copy.write("harmonised.observation", rows)
    audit(copy.build)
    assert {line.split(":")[0] for line in blocking(copy.build)} - before == {"value_equals_text"}


def test_full_disk_leaves_the_last_release_and_nothing_else(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ReleaseError, match=r"could not be written .* what was published before stays in place"):
            published(whole_build.build, tmp_path, whole_staged)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert Releases(tmp_path).current() == first
    assert Releases(tmp_path).ids() == [first.name], "what never became current is gone"
    assert visible(tmp_path) == [first.name, "current", "releases"]


def test_folder_that_cannot_be_made_is_a_message(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    (tmp_path / "releases").write_text("not a folder", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"could not be written to .*releases: .*Free some space or make the folder"):
        published(whole_build.build, tmp_path, whole_staged)


@pytest.mark.long
def test_swap_that_fails_keeps_the_old_current(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(release_module, "make_current", full)
    with pytest.raises(ReleaseError, match="No space left on device"):
        published(whole_build.build, tmp_path, whole_staged)
    assert Releases(tmp_path).current() == first
    assert Releases(tmp_path).ids() == [first.name], "what never became current is gone"


def test_leftovers_of_a_killed_refresh_are_cleared(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    left = tmp_path / "releases" / ".2026.11.22-9.4711"
    (left / "parquet").mkdir(parents=True)
    (left / "warehouse.duckdb").write_bytes(b"half")
    assert Releases(tmp_path).ids() == [first.name], "a leftover is no release"
    clean(Releases(tmp_path))
    assert visible(tmp_path) == [first.name, "current", "releases"]
    assert Releases(tmp_path).current() == first


def test_real_release_is_as_its_manifest_says(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["release"] == release.name
    assert {s["provider"] for s in manifest["sources"]} == {"ilostat", "national", "un_wpp", "unsd_sdg", "world_bank"}
    for name, reported in manifest["files"].items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == reported["sha256"], name


def test_no_key_of_the_real_release_has_an_empty_cell(release: Path) -> None:
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    try:
        for name, described in tables().items():
            if described.is_work:
                continue
            condition = " OR ".join(f'"{c}" IS NULL' for c in described.key)
            assert con.execute(f"SELECT count(*) FROM {name} WHERE {condition}").fetchone() == (0,), name
    finally:
        con.close()


def test_cell_names_all_breakdowns_in_their_order(release: Path) -> None:
    # in reference.target_group_rule a code that may be any is empty
    named = [n for n, t in tables().items() if not t.is_work and {"cell", *BREAKDOWNS} <= set(t.column_names)]
    assert {"indicator_set.value", "indicator_set.aggregate", "baseline.value"} <= set(named)
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    try:
        for name in named:
            stated = (f"coalesce({b}, '')" for b in BREAKDOWNS)
            joined = f"concat_ws('|', {', '.join(stated)})"
            assert con.execute(f"SELECT count(*) FROM {name} WHERE cell <> {joined}").fetchone() == (0,), name
    finally:
        con.close()


def test_history_that_cannot_be_written_is_told_and_the_release_stands(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, event: history.Event) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history, "record", full)
    with pytest.warns(UserWarning, match=r"history\.jsonl cannot be written: .*No space left on device"):
        folder = published(whole_build.build, tmp_path, whole_staged)
    assert Releases(tmp_path).current() == folder


@pytest.mark.parametrize("content", [b"{", b"", b"\xff"])
def test_damaged_manifest_says_so_and_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DamagedError, match=r"manifest\.json is damaged: .*payung refresh --force"):
        read_manifest(tmp_path)


def test_a_build_as_of_a_day_says_its_reference_year(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    made_from = Provenance({"code": "c"}, [], "0.1.0")
    for day, used, expected_text in (
        (date(2019, 2, 28), 2019, "Reference year 2019, the year of that day, instead of 2023 as in the set."),
        (date(2030, 1, 1), 2023, "Reference year 2023, as in the set."),
    ):
        years = reference_years(day)
        folder = publish_aside(
            whole_build.build, Releases(tmp_path / "home"), whole_staged, made_from, day, tmp_path / str(day), years
        )
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert (manifest["reference_year"], manifest["notes"]) == (used, [expected_text])


def test_no_reference_year_after_the_year_of_the_day() -> None:
    catalogue = load_catalog()
    of_set = catalogue.indicator_set.latest_reference_year
    for year in (2018, of_set, of_set + 7):
        then = catalogue.as_of(date(year, 2, 28))
        assert then.indicator_set.latest_reference_year == min(year, of_set)
        assert list(reference_tables(then, [])["indicator_set"]["latest_reference_year"]) == [min(year, of_set)]
        assert then.fingerprint == catalogue.fingerprint
    assert catalogue.indicator_set.latest_reference_year == of_set
