"""Publishing: in one step or not at all; releases are found, can be opened by older engines, and survive failures."""

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
from messages import assert_reports
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
    """A home with one release, and the folder of the release; not to be changed."""
    home = tmp_path_factory.mktemp("first")
    return home, published(whole_build.build, home, whole_staged)


def visible(home: Path) -> list[str]:
    """The names in a home and its folder of releases, except the history."""
    paths = [*home.iterdir(), *(home / "releases").iterdir()]
    return sorted(p.name for p in paths if p.name != history.FILE)


def test_first_release_is_complete_and_current(first_home: tuple[Path, Path]) -> None:
    home, folder = first_home
    releases = Releases(home)
    assert releases.current() == folder
    assert releases.find() == releases.find(folder.name) == folder
    assert visible(home) == [folder.name, "current", "releases"]
    manifest = read_manifest(folder)
    assert manifest["release"] == folder.name
    assert manifest["inputs"] == {"archive": "a1", "code": "c1"}
    assert manifest["sources"] == SOURCES
    for name, entry in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert set(manifest["files"]) == {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"
    }


def test_database_and_parquet_have_the_rows_of_the_build(
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
    # 66 is the storage version that DuckDB 1.3 can read; in the header of the file it follows the magic bytes.
    header = (folder / "warehouse.duckdb").read_bytes()[:24]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") <= 66
    assert tags["storage_version"] == "v1.3.0+"


@pytest.mark.long
def test_reader_always_finds_a_complete_release(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    names_found: set[str | None] = set()
    stop = threading.Event()

    def read_current() -> None:
        while not stop.is_set():
            current = Releases(tmp_path).current()
            names_found.add(current.name if current else None)

    reading = threading.Thread(target=read_current)
    reading.start()
    open_before = duckdb.connect(str((tmp_path / "current" / "warehouse.duckdb").resolve()), read_only=True)
    try:
        second = published(whole_build.build, tmp_path, whole_staged)
    finally:
        stop.set()
        reading.join()
    assert names_found <= {first.name, second.name}, "a release was missing or incomplete"
    assert Releases(tmp_path).current() == second
    assert open_before.execute("SELECT release FROM main.release").fetchone() == (first.name,), (
        "open releases stay readable"
    )
    open_before.close()
    assert Releases(tmp_path).ids() == [first.name, second.name]


def test_ids_of_a_day_are_numbered(tmp_path: Path) -> None:
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
    assert releases.next_id(day) == "2026.11.22-11", "hidden folders and folders without a manifest are not counted"


def test_home_without_a_release_is_reported_with_the_command(tmp_path: Path) -> None:
    assert Releases(tmp_path).current() is None
    with pytest.raises(ReleaseError) as error:
        Releases(tmp_path).find()
    assert_reports(str(error.value), place=str(tmp_path), found="no release", remedy="payung refresh")


def test_unknown_release_is_reported_with_the_existing_ones(first_home: tuple[Path, Path]) -> None:
    home, folder = first_home
    with pytest.raises(ReleaseError) as error:
        Releases(home).find("2019.01.01-1")
    assert_reports(
        str(error.value),
        found="no release 2019.01.01-1",
        expected=f": {folder.name}",
        remedy="All 1: payung releases list",
    )


@pytest.mark.long
def test_current_can_point_to_an_earlier_release(
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
    empty = SmallBuild(tmp_path / "build")
    with pytest.raises(ReleaseError) as error:
        published(empty.build, tmp_path / "home", whole_staged)
    assert_reports(str(error.value), found="not audited", remedy="payung refresh --force")
    assert not (tmp_path / "home").exists()


def test_build_without_a_table_is_not_published(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    incomplete = SmallBuild(tmp_path / "build")
    incomplete.write("quality.check_result", [])
    with pytest.raises(ReleaseError) as error:
        published(incomplete.build, tmp_path / "home", whole_staged)
    assert_reports(str(error.value), found=("The build", "baseline.value"), remedy="payung refresh --force")
    assert Releases(tmp_path / "home").current() is None
    assert list((tmp_path / "home" / "releases").iterdir()) == []


def test_blocking_checks_are_listed(whole_build: SmallBuild) -> None:
    lines = blocking(whole_build.build)
    names = {line.split(":")[0] for line in lines}
    assert "indicator_with_values_has_values" in names, "this build has two indicators only"
    assert all("problem(s): " in line for line in lines)
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
    already_blocking = {line.split(":")[0] for line in blocking(copy.build)}
    rows = copy.read("harmonised.observation")
    rows[0]["obs_value"] = 99.0
    copy.write("harmonised.observation", rows)
    audit(copy.build)
    assert {line.split(":")[0] for line in blocking(copy.build)} - already_blocking == {"value_equals_text"}


def test_full_disk_leaves_only_the_last_release(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ReleaseError) as error:
            published(whole_build.build, tmp_path, whole_staged)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_reports(
        str(error.value),
        place=str(tmp_path / "releases"),
        found="releases are unchanged",
        remedy=("free some space", "writable", "refresh again"),
    )
    assert Releases(tmp_path).current() == first
    assert Releases(tmp_path).ids() == [first.name], "a release that did not become current is removed"
    assert visible(tmp_path) == [first.name, "current", "releases"]


def test_folder_that_cannot_be_made_is_reported(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    (tmp_path / "releases").write_text("not a folder", encoding="utf-8")
    with pytest.raises(ReleaseError) as error:
        published(whole_build.build, tmp_path, whole_staged)
    assert_reports(str(error.value), place=str(tmp_path / "releases"), remedy=("free some space", "writable"))


@pytest.mark.long
def test_current_release_remains_where_the_next_cannot_become_current(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(release_module, "make_current", full)
    with pytest.raises(ReleaseError, match="No space left on device"):
        published(whole_build.build, tmp_path, whole_staged)
    assert Releases(tmp_path).current() == first
    assert Releases(tmp_path).ids() == [first.name], "a release that did not become current is removed"


def test_unfinished_folders_of_a_killed_refresh_are_removed(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    first = published(whole_build.build, tmp_path, whole_staged)
    unfinished = tmp_path / "releases" / ".2026.11.22-9.4711"
    (unfinished / "parquet").mkdir(parents=True)
    (unfinished / "warehouse.duckdb").write_bytes(b"incomplete")
    assert Releases(tmp_path).ids() == [first.name]
    clean(Releases(tmp_path))
    assert visible(tmp_path) == [first.name, "current", "releases"]
    assert Releases(tmp_path).current() == first


def test_real_release_equals_its_manifest(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["release"] == release.name
    assert {s["provider"] for s in manifest["sources"]} == {"ilostat", "national", "un_wpp", "unsd_sdg", "world_bank"}
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == entry["sha256"], name


def test_no_key_of_the_real_release_has_an_empty_cell(release: Path) -> None:
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    try:
        for name, description in tables().items():
            if description.is_work:
                continue
            condition = " OR ".join(f'"{c}" IS NULL' for c in description.key)
            assert con.execute(f"SELECT count(*) FROM {name} WHERE {condition}").fetchone() == (0,), name
    finally:
        con.close()


def test_cell_has_all_breakdowns_in_their_order(release: Path) -> None:
    with_cell = [n for n, t in tables().items() if not t.is_work and {"cell", *BREAKDOWNS} <= set(t.column_names)]
    assert {"indicator_set.value", "indicator_set.aggregate", "baseline.value"} <= set(with_cell)
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    try:
        for name in with_cell:
            # in reference.target_group_rule a breakdown is NULL where any code matches
            codes = (f"coalesce({b}, '')" for b in BREAKDOWNS)
            joined = f"concat_ws('|', {', '.join(codes)})"
            assert con.execute(f"SELECT count(*) FROM {name} WHERE cell <> {joined}").fetchone() == (0,), name
    finally:
        con.close()


def test_history_that_cannot_be_written_is_a_warning_and_the_release_is_published(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, event: history.Event) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(history, "record", full)
    with pytest.warns(UserWarning, match=r"history\.jsonl") as warnings:
        folder = published(whole_build.build, tmp_path, whole_staged)
    assert_reports(
        str(warnings[0].message),
        place=str(tmp_path / "releases" / "history.jsonl"),
        found=("No space left on device", folder.name),
        remedy="writable",
    )
    assert Releases(tmp_path).current() == folder


@pytest.mark.parametrize("content", [b"{", b"", b"\xff"])
def test_damaged_manifest_is_reported_with_the_command(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DamagedError) as error:
        read_manifest(tmp_path)
    assert_reports(
        str(error.value), place=str(tmp_path / "manifest.json"), found="damaged", remedy="payung refresh --force"
    )


def test_build_as_of_a_date_has_its_reference_year_in_the_manifest(
    whole_build: SmallBuild, whole_staged: list[TableDescription], tmp_path: Path
) -> None:
    provenance = Provenance({"code": "c"}, [], "0.1.0")
    for day, year, years_in_note in (
        (date(2019, 2, 28), 2019, ("Reference year 2019", "2023")),
        (date(2030, 1, 1), 2023, ("Reference year 2023",)),
    ):
        years = reference_years(day)
        folder = publish_aside(
            whole_build.build, Releases(tmp_path / "home"), whole_staged, provenance, day, tmp_path / str(day), years
        )
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["reference_year"] == year
        (note,) = manifest["notes"]
        assert_reports(note, found=years_in_note)


def test_reference_year_is_not_after_the_year_of_the_date() -> None:
    catalogue = load_catalog()
    year_of_set = catalogue.indicator_set.latest_reference_year
    for year in (2018, year_of_set, year_of_set + 7):
        past = catalogue.as_of(date(year, 2, 28))
        expected = min(year, year_of_set)
        assert past.indicator_set.latest_reference_year == expected
        assert list(reference_tables(past, [])["indicator_set"]["latest_reference_year"]) == [expected]
        assert past.fingerprint == catalogue.fingerprint
    assert catalogue.indicator_set.latest_reference_year == year_of_set
