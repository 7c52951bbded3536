"""The engine: tables are written completely, with declared types, from SQL files with known inputs."""

from __future__ import annotations

import datetime
import re
import resource
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from messages import assert_reports
from small_build import SmallBuild, laid_out, un_row

from warehouse.build.engine import (
    PER_DATASET,
    SQL,
    Build,
    BuildError,
    computed_tables,
    inputs_of,
    make,
    preview,
    read_files,
    write_frame,
)
from warehouse.metadata import SCHEMAS, table, tables
from warehouse.release.macros import macros

CORRECTION = {"correction_id": "7", "reported": "2026-11-22", "expected_text": "0.7", "ref_area": "KHM"}


def test_frame_is_cast_to_its_declared_types(tmp_path: Path) -> None:
    build = Build(tmp_path)
    frame = laid_out("reference.correction", [CORRECTION])
    assert write_frame(build, table("reference.correction"), frame) == 1
    names, rows = preview(build.path("reference.correction"))
    assert names == table("reference.correction").column_names
    row = dict(zip(names, rows[0], strict=True))
    assert row["correction_id"] == 7
    assert row["reported"] == datetime.date(2026, 11, 22)
    assert row["time_period"] is None
    assert row["sex"] == "_T"


def test_cell_of_another_type_is_an_error_and_no_file_is_left(tmp_path: Path) -> None:
    build = Build(tmp_path)
    frame = laid_out("reference.correction", [{**CORRECTION, "correction_id": "seven"}])
    with pytest.raises(Exception, match="seven"):
        write_frame(build, table("reference.correction"), frame)
    assert not build.has("reference.correction")


def test_empty_frame_keeps_columns_and_types(tmp_path: Path) -> None:
    build = Build(tmp_path)
    assert write_frame(build, table("lineage.snapshot"), pd.DataFrame()) == 0
    frame = read_files([build.path("lineage.snapshot")])
    assert list(frame.columns) == table("lineage.snapshot").column_names
    assert frame.empty


def test_written_table_replaces_the_old_one(tmp_path: Path) -> None:
    build = Build(tmp_path)
    for rows in ([CORRECTION, CORRECTION, CORRECTION], [CORRECTION]):
        write_frame(build, table("reference.correction"), laid_out("reference.correction", rows))
    assert len(read_files([build.path("reference.correction")])) == 1
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["correction.parquet"], "no incomplete file is left"


def test_full_disk_is_reported_with_the_path_and_the_old_table_remains(tmp_path: Path) -> None:
    build = Build(tmp_path)
    write_frame(build, table("reference.correction"), laid_out("reference.correction", [CORRECTION]))
    long = [{**CORRECTION, "correction_id": i, "why": f"{i:x}" * 40} for i in range(1000)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(BuildError) as error:
            write_frame(build, table("reference.correction"), laid_out("reference.correction", long))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_reports(str(error.value), place="correction.parquet", remedy=("free some space", "writable"))
    assert len(read_files([build.path("reference.correction")])) == 1
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["correction.parquet"]


def test_missing_input_is_reported_with_the_table(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as error:
        make(Build(tmp_path), "lineage.correction")
    assert_reports(str(error.value), found=("no table", "."), remedy="payung refresh --force")


def test_names_lists_the_complete_tables(tmp_path: Path) -> None:
    build = Build(tmp_path)
    for name in ("reference.correction", "lineage.snapshot"):
        write_frame(build, table(name), pd.DataFrame())
    (tmp_path / "lineage" / "left.parquet.part").touch()
    assert build.names() == ["lineage.snapshot", "reference.correction"]


def test_inputs_are_read_from_the_sql_without_comments() -> None:
    text = "-- lineage.correction: not indicator_set.value\nSELECT 1 FROM baseline.value JOIN lineage.correction\n"
    assert inputs_of("lineage.correction", text) == ["baseline.value"]


@pytest.mark.parametrize("schemas", [(s,) for s in SCHEMAS] + [()], ids=[*SCHEMAS, "all"])
def test_computed_tables_come_after_their_inputs(schemas: tuple[str, ...]) -> None:
    order = computed_tables(*schemas)
    assert sorted(order) == sorted(f"{s}.{p.stem}" for s in schemas or SCHEMAS for p in (SQL / s).glob("*.sql"))
    for name in order:
        earlier = order[: order.index(name)]
        assert [i for i in inputs_of(name) if i in order and i not in earlier] == []


def test_every_input_of_every_sql_file_is_a_described_table() -> None:
    files = [f"{p.parent.name}.{p.stem}" for p in SQL.glob("*/*.sql") if p.parent.name in SCHEMAS]
    assert len(files) > 20
    for name in files:
        assert name in tables()
        unknown = [i for i in inputs_of(name) if i not in tables() and i not in PER_DATASET]
        assert unknown == [], f"{name} reads {unknown}"


def test_every_sql_file_is_one_query() -> None:
    for path in SQL.glob("*/*.sql"):
        if path.parent.name in ("macros", "function"):
            continue
        code = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        assert re.match(r"\s*(WITH|SELECT)\b", code), path.name
        assert not re.search(r"\b(INSERT|CREATE|COPY|ATTACH|random|now|current_date|today)\b", code), path.name
        assert len(duckdb.extract_statements(code)) == 1, f"{path.name} has more than one statement"


def test_every_macro_has_a_comment_that_begins_with_its_call() -> None:
    all_macros = macros()
    assert len(all_macros) >= 10
    for macro in all_macros:
        assert macro.comment.startswith(f"{macro.name}("), macro.name
        assert len(duckdb.extract_statements(macro.statement)) == 1, macro.name


def test_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        small = SmallBuild(tmp_path / name)
        rows = [
            un_row("SI_COV_PENSN", a, y, str(10 + y % 7), sex="BOTHSEX") for a in ("608", "764") for y in (2015, 2019)
        ]
        small.stage("unsd_sdg", "sdg", "2023-12-17", rows)
        small.staged().make("harmonised.observation", "indicator_set.value")
        contents.append([small.build.path(t).read_bytes() for t in ("harmonised.observation", "indicator_set.value")])
    assert contents[0] == contents[1]


def test_datasets_with_different_columns_are_combined(tmp_path: Path) -> None:
    small = SmallBuild(tmp_path)
    small.stage("unsd_sdg", "sdg", "2023-12-17", [un_row("SI_COV_PENSN", "608", 2016, "39.8", sex="BOTHSEX")])
    small.stage("world_bank", "wdi", "2024-06-28", [{"series": "NEW", "ref_area": "THA", "time_period": "2019"}])
    small.staged().make("harmonised.series_map")
    assert {(r["provider"], r["outcome"], r["reason"]) for r in small.read("harmonised.series_map")} == {
        ("unsd_sdg", "harmonised", None),
        ("world_bank", "out_of_scope", "series_not_claimed"),
    }
