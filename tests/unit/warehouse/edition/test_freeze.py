"""Freezing: an edition equals its release, and is signed, read-only and complete in itself."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports

from warehouse.edition.edition_store import CHECKSUM, MANIFEST, Edition, EditionError, Editions, Signature
from warehouse.edition.freeze import REPORT, edition_tables, freeze
from warehouse.metadata import table, tables
from warehouse.release.release_folders import ReleaseError, Releases, refuse_folder

Altered = Callable[..., Path]
SIGNED = Signature("A. Nama", "ACSS")


def rows(edition: Edition, query: str, **names: str) -> list[tuple[object, ...]]:
    """The result of a query in which {name} is replaced by a table of the edition."""
    files = {k: f"read_parquet('{edition.table(v)}')" for k, v in names.items()}
    return duckdb.connect().execute(query.format(**files)).fetchall()


def test_every_table_equals_the_release_as_csv_and_as_parquet(edition: Edition, release: Path) -> None:
    con = duckdb.connect(str(release / "warehouse.duckdb"), read_only=True)
    for name in (*edition_tables(), REPORT):
        parquet, csv = edition.table(name), edition.folder / "csv" / f"{name}.csv"
        differing = con.execute(
            f"SELECT count(*) FROM (FROM read_parquet('{parquet}') EXCEPT SELECT * FROM {name})"
        ).fetchall()[0][0]
        assert differing == 0, name
        row_count = con.execute(f"SELECT count(*) FROM read_parquet('{parquet}')").fetchall()[0][0]
        assert row_count == edition.manifest["tables"][name]["rows"], name
        csv_row_count = con.execute(
            f"SELECT count(*) FROM read_csv('{csv}', header = true, all_varchar = true, quote = '\"', delim = ',')"
        ).fetchall()[0][0]
        assert csv_row_count == edition.manifest["tables"][name]["rows"], name
    for name in ("baseline.value", "reference.indicator", REPORT):
        n = con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        assert edition.manifest["tables"][name]["rows"] == n > 100


def test_every_figure_has_its_lineage_within_the_edition(edition: Edition) -> None:
    missing = rows(
        edition,
        """
        WITH used AS (
            SELECT baseline_observation_id AS id FROM {b} UNION SELECT latest_observation_id FROM {b}
            UNION SELECT observation_id FROM {m}
        )
        SELECT count(*) FILTER (WHERE v.observation_id IS NULL), count(*) FILTER (WHERE s.snapshot_id IS NULL), count(*)
        FROM used
        LEFT JOIN {v} AS v ON v.observation_id = used.id
        LEFT JOIN {o} AS o ON o.observation_id = used.id
        LEFT JOIN {s} AS s ON s.snapshot_id = o.snapshot_id
        WHERE used.id IS NOT NULL
        """,
        b="baseline.value",
        m="indicator_set.aggregate_member",
        v="indicator_set.value",
        o="harmonised.observation",
        s="lineage.snapshot",
    )[0]
    assert missing[:2] == (0, 0)
    assert int(str(missing[2])) > 1000
    figures = rows(
        edition,
        "SELECT count(*), count(a.indicator) FROM {b} AS b LEFT JOIN {a} AS a ON a.indicator = b.indicator "
        "AND a.ref_area = b.ref_area AND a.cell = b.cell AND a.time_period = b.latest_year "
        "WHERE b.area_type = 'group' AND b.latest_value IS NOT NULL",
        b="baseline.value",
        a="indicator_set.aggregate",
    )[0]
    assert figures[0] == figures[1]
    quoted_figures = rows(  # of table A4, whose years are in no window
        edition,
        "SELECT count(*), count(v.observation_id) FROM {t} AS t LEFT JOIN {v} AS v ON v.indicator = t.indicator "
        "AND v.ref_area = t.ref_area AND v.time_period = t.latest_year AND v.is_headline "
        "WHERE t.table_code = 'A4' AND t.latest_year IS NOT NULL",
        t="main.baseline_tables",
        v="indicator_set.value",
    )[0]
    assert quoted_figures == (8, 8)


def test_manifest_has_signature_date_note_and_sources(edition: Edition, release: Path) -> None:
    published = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    m = edition.manifest
    assert (m["edition"], m["release"], m["note"]) == ("first", published["release"], "Test of the baseline")
    assert m["signed_by"] == {"name": "A. Nama", "body": "ACSS"}
    assert m["signed_at"].endswith("+00:00")
    assert m["definitions_fingerprint"] == published["inputs"]["catalogue"]
    assert m["sources"] == published["sources"]
    on_disk = {p.relative_to(edition.folder).as_posix() for p in edition.folder.rglob("*") if p.is_file()}
    assert set(m["files"]) == on_disk - {MANIFEST, CHECKSUM}
    assert (edition.folder / CHECKSUM).read_text(encoding="utf-8").split()[0] == edition.checksum


def test_edition_is_read_only_and_refused_as_folder_of_a_build(edition: Edition) -> None:
    for path in [edition.folder, *edition.folder.rglob("*")]:
        assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH), path
    home = edition.folder.parents[1]
    with pytest.raises(ReleaseError) as error:
        refuse_folder(Releases(home), home / "editions" / "first")
    assert_reports(str(error.value), found=str(home / "editions" / "first"), remedy="choose a folder")


def test_altered_release_is_not_frozen(altered: Altered, tmp_path: Path) -> None:
    folder = altered()
    with (folder / "warehouse.duckdb").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(EditionError) as error:
        freeze(Editions(tmp_path), folder, "no", SIGNED, "no")
    assert_reports(
        str(error.value), place=str(folder / "warehouse.duckdb"), found="sha256", remedy="payung refresh --force"
    )
    assert Editions(tmp_path).all() == []


def test_release_of_another_version_is_not_frozen(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This version expects a column that the release does not have."""
    area = table("reference.area")
    changed = replace(area, columns=(*area.columns, replace(area.columns[0], name="new_column")))
    monkeypatch.setattr("warehouse.edition.freeze.tables", lambda: {**tables(), "reference.area": changed})
    with pytest.raises(EditionError) as error:
        freeze(Editions(tmp_path), release, "no", SIGNED, "no")
    assert_reports(str(error.value), found="reference.area.new_column", remedy="payung refresh --force")
    assert Editions(tmp_path).all() == []


def test_unfinished_folder_of_a_killed_freeze_is_removed(edition: Edition) -> None:
    assert [p.name for p in edition.folder.parent.iterdir()] == ["first"]


# verifying
