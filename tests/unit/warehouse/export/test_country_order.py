"""Countries are listed as ASEAN publications list them, by short name: in texts, sheets, pages and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook
from site_pages import Page

MEMBERS = (
    "Brunei Darussalam",
    "Cambodia",
    "Indonesia",
    "Lao PDR",
    "Malaysia",
    "Myanmar",
    "Philippines",
    "Singapore",
    "Thailand",
    "Timor-Leste",
    "Viet Nam",
)
CODES = ("BRN", "KHM", "IDN", "LAO", "MYS", "MMR", "PHL", "SGP", "THA", "TLS", "VNM")
_YEARS = r"(?: \d{4}(?:-\d{4})?)?"
_NAME = rf"(?:{'|'.join(MEMBERS)}){_YEARS}"
NAMES_IN_A_ROW = re.compile(rf"{_NAME}(?:, {_NAME})+")
CODES_IN_A_ROW = re.compile(rf"\b(?:{'|'.join(CODES)}){_YEARS}, (?:{'|'.join(CODES)})\b")
# Columns of codes, for queries; each has its counterpart with names.
OF_CODES = {"areas", "change_areas", "median_areas", "missing_areas", "members", "series_asked", "areas_asked"}
HEADER = 4


def faults_of(text: str) -> list[str]:
    """The lists of countries in a text that are in another order, or by code."""
    faults = [found[0] for found in CODES_IN_A_ROW.finditer(text)]
    for found in NAMES_IN_A_ROW.finditer(text):
        places = [MEMBERS.index(re.sub(rf"{_YEARS}$", "", name)) for name in found[0].split(", ")]
        if any(later <= earlier for earlier, later in pairwise(places)):
            faults.append(found[0])
    return faults


def test_lists_out_of_order_and_lists_of_codes_are_found() -> None:
    assert faults_of("reporting: Cambodia 2014, Lao PDR 2017") == []
    assert faults_of("reporting: Indonesia 2014, Cambodia 2017") == ["Indonesia 2014, Cambodia 2017"]
    assert faults_of("only KHM 2014, LAO 2017") == ["KHM 2014, LAO"]


def test_areas_are_in_the_order_of_asean_publications(database: duckdb.DuckDBPyConnection) -> None:
    rows = database.execute(
        "SELECT a.ref_area, a.short_name FROM reference.area AS a "
        "JOIN reference.area_group AS g ON g.ref_area = a.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today "
        "ORDER BY a.sort_order"
    ).fetchall()
    assert rows == list(zip(CODES, MEMBERS, strict=True))


def _text_columns(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    yield from con.execute(
        "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' "
        "AND schema_name IN ('baseline', 'indicator_set', 'quality', 'main') AND database_name = current_catalog()"
    ).fetchall()


def test_texts_of_a_release(database: duckdb.DuckDBPyConnection) -> None:
    listed = 0
    for table, column in _text_columns(database):
        if column in OF_CODES or table.split(".")[1].startswith(("duckdb_", "sqlite_")):
            continue
        texts = database.execute(
            f'SELECT DISTINCT "{column}" FROM {table} WHERE regexp_matches("{column}", \', \')'
        ).fetchall()
        for (text,) in texts:
            assert faults_of(text) == [], f"{table}.{column}"
            listed += bool(NAMES_IN_A_ROW.search(text))
    assert listed > 5, "there are lists to look at"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ref_area FROM latest('{indicator}')",
        "SELECT ref_area FROM compare('{indicator}', 2023) WHERE area_type = 'country'",
        "SELECT ref_area FROM members_of('{indicator}', 'ASEAN', 2023)",
        "SELECT ref_area FROM regional_baseline WHERE indicator = '{indicator}' AND area_type = 'country'",
    ],
)
def test_answers_of_macros_and_views(database: duckdb.DuckDBPyConnection, query: str) -> None:
    ((indicator,),) = database.execute(
        "SELECT indicator FROM indicator_set.aggregate_member GROUP BY indicator "
        "ORDER BY count(DISTINCT ref_area) DESC, indicator LIMIT 1"
    ).fetchall()
    places = [CODES.index(row[0]) for row in database.execute(query.format(indicator=indicator)).fetchall()]
    assert len(places) > 1
    assert places == sorted(places)


def test_sheets_of_the_workbook(workbook_path: Path) -> None:
    rows = 0
    for sheet in load_workbook(workbook_path, read_only=True).worksheets:
        values = list(sheet.iter_rows(values_only=True))
        assert [fault for row in values for cell in row if isinstance(cell, str) for fault in faults_of(cell)] == []
        heads = list(values[HEADER - 1]) if len(values) >= HEADER else []
        if sheet.title not in ("Baseline", "Indicator set"):
            continue
        place = heads.index("Area name")
        names = [(row[0], MEMBERS.index(row[place])) for row in values[HEADER:] if row[place] in MEMBERS]
        for (indicator, before), (same, after) in pairwise(names):
            assert indicator != same or before <= after, f"{sheet.title}: {indicator}"
        rows += len(names)
    assert rows > 50


def test_pages_of_the_site(site: Path) -> None:
    listed = 0
    for path in sorted(site.rglob("*.html")):
        page = Page(path)
        for line in page.lines:
            assert [fault for cell in line.cells for fault in faults_of(cell.text)] == [], path.name
        listed += len(NAMES_IN_A_ROW.findall(page.text))
        by_table: dict[str, list[int]] = {}
        for line in page.lines:
            if line.cells and line.cells[0].is_head and line.cells[0].text in MEMBERS:
                by_table.setdefault(f"{line.section} {line.table}", []).append(MEMBERS.index(line.cells[0].text))
        if path.parent.name == "indicator":
            first = next(iter(by_table.values()), [])
            assert first == sorted(first), path.name
    assert listed > 0
