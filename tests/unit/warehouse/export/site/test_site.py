"""The static site: complete, well-formed, self-contained, and with the numbers of the database."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pytest
from messages import assert_reports
from site_pages import Page

from warehouse.export import ExportError, export
from warehouse.export.labels import GAP_REASONS, GROUP_CHANGE, QUOTED_FIGURE
from warehouse.export.release_reader import open_release
from warehouse.export.site import shown_release, write_site
from warehouse.export.site.pages import Site


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {p.relative_to(site).as_posix(): Page(p) for p in sorted(site.rglob("*.html"))}


def indicators(database: duckdb.DuckDBPyConnection) -> list[str]:
    return [r[0] for r in database.execute("SELECT indicator FROM reference.indicator ORDER BY 1").fetchall()]


def test_every_indicator_country_and_group_has_a_page(
    pages: dict[str, Page], database: duckdb.DuckDBPyConnection
) -> None:
    expected = {f"indicator/{code}.html" for code in indicators(database)}
    expected |= {
        f"country/{r[0]}.html"
        for r in database.execute(
            "SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN' AND is_member_today"
        ).fetchall()
    }
    expected |= {
        f"group/{r[0]}.html"
        for r in database.execute(
            "SELECT code FROM reference.code WHERE codelist = 'target_group' AND code <> '_T'"
        ).fetchall()
    }
    names = ("index", "indicators", "countries", "groups", "availability", "methods", "sources", "dictionary", "search")
    assert set(pages) == expected | {f"{n}.html" for n in names}


def test_every_page_is_well_formed_and_accessible(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert page.faults == [], name
        duplicate_ids = [i for i, n in Counter(page.ids).items() if n > 1]
        assert duplicate_ids == [], name
        assert page.headings[0] == 1, name
        assert page.headings.count(1) == 1, name
        assert all(b - a <= 1 for a, b in pairwise(page.headings)), f"{name}: a level of headings is missing"
        tags = [t for t, _ in page.tags]
        for landmark in ("header", "nav", "main", "footer"):
            assert landmark in tags, name
        first_link = next(attributes for tag, attributes in page.tags if tag == "a")
        assert first_link == {"class": "skip", "href": "#main"}, name
        labels = {attributes["for"] for tag, attributes in page.tags if tag == "label"}
        assert {attributes["id"] for tag, attributes in page.tags if tag == "input"} <= labels, name
        assert tags.count("table") == tags.count("caption"), name
        assert all("scope" in attributes for tag, attributes in page.tags if tag == "th"), name
        for number, (tag, attributes) in enumerate(page.tags):
            if tag == "svg":
                assert attributes["role"] == "img"
                assert [t for t, _ in page.tags[number + 1 : number + 3]] == ["title", "desc"]
                assert set(attributes["aria-labelledby"].split()) <= set(page.ids)


def test_every_link_and_anchor_has_a_target(site: Path, pages: dict[str, Page]) -> None:
    root = site.resolve()
    ids = {root / name: set(page.ids) for name, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for link in {*page.links, *page.loads} - {"data:,"}:
            parts = urlsplit(link)
            target = ((root / name).parent / unquote(parts.path)).resolve() if parts.path else root / name
            exists = not parts.scheme and not parts.netloc and target.is_file()
            if not exists or (parts.fragment and unquote(parts.fragment) not in ids[target]):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_pages_load_nothing_from_other_sites(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert {urlsplit(a).scheme for a in page.loads} <= {"", "data"}, name
        assert all("style" not in attributes for _, attributes in page.tags), (
            f"{name}: inline style instead of style.css"
        )
    for name in ("style.css", "search.js"):
        text = (site / name).read_text(encoding="utf-8")
        for word in ("//", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML"):
            assert word not in re.sub(r"(?m)^ *// .*$", "", text), f"{name}: {word}"


def test_values_equal_the_database(pages: dict[str, Page], database: duckdb.DuckDBPyConnection) -> None:
    checked = 0
    for code in indicators(database):
        stored = database.execute(
            "SELECT v.ref_area || '-' || v.time_period, v.obs_value, v.value_text, o.snapshot_id, o.snapshot_row "
            "FROM indicator_set.value AS v JOIN harmonised.observation AS o USING (observation_id) "
            "JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN' "
            "WHERE v.indicator = ? AND v.is_headline",
            [code],
        ).fetchall()
        rows = {x.id: x.cells for x in pages[f"indicator/{code}.html"].section("values") if x.id}
        assert set(rows) == {r[0] for r in stored}, code
        for place, value, text, snapshot, row in stored:
            cells = [c for c in rows[place] if not c.is_head]
            assert cells[0].text == place.split("-")[1]
            assert (cells[1].numbers == [value]) if value is not None else (cells[1].text == text), f"{code} {place}"
            assert cells[-1].text == row
            label = urlsplit(cells[-2].links[0]).fragment
            assert snapshot in pages["sources.html"].text.split(f"{label}: ")[1].split("Address")[0]
            checked += 1
    assert checked > 500


def test_baseline_breakdowns_and_regional_figures_equal_the_database(
    pages: dict[str, Page], database: duckdb.DuckDBPyConnection
) -> None:
    query = (
        "SELECT baseline_value, latest_value, change FROM baseline.value AS v WHERE indicator = ? AND is_headline = ? "
        "AND EXISTS (SELECT 1 FROM indicator_set.value AS s JOIN reference.area_group AS g ON g.ref_area = s.ref_area "
        "AND g.area_group = 'ASEAN' WHERE s.indicator = v.indicator AND s.is_headline)"
    )
    checked: Counter[str] = Counter()
    for code in indicators(database):
        page = pages[f"indicator/{code}.html"]
        for section, headline in (("baseline", True), ("breakdowns", False)):
            stored = sorted(
                n for row in database.execute(query, [code, headline]).fetchall() for n in row if n is not None
            )
            assert page.numbers(section) == stored, f"{code} {section}"
            checked[section] += len(stored)
        rows = database.execute(
            "SELECT a.name, g.time_period, g.cell, g.is_headline, g.obs_value, g.publication_class "
            "FROM indicator_set.aggregate AS g JOIN reference.area AS a ON a.ref_area = g.ref_area WHERE g.indicator = ?",
            [code],
        ).fetchall()
        head = next((r[2] for r in rows if r[3]), "_T|")
        rest = head.split("|", 1)[1]
        cells = {"headline": head, "female": f"F|{rest}", "male": f"M|{rest}"}
        figures = {(r[0], r[2], r[1]): r[4:] for r in rows}
        for line in page.section("regional"):
            if not line.table.startswith("Regional figures"):
                continue
            name, breakdown, year, figure, letter = (c.text for c in line.cells[:5])
            found = figures.get((name, cells[breakdown], int(year)))
            if found is None:
                assert GAP_REASONS["no_member"] in figure
            elif found[0] is None:
                assert (found[1], line.cells[3].numbers) == ("C", [])
                assert "withheld" in figure
            else:
                assert line.cells[3].numbers[0] == found[0], f"{code} {name} {year}"
                assert letter.startswith(found[1])
                assert ("indicative" in figure) == (found[1] == "B")
                checked["regional"] += 1
    assert min(checked.values()) > 100


def test_regional_figures_have_the_labels_of_their_flags(
    pages: dict[str, Page], database: duckdb.DuckDBPyConnection
) -> None:
    query = (
        "SELECT indicator, time_period, flags FROM indicator_set.aggregate WHERE is_headline AND ref_area = 'ASEAN' "
        "AND indicator = ?"
    )
    flag_labels = "SELECT code, name FROM reference.code WHERE codelist = 'aggregate_flag'"
    labels = dict(database.execute(flag_labels).fetchall())
    flags_on_pages: Counter[str] = Counter()
    for code in indicators(database):
        flags = {
            year: (flag_texts or "").split("; ") for _, year, flag_texts in database.execute(query, [code]).fetchall()
        }
        for line in pages[f"indicator/{code}.html"].section("regional"):
            if line.table.startswith("ASEAN at each reference year"):
                year, class_and_flags = int(line.cells[0].text), line.cells[2].text
                assert {f for f, text in labels.items() if text in class_and_flags} == set(flags[year]) - {""}, (
                    f"{code} {year}"
                )
                flags_on_pages.update(flags[year])
    assert {"member_break", "carried_weight", "censored"} <= flags_on_pages.keys()


def test_changes_have_their_explanation(site: Path, database: duckdb.DuckDBPyConnection) -> None:
    headline = "SELECT DISTINCT indicator FROM baseline.value WHERE is_headline AND change IS NOT NULL"
    in_percent = headline + " AND unit_measure = 'PT'"
    of_groups = headline + " AND area_type = 'group'"
    for sentence, query in (("in percentage points", in_percent), (GROUP_CHANGE, of_groups)):
        expected = {row[0] for row in database.execute(query).fetchall()}
        assert expected
        assert len(expected) < len(indicators(database))
        assert expected == {
            p.stem for p in (site / "indicator").glob("*.html") if sentence in p.read_text(encoding="utf-8")
        }


def test_values_of_other_sources_equal_the_database(
    pages: dict[str, Page], database: duckdb.DuckDBPyConnection
) -> None:
    checked = 0
    for code in indicators(database):
        stored = database.execute(
            "SELECT d.obs_value, d.other_value, d.difference FROM lineage.discrepancy AS d "
            "JOIN indicator_set.value AS v ON v.observation_id = d.observation_id AND v.is_headline "
            "JOIN reference.area_group AS g ON g.ref_area = d.ref_area AND g.area_group = 'ASEAN' WHERE d.indicator = ?",
            [code],
        ).fetchall()
        assert pages[f"indicator/{code}.html"].numbers("others") == sorted(n for row in stored for n in row), code
        checked += len(stored)
    assert checked > 10


def test_downloads_have_every_chosen_value_with_its_row(site: Path, database: duckdb.DuckDBPyConnection) -> None:
    with (site / "data" / "ASP_COV_PENSN.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    stored = database.execute(
        "SELECT v.ref_area, v.time_period, v.cell, v.obs_value, o.snapshot_id, o.snapshot_row "
        "FROM indicator_set.value AS v JOIN harmonised.observation AS o USING (observation_id) "
        "JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN' "
        "WHERE v.indicator = 'ASP_COV_PENSN'"
    ).fetchall()
    exported = [
        (r["ref_area"], int(r["time_period"]), r["sex"], float(r["obs_value"]), r["snapshot_id"], r["snapshot_row"])
        for r in rows
    ]
    assert sorted(exported) == sorted((a, y, c.split("|")[0], v, s, n) for a, y, c, v, s, n in stored)
    with (site / "data" / "benchmark.csv").open(encoding="utf-8", newline="") as handle:
        assert len(list(csv.DictReader(handle))) == len(database.execute("FROM baseline.benchmark").fetchall())


def test_country_pages_show_the_benchmarks(pages: dict[str, Page], database: duckdb.DuckDBPyConnection) -> None:
    for area in ("THA", "SGP"):
        shown = [x for x in pages[f"country/{area}.html"].lines if len(x.cells) == 12 and not x.cells[1].is_head]
        stored = database.execute(
            "SELECT latest_value, region_median, difference, floor, target, baseline_value, change "
            "FROM baseline.benchmark WHERE ref_area = ? AND (latest_year IS NOT NULL OR baseline_year IS NOT NULL)",
            [area],
        ).fetchall()
        assert len(shown) == len(stored)
        numbers = sorted(n for line in shown for c in line.cells for n in c.numbers)
        assert numbers == sorted(n for row in stored for n in row if n is not None)
        for line in shown:
            for cell in line.cells[3:]:
                if cell.numbers and cell is line.cells[4]:
                    assert cell.links, "the value has no link to its lineage"


def test_gaps_are_dashes_with_reasons_and_quoted_figures_are_labelled(
    pages: dict[str, Page], database: duckdb.DuckDBPyConnection
) -> None:
    declared = pages["indicator/ASP_FIN_GDP.html"]
    assert "No value in this release" in declared.text
    assert declared.numbers("values") == []
    quoted = database.execute(
        "SELECT indicator FROM reference.indicator WHERE indicator_group = 'documents'"
    ).fetchall()
    assert quoted
    for (code,) in quoted:
        assert QUOTED_FIGURE in pages[f"indicator/{code}.html"].text
    for name, page in pages.items():
        for line in page.lines:
            for cell in line.cells:
                if "–" in cell.text[:1]:
                    assert len(cell.text) > 4, f"{name}: a dash without its reason"


def test_heat_map_shows_availability_by_letters(pages: dict[str, Page], database: duckdb.DuckDBPyConnection) -> None:
    members = [
        r[0]
        for r in database.execute(
            "SELECT g.ref_area FROM reference.area_group AS g JOIN reference.area AS a USING (ref_area) "
            "WHERE g.area_group = 'ASEAN' AND g.is_member_today ORDER BY a.sort_order"
        ).fetchall()
    ]
    letters = {"available": "A", "old": "O", "superseded": "S", "document": "D", "rejected": "R", "no_value": "N"}
    letters |= {"declared": "X", "not_gathered": "P", "national_submission": "W", "not_applicable": "-"}
    stored = {
        (r[0], r[1]): letters[r[2]] if r[3] is None else f"{letters[r[2]]} {r[3]}"
        for r in database.execute(
            "SELECT indicator, ref_area, shown_as, latest_year FROM quality.availability WHERE breakdown = 'headline'"
        ).fetchall()
    }
    shown = {}
    for line in pages["availability.html"].lines:
        if line.table.startswith("Availability of the headline") and line.cells[0].links:
            code = Path(line.cells[0].links[0]).stem
            shown |= {(code, m): c.text for m, c in zip(members, line.cells[1:], strict=True)}
    assert shown == stored


def test_lines_do_not_cross_a_break(pages: dict[str, Page]) -> None:
    """Thailand's disability figure of 2015 comes from another estimate than those of 2019 and 2020."""
    text = pages["indicator/ASP_COV_DISAB.html"].path.read_text(encoding="utf-8")
    panel = text.split(">Thailand</text>")[1].split("</g>")[0]
    assert panel.count("<circle") == 3
    assert panel.count('class="s-break"') == 1
    (points,) = (part.split('"')[0] for part in panel.split('<polyline points="')[1:])
    assert len(points.split()) == 2


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("DROP TABLE baseline.benchmark", "benchmark"),
        ("DROP TABLE reference.cell_group", "cell_group"),
        ("ALTER TABLE reference.area DROP COLUMN short_name", "short_name"),
    ],
)
def test_release_of_another_version_is_reported_with_what_is_missing(
    small_release: Path, tmp_path: Path, change: str, missing: str
) -> None:
    shutil.copytree(small_release, tmp_path / "old")
    with duckdb.connect(str(tmp_path / "old" / "warehouse.duckdb")) as con:
        con.execute(change)
    with pytest.raises(ExportError) as error:
        export(tmp_path / "old", tmp_path, ["site"])
    assert_reports(str(error.value), found=("another version of Payung", missing), remedy="payung refresh --force")
    assert not (tmp_path / "site").exists()


@pytest.mark.long
def test_site_is_smaller_than_15_megabytes(release: Path, tmp_path: Path) -> None:
    export(release, tmp_path, ["site"])
    assert sum(p.stat().st_size for p in (tmp_path / "site").rglob("*")) < 15_000_000


def test_folder_that_is_not_a_site_is_not_replaced(small_release: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.html").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError) as error:
        export(small_release, tmp_path, ["site"])
    place = str(tmp_path / "site")
    assert_reports(str(error.value), place=place, found="not a site", expected="release.txt", remedy=("move", "--to"))
    assert (tmp_path / "site" / "thesis.html").read_text(encoding="utf-8") == "mine"


def test_error_leaves_the_old_site(small_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = tmp_path / "site"
    to.mkdir()
    (to / "release.txt").write_text("2020.01.01-1\n", encoding="utf-8")

    def disk_full(self: Site) -> list[tuple[str, str]]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Site, "files", disk_full)
    with open_release(small_release) as reader, pytest.raises(ExportError, match="No space left on device"):
        write_site(reader, to)
    assert shown_release(to) == "2020.01.01-1"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_search_finds_pages_without_a_server(site: Path, tmp_path: Path, chromium: str) -> None:
    def found(words: str) -> str:
        ran = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom",
             f"{site.as_uri()}/search.html?q={words}"],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return ran.stdout.split('id="found"')[1].split("</ol>")[0]

    assert 'href="indicator/ASP_COV_PENSN.html"' in found("PENSION%20retirement")
    assert "Nothing found" in found("zzz%3Cb%3E")
