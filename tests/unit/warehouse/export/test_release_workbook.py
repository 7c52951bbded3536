"""The workbook: its cells equal the database."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from warehouse.export.labels import GAP_REASONS, PUBLICATION_CLASSES
from warehouse.export.release_reader import Rows
from warehouse.export.sheet_writer import Book, SheetColumn, SheetTable
from warehouse.release.release_folders import read_manifest

HEADER = 4
TABLES = (
    "Notes",
    "Baseline",
    "Baseline by breakdown",
    "Indicator set",
    "Aggregates",
    "Availability",
    "Rejections",
    "Sources",
    "Metadata",
)


@pytest.fixture(scope="module")
def workbook(workbook_path: Path) -> Workbook:
    return load_workbook(workbook_path)


def headers(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for cell in sheet[HEADER]]


def records(sheet: Worksheet) -> list[dict[str, Any]]:
    names = headers(sheet)
    return [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=HEADER + 1, values_only=True)]


def test_sheets_are_in_order(workbook: Workbook) -> None:
    assert workbook.sheetnames == ["Contents", *TABLES]


def test_baseline_equals_the_database_to_the_last_digit(
    workbook: Workbook, database: duckdb.DuckDBPyConnection
) -> None:
    stored = {
        (r[0], r[1]): r[2:]
        for r in database.execute(
            "SELECT indicator, ref_area, baseline_year, baseline_value, latest_year, latest_value, change, comparable "
            "FROM baseline.value WHERE is_headline"
        ).fetchall()
    }
    exported_keys = set()
    for row in records(workbook["Baseline"]):
        key = (row["Indicator"], row["Area"])
        if key not in stored:
            assert row["Baseline value"].startswith("no value: ")
            assert row["Latest value"].startswith("no value: ")
            continue
        exported_keys.add(key)
        baseline_year, baseline, latest_year, latest, change, comparable = stored[key]
        for name, year, value in (("Baseline", baseline_year, baseline), ("Latest", latest_year, latest)):
            shown = row[f"{name} value"]
            assert row[f"{name} year"] == year
            if value is None:
                assert isinstance(shown, str)
                assert shown.startswith(("no value: ", "<", ">")), shown
            else:
                assert shown == value
                assert type(shown) in (int, float)
        assert row["Change, latest minus baseline"] == change
        assert row["Comparable"] == ("yes" if comparable else "no")
        assert comparable or row["Reason if not comparable"]
    assert exported_keys == set(stored)


def test_breakdowns_equal_the_database(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    stored = database.execute(
        "SELECT indicator, ref_area, sex, age, baseline_year, baseline_value, latest_year, latest_value "
        "FROM baseline.value WHERE NOT is_headline"
    ).fetchall()
    shown = [
        (
            row["Indicator"],
            row["Area"],
            row["Sex"],
            row["Age"],
            row["Baseline year"],
            row["Baseline value"] if not isinstance(row["Baseline value"], str) else None,
            row["Latest year"],
            row["Latest value"] if not isinstance(row["Latest value"], str) else None,
        )
        for row in records(workbook["Baseline by breakdown"])
    ]
    assert sorted(shown, key=repr) == sorted(stored, key=repr)


def test_indicator_set_has_every_chosen_headline_value(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    stored = {
        r[0]: r[1:]
        for r in database.execute(
            "SELECT v.observation_id, v.time_period, v.obs_value, v.value_text, v.footnote, v.provider_series, "
            "v.vintage_date FROM indicator_set.value AS v JOIN reference.area_group AS g "
            "ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN' WHERE v.is_headline"
        ).fetchall()
    }
    rows = records(workbook["Indicator set"])
    assert len(rows) == len(stored)
    censored = 0
    for row in rows:
        year, value, text, footnote, series, vintage = stored[row["Observation"]]
        assert row["Year"] == year
        assert row["As published"] == text
        assert row["Footnote"] == footnote
        assert row["Series"] == series
        assert row["Vintage"].date() == vintage
        if value is None:
            censored += 1
            assert row["Value"] in (text, f'no value: published as "{text}"')
        else:
            assert row["Value"] == value
    assert censored > 0


def test_aggregates_have_class_and_coverage(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    stored = {
        (r[0], r[1], r[2], {"F": "female", "M": "male"}.get(r[3], "headline") if not r[4] else "headline"): r[5:]
        for r in database.execute(
            "SELECT indicator, ref_area, time_period, sex, is_headline, obs_value, publication_class, n_areas, area_names, "
            "weight_covered, mean_year, without_largest, uncertainty FROM indicator_set.aggregate "
            "WHERE is_headline OR (sex IN ('F', 'M') AND cell LIKE '%|_T|_T|_T|_T|_T|_T|_T|_T|_T|_T')"
        ).fetchall()
    }
    classes = set()
    for row in records(workbook["Aggregates"]):
        found = stored.get((row["Indicator"], row["Area"], row["Reference year"], row["Breakdown"]))
        if found is None:
            assert row["Figure"].startswith("no value: ")
            continue
        value, letter, n_areas, areas, covered, mean_year, without, uncertainty = found
        classes.add(letter)
        assert row["Class"] == PUBLICATION_CLASSES[letter]
        assert row["Figure"] == (f"no value: {GAP_REASONS['withheld']}" if letter == "C" else value)
        assert (row["Members with a value"], row["Members and years"]) == (n_areas, areas)
        assert row["Weight covered (0 to 1)"] == covered
        assert row["Weighted mean year"] == mean_year
        assert row["Without the largest member"] == without
        assert row["Uncertainty, plus or minus"] == uncertainty
    assert classes == {"A", "B", "C"}


def test_availability_is_shown_by_letters(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    letters = {"available": "A", "old": "O", "superseded": "S", "document": "D", "rejected": "R", "no_value": "N"}
    letters |= {"declared": "X", "not_gathered": "P", "national_submission": "W", "not_applicable": "-"}
    stored = database.execute(
        "SELECT q.indicator, lower(b.name), a.short_name, "
        "CASE WHEN q.reason_code IN ('not_gathered', 'national_submission', 'rejected') THEN q.reason_code "
        "ELSE q.availability END, q.latest_year FROM quality.availability AS q "
        "JOIN reference.area AS a ON a.ref_area = q.ref_area "
        "JOIN reference.code AS b ON b.codelist = 'breakdown' AND b.code = q.breakdown"
    ).fetchall()
    assert len(stored) == database.execute("SELECT count(*) FROM quality.availability").fetchall()[0][0]
    rows = {(r["Indicator"], r["Breakdown"]): r for r in records(workbook["Availability"])}
    for indicator, breakdown, area, shown_as, year in stored:
        expected = letters[shown_as] if year is None else f"{letters[shown_as]} {year}"
        assert rows[(indicator, breakdown)][area] == expected


@pytest.mark.parametrize("name", ["Baseline", "Baseline by breakdown", "Indicator set", "Aggregates"])
def test_each_value_column_follows_its_year_and_precedes_its_footnote(workbook: Workbook, name: str) -> None:
    names = headers(workbook[name])
    for value in ("Baseline value", "Latest value", "Value", "Figure"):
        if value in names:
            assert names[names.index(value) - 1].lower().endswith("year")
    for row in records(workbook[name]):
        for value in ("Baseline", "Latest"):
            if isinstance(row.get(f"{value} value"), float):
                assert isinstance(row[f"{value} year"], int)
    if name in ("Baseline", "Baseline by breakdown"):
        assert names.index("Baseline footnote") == names.index("Baseline value") + 2
        assert names.index("Latest footnote") == names.index("Latest value") + 2


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_frozen_filtered_and_set_up_for_print(workbook: Workbook, name: str) -> None:
    sheet = workbook[name]
    assert sheet.freeze_panes is not None
    assert sheet.freeze_panes.endswith(str(HEADER + 1))
    assert sheet.freeze_panes[0] != "A"
    first, _, last = sheet.auto_filter.ref.partition(":")
    assert first == f"A{HEADER}"
    assert last == f"{sheet.cell(HEADER, sheet.max_column).column_letter}{max(sheet.max_row, HEADER + 1)}"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
    for cell in sheet[HEADER]:
        assert 7 <= sheet.column_dimensions[cell.column_letter].width <= 120


def test_no_formula_no_error_value_and_no_percent_format(workbook: Workbook, workbook_path: Path) -> None:
    with zipfile.ZipFile(workbook_path) as archive:
        for entry in archive.namelist():
            if entry.startswith("xl/worksheets/sheet"):
                text = archive.read(entry)
                assert b"<f>" not in text
                assert b't="e"' not in text
        assert b"%" not in archive.read("xl/styles.xml")
    per_cent = [r for r in records(workbook["Baseline"]) if r["Unit"] == "Per cent"]
    assert max(r["Latest value"] for r in per_cent if isinstance(r["Latest value"], float)) > 50


def test_cells_show_the_decimals_of_the_indicator(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    decimals = dict(database.execute("SELECT indicator, decimals FROM reference.indicator").fetchall())
    sheet = workbook["Indicator set"]
    at = headers(sheet).index("Value")
    for row in sheet.iter_rows(min_row=HEADER + 1):
        if isinstance(row[at].value, float):
            digits = decimals[row[0].value]
            assert row[at].number_format == "#,##0" + ("." + "0" * digits if digits else "")


def test_metadata_blocks_are_complete_and_linked(workbook: Workbook, database: duckdb.DuckDBPyConnection) -> None:
    blocks: dict[str, dict[str, str]] = {}
    for row in records(workbook["Metadata"]):
        blocks.setdefault(row["Indicator"], {})[row["Field"]] = row["Content"]
    stored = database.execute(
        "SELECT indicator, name, definition, comparability, sdg FROM reference.indicator"
    ).fetchall()
    assert set(blocks) == {r[0] for r in stored}
    for indicator, name, definition, comparability, sdg in stored:
        block = blocks[indicator]
        assert (block["Name"], block["Definition"], block["Comparability"]) == (name, definition, comparability)
        assert block.get("SDG indicator") == sdg
        required = {
            "Unit",
            "Numerator",
            "Denominator",
            "Sources, by rank; of one rank the newest vintage",
            "Regional figure",
        }
        assert required | {"Responsible ASEAN bodies", "Articles of the Declaration"} <= set(block)
    assert (
        "SDG_0131_SEX_SOC_RT (SOC SOC_CONTIG_PENSION)"
        in blocks["ASP_COV_PENSN"]["Sources, by rank; of one rank the newest vintage"]
    )
    linked = {}
    for (cell,) in workbook["Contents"].iter_rows(min_row=HEADER, max_col=1):
        if cell.hyperlink:
            tab, _, place = cell.hyperlink.location.partition("!")
            linked[cell.value] = workbook[tab.strip("'")][place].value
    assert {code: code for code in blocks} == {code: linked[code] for code in blocks}
    assert set(TABLES) <= set(linked)


def test_contents_have_release_vintages_and_attributions(
    workbook: Workbook, database: duckdb.DuckDBPyConnection
) -> None:
    text = "\n".join(str(v) for row in workbook["Contents"].values for v in row if v)
    (release_id,) = database.execute("SELECT release FROM main.release").fetchone() or ("",)
    assert f"Release {release_id}" in text
    for (vintage,) in database.execute("SELECT DISTINCT vintage_date FROM lineage.snapshot").fetchall():
        assert vintage.isoformat() in text
    notes = "\n".join(str(v) for row in workbook["Notes"].values for v in row if v)
    for licence, attribution in database.execute(
        "SELECT DISTINCT licence, attribution FROM lineage.snapshot"
    ).fetchall():
        assert licence in notes
        assert attribution in notes


def test_times_in_the_file_are_the_date_of_the_release(workbook_path: Path, small_release: Path) -> None:
    day = date.fromisoformat(read_manifest(small_release)["made_at"][:10])
    with zipfile.ZipFile(workbook_path) as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(day.year, day.month, day.day)}
    properties = load_workbook(workbook_path, read_only=True).properties
    assert properties.created == properties.modified == datetime(day.year, day.month, day.day)


STRANGE = ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "1.3.1", "007", "NA", "TRUE", "2019-01-01", "a\x07b", "x" * 40_000]


def test_strange_text_stays_text(tmp_path: Path) -> None:
    book = Book("t", date(2026, 11, 22), "Payung & co")
    column = SheetColumn("text", "Text", 20, "code")
    book.add_table(SheetTable("T", "h", "a", (column,), Rows(("text",), [(text,) for text in STRANGE])))
    book.save(tmp_path / "t.xlsx")
    sheet = load_workbook(tmp_path / "t.xlsx")["T"]
    cells = [row[0] for row in sheet.iter_rows(min_row=HEADER + 1)]
    assert [c.data_type for c in cells] == ["s"] * len(STRANGE)
    assert [c.value for c in cells[:10]] == STRANGE[:10]
    assert [c.quotePrefix for c in cells[:5]] == [True] * 4 + [False]
    assert cells[10].value == "a\N{REPLACEMENT CHARACTER}b"
    assert len(cells[11].value) <= 32_767
    assert cells[11].value.endswith("in the CSV files]")


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        book = Book("t", date(2026, 11, 22), "f")
        rows = Rows(("value", "decimals", "gap"), [(0.1 + 0.2, 1, None), (None, 1, "no value: none")])
        book.add_table(SheetTable("T", "h", "a", (SheetColumn("value", "Value", 20, "value", "gap"),), rows))
        book.save(tmp_path / f"{name}.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheet = load_workbook(tmp_path / "one.xlsx")["T"]
    assert [sheet["A5"].value, sheet["A6"].value] == [0.1 + 0.2, "no value: none"]
