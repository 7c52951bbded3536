"""The figures: files that can be opened, numbers of the database, and all Member States in the given order."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import duckdb
import matplotlib as mpl
import pytest

from warehouse.export.release_reader import open_release
from warehouse.export.report_figures import BANDS, STYLE, coverage_by_contingency

NAMES = ("coverage_by_contingency", "baseline_and_latest", "availability")
SVG = "{http://www.w3.org/2000/svg}"


def texts(folder: Path, name: str) -> list[str]:
    root = ElementTree.parse(folder / f"{name}.svg").getroot()
    return ["".join(t.itertext()).strip() for t in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", NAMES)
def test_files_are_images_of_sufficient_size(figure_folder: Path, name: str) -> None:
    content = (figure_folder / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert width >= 2000
    assert height >= 800
    assert len(content) > 50_000
    assert b"<dc:date>" not in (figure_folder / f"{name}.svg").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_every_member_is_in_the_given_order(
    figure_folder: Path, name: str, database: duckdb.DuckDBPyConnection
) -> None:
    members = [
        r[0]
        for r in database.execute(
            "SELECT a.short_name FROM reference.area AS a JOIN reference.area_group AS g "
            "ON g.ref_area = a.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today ORDER BY a.sort_order"
        ).fetchall()
    ]
    assert len(members) == 11
    text = " ".join(texts(figure_folder, name))  # long names are wrapped
    positions = [text.find(member) for member in members]
    assert -1 not in positions
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", NAMES)
def test_release_and_source_are_named(figure_folder: Path, name: str, database: duckdb.DuckDBPyConnection) -> None:
    (release_id,) = database.execute("SELECT release FROM main.release").fetchone() or ("",)
    text = " ".join(texts(figure_folder, name))
    assert "Source: " in text
    assert f"release {release_id}." in text
    if name != "availability":
        assert "vintage 20" in text


def test_coverage_shows_each_latest_number_with_its_year(
    figure_folder: Path, database: duckdb.DuckDBPyConnection
) -> None:
    shown = texts(figure_folder, "coverage_by_contingency")
    rows = database.execute(
        "SELECT v.latest_value, v.latest_year FROM baseline.value AS v JOIN reference.indicator AS i "
        "ON i.indicator = v.indicator WHERE i.indicator_group = 'coverage' AND i.sdg = '1.3.1' "
        "AND i.status = 'with_values' AND v.is_headline AND v.area_type = 'country'"
    ).fetchall()
    assert len(rows) == 99
    numbers = [f"{value:.1f}" for value, _ in rows if value is not None]
    for number in set(numbers):
        assert shown.count(number) >= numbers.count(number)
    old = sum(text.endswith(", old") or ", old " in text for text in shown)
    assert shown.count("no value") + old == sum(value is None for value, _ in rows)
    assert shown.count("no value") > 0


def test_pairs_that_are_not_comparable_have_a_legend(figure_folder: Path) -> None:
    text = " ".join(texts(figure_folder, "baseline_and_latest"))
    assert "not comparable with the baseline" in text
    assert "no value | 2021" in text


def test_availability_shows_letters(figure_folder: Path, database: duckdb.DuckDBPyConnection) -> None:
    shown = texts(figure_folder, "availability")
    counts = database.execute(
        "SELECT letter, count(*) FROM (SELECT CASE reason_code WHEN 'rejected' THEN 'R' WHEN 'national_submission' "
        "THEN 'W' WHEN 'not_gathered' THEN 'P' ELSE CASE availability WHEN 'available' THEN 'A' WHEN 'old' THEN 'O' "
        "WHEN 'superseded' THEN 'S' WHEN 'document' THEN 'D' WHEN 'no_value' THEN 'N' END END AS letter, indicator "
        "FROM quality.availability WHERE breakdown = 'headline') JOIN reference.indicator USING (indicator) "
        "WHERE status = 'with_values' GROUP BY letter"
    ).fetchall()
    assert {"A", "O", "S", "D", "N", "R", "W"} == {letter for letter, _ in counts}
    for letter, count in counts:
        assert shown.count(letter) == count
    declared = database.execute("SELECT count(*) FROM reference.indicator WHERE status = 'declared'").fetchone()
    bands = [text for text in shown if text in {f"{letter}  {label}" for letter, label in BANDS.items()}]
    assert declared == (len(bands),)


def test_repeated_figures_of_a_release_are_identical(small_release: Path, figure_folder: Path, tmp_path: Path) -> None:
    with open_release(small_release) as reader, mpl.rc_context(STYLE):
        figure = coverage_by_contingency(reader)
        figure.savefig(tmp_path / "again.svg", format="svg", dpi=200, metadata={"Date": None, "Creator": "Payung"})
    assert (tmp_path / "again.svg").read_bytes() == (figure_folder / "coverage_by_contingency.svg").read_bytes()
