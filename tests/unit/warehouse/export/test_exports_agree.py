"""Workbook, site and figures of the release from the archive show the same numbers and letters."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from messages import assert_reports
from openpyxl import Workbook, load_workbook
from payung_command import run_payung
from site_pages import Page

from pipelines.gap_report import GapRequest, gap_report
from warehouse.export import export
from warehouse.export.labels import AVAILABILITY_FILLS, AVAILABILITY_LETTERS
from warehouse.export.report_figures import BANDS

HEADER = 4
VALUES = re.compile(r'<data value="([^"]*)">([^<]*)</data>(?!&nbsp;%)')  # shares of a weight have their own format
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def folder(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workbook, site and figures of the release."""
    to = tmp_path_factory.mktemp("agreement")
    export(release, to, ["xlsx", "site", "figures"])
    return to


@pytest.fixture(scope="module")
def book(folder: Path) -> Workbook:
    return load_workbook(next(folder.glob("payung_*.xlsx")))


def as_shown(number: float, number_format: str) -> str:
    """The number as a spreadsheet shows it: decimal digits rounded half up (a long test below checks LibreOffice)."""
    decimals = len(number_format.partition(".")[2])
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded:,f}" if "," in number_format else f"{rounded:f}"


def shown_on_pages(site: Path) -> dict[str, dict[float, set[str]]]:
    """By indicator: each number of its page, with the texts that show it."""
    out: dict[str, dict[float, set[str]]] = {}
    for path in sorted((site / "indicator").glob("*.html")):
        texts: dict[float, set[str]] = defaultdict(set)
        for number, text in VALUES.findall(path.read_text(encoding="utf-8")):
            texts[float(number)].add(text.replace("\N{MINUS SIGN}", "-").removeprefix("+"))
        out[path.stem] = texts
    return out


def test_pages_and_workbook_show_the_same_numbers(folder: Path, book: Workbook) -> None:
    pages = shown_on_pages(folder / "site")
    compared, halves, differences = 0, 0, []
    for name in ("Baseline", "Baseline by breakdown", "Indicator set", "Aggregates"):
        for row in book[name].iter_rows(min_row=HEADER + 1):
            on_page = pages[str(row[0].value)]
            for cell in row:
                # years and counts have other formats, and are text on the pages
                if not isinstance(cell.value, float | int) or cell.number_format in ("0", "0.00", "General"):
                    continue
                number = float(cell.value)
                if number in on_page:
                    compared += 1
                    text = as_shown(number, cell.number_format)
                    halves += text != f"{number:,.{len(cell.number_format.partition('.')[2])}f}"
                    if on_page[number] != {text} and cell.number_format != "#,##0":
                        differences.append((name, cell.coordinate, number, text, on_page[number]))
    assert differences == []
    assert compared > 10_000
    assert halves > 100, "numbers that binary rounding would round down"


def test_figure_shows_the_numbers_of_the_workbook(folder: Path, book: Workbook) -> None:
    root = ElementTree.parse(folder / "figures" / "coverage_by_contingency.svg").getroot()
    texts = {"".join(t.itertext()).strip() for t in root.iter(f"{SVG}text")}
    shown = {t for t in texts if re.fullmatch(r"\d+\.\d+", t)}
    sheet = book["Indicator set"]
    at = [c.value for c in sheet[HEADER]].index("Value")
    in_cells = {
        as_shown(row[at].value, row[at].number_format)
        for row in sheet.iter_rows(min_row=HEADER + 1)
        if str(row[0].value).startswith("ASP_COV_") and isinstance(row[at].value, float)
    }
    assert len(shown) > 30
    assert shown <= in_cells


def letters_of_site(site: Path) -> dict[tuple[str, str, int], str]:
    page = Page(site / "availability.html")
    out = {}
    for line in page.lines:
        if line.cells and line.cells[0].links:
            indicator = Path(line.cells[0].links[0]).stem
            cells = [c.text for c in line.cells[1:]]
            breakdown = "headline" if len(cells) == 11 else cells.pop(0)
            out |= {(indicator, breakdown, n): text for n, text in enumerate(cells)}
    return out


def letters_of_workbook(book: Workbook, labels: dict[str, str]) -> dict[tuple[str, str, int], str]:
    out = {}
    for row in book["Availability"].iter_rows(min_row=HEADER + 1, values_only=True):
        breakdown = "headline" if row[4] == labels["headline"].lower() else str(row[4])
        out |= {(str(row[0]), breakdown, n): str(text) for n, text in enumerate(row[5:16])}
    return out


def test_site_workbook_figure_and_gaps_agree_for_every_cell(folder: Path, book: Workbook, release: Path) -> None:
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as con:
        labels = dict(con.execute("SELECT code, name FROM reference.code WHERE codelist = 'breakdown'").fetchall())
        members = [
            r[0]
            for r in con.execute(
                "SELECT a.ref_area FROM reference.area AS a JOIN reference.area_group AS g ON g.ref_area = a.ref_area "
                "AND g.area_group = 'ASEAN' AND g.is_member_today ORDER BY a.sort_order"
            ).fetchall()
        ]
        stored = con.execute(
            "SELECT indicator, breakdown, ref_area, shown_as, availability, reason_code, latest_year "
            "FROM quality.availability"
        ).fetchall()
    expected = {}
    for indicator, breakdown, area, shown_as, _, _, year in stored:
        label = "headline" if breakdown == "headline" else labels[breakdown].lower()
        letter = AVAILABILITY_LETTERS[shown_as][0]
        expected[(indicator, label, members.index(area))] = letter if year is None else f"{letter} {year}"
    assert letters_of_site(folder / "site") == expected
    assert letters_of_workbook(book, labels) == expected
    missing = gap_report(release, GapRequest(breakdowns=True)).rows
    not_applicable = gap_report(release, GapRequest(breakdowns=True, reason="not_applicable")).rows
    of_gaps = {
        (r.indicator, r.breakdown, r.area): (r.shown_as, r.reason_code)
        for found in (missing, not_applicable)
        for r in found[found["area_type"] == "country"].itertuples()
    }
    assert of_gaps == {
        (i, b, a): (shown_as, reason) for i, b, a, shown_as, _, reason, _ in stored if shown_as != "available"
    }
    # the letter never contradicts the reason that `payung gaps` shows
    reasons = {
        "old": {"out_of_window"},
        "superseded": {"not_usable"},
        "document": {"not_usable"},
        "declared": {"no_source"},
    }
    reasons |= {"no_value": {"no_source", "other_cells"}, "available": {None}}
    for _, _, _, shown_as, availability, reason, _ in stored:
        assert reason in reasons.get(shown_as, {shown_as}), (shown_as, availability, reason)
    assert letters_of_figure(folder / "figures" / "availability.svg") == counted(expected)


def letters_of_figure(path: Path) -> dict[str, int]:
    """The number of cells of the heat map with each letter; a band counts for all its members."""
    found: dict[str, int] = defaultdict(int)
    letters = {letter for letter, _ in AVAILABILITY_LETTERS.values()}
    for text in ("".join(t.itertext()).strip() for t in ElementTree.parse(path).getroot().iter(f"{SVG}text")):
        letter, space, label = text.partition("  ")
        if text in letters:
            found[text] += 1
        elif space and letter in letters and label in BANDS.values():
            found[letter] += 11
    return dict(found)


def counted(expected: dict[tuple[str, str, int], str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for (_, breakdown, _), text in expected.items():
        if breakdown == "headline":
            found[text.partition(" ")[0]] += 1
    return dict(found)


def test_letters_have_the_same_colour_on_site_and_workbook(folder: Path) -> None:
    style = (folder / "site" / "style.css").read_text(encoding="utf-8")
    colours = {
        letter: fill if len(fill) == 6 else "".join(c * 2 for c in fill)
        for letter, fill in re.findall(r"\.av-(\S) \{ background: #(\w+)", style)
    }
    assert {letter: fill.upper() for letter, fill in colours.items()} == AVAILABILITY_FILLS


def test_gaps_as_json_have_the_codes_of_the_letters(made_home: Path) -> None:
    ran = run_payung(made_home, "gaps", "--area", "LAO", "--json")
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)["gaps"]
    assert rows
    assert {r["shown_as"] for r in rows} <= set(AVAILABILITY_LETTERS) - {"available"}


def test_home_page_shows_findings_of_checks_and_not_their_rules(folder: Path, release: Path) -> None:
    page = Page(folder / "site" / "index.html").text
    assert_reports(page, found=("929 values of earlier vintages", "missing from the newest"))
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as con:
        query = "SELECT passed, finding, description FROM quality.check_result"
        for passed, finding, description in con.execute(query).fetchall():
            assert (finding is None) == passed
            assert passed or finding in page
            assert description not in page


@pytest.mark.long
def test_libreoffice_shows_the_numbers_of_the_pages(folder: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed; the project does not need it")
    book = next(folder.glob("payung_*.xlsx"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, profile, "--headless", "--convert-to", "html", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    text = next(tmp_path.glob("*.html")).read_text(encoding="utf-8", errors="replace")
    cells = re.findall(r'sdval="[^"]+" sdnum="[^";]*;[^";]*;(#,##0[.0]*)"[^>]*>(?:<[^>]+>)*([^<]*)', text)
    stored = [
        (cell.number_format, as_shown(cell.value, cell.number_format))
        for sheet in load_workbook(book)
        for row in sheet.iter_rows()
        for cell in row
        if cell.number_format.startswith("#,##0") and isinstance(cell.value, float | int)
    ]
    assert len(cells) > 10_000
    assert cells == stored
