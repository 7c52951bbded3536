"""The pages of a release in Markdown: complete, and without dead links."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from indicator_defs.catalog import load_catalog
from warehouse.export import export
from warehouse.metadata import tables
from warehouse.query.read_only import query


@pytest.fixture(scope="module")
def pages(release: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of each page by its path."""
    to = tmp_path_factory.mktemp("exported")
    assert export(release, to, ["docs"]) == [to / "docs" / "README.md"]
    folder = to / "docs"
    return {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.is_file()}


def sheets(pages: dict[str, str]) -> dict[str, str]:
    """The metadata sheet of each indicator; fails where an indicator has two."""
    found: dict[str, str] = {}
    for name, text in pages.items():
        if name.startswith("indicators/"):
            for part in text.split("\n## ")[1:]:
                indicator = part.split(":", 1)[0]
                assert indicator not in found
                found[indicator] = part
    return found


def one_line(text: str) -> str:
    """A text as in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def test_every_page_is_reached_from_the_index(pages: dict[str, str]) -> None:
    reached, open_pages = set(), ["README.md"]
    while open_pages:
        page = open_pages.pop()
        reached.add(page)
        folder = page.rpartition("/")[0]
        for target in re.findall(r"\]\(([^)#:]+)\)", pages[page]):
            linked = f"{folder}/{target}" if folder else target
            assert linked in pages, f"{page} links to {target}"
            open_pages += [linked] if linked not in reached else []
    assert reached == set(pages)


def test_links_within_a_page_lead_to_a_heading(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        headings = set(re.findall(r"^#+ (.+)$", text, re.M))
        assert [a for a in re.findall(r"\]\(#([^)]+)\)", text) if a not in headings] == [], name


def test_pages_have_no_place_that_is_not_filled(pages: dict[str, str]) -> None:
    assert [name for name, text in pages.items() if "{{" in text or "| None |" in text] == []


def test_every_indicator_has_one_sheet_with_what_its_definition_states(pages: dict[str, str], release: Path) -> None:
    found = sheets(pages)
    definitions = load_catalog().definitions
    assert sorted(found) == sorted(definitions)
    names = query(release, "SELECT code, name FROM reference.code WHERE codelist = 'unit'").set_index("code")["name"]
    for code, sheet in found.items():
        definition = definitions[code]
        rows = dict(re.findall(r"^\| ([A-Z][^|]*?) \| (.*) \|$", sheet, re.M))
        contents = "\n".join(rows.values())
        assert all(text.strip() for text in rows.values()), code
        notes = [feed.note for feed in definition.sources]
        gap = [definition.gap.reason, definition.gap.obtain_from] if definition.gap else []
        for text in (
            definition.definition, definition.numerator, definition.denominator, definition.comparability,
            definition.producer_note, definition.owner, definition.sdg, names[definition.unit], *notes, *gap,
        ):  # fmt: skip
            assert text is None or one_line(text) in contents, f"{code}: {text}"
        for codes in (definition.body, [str(article) for article in definition.articles]):
            assert all(re.search(rf"(?:\| |<br>){c} ", sheet) for c in codes), code
        assert all(series.code in contents for feed in definition.sources for series in feed.series), code


def test_dictionary_describes_every_published_column(pages: dict[str, str], release: Path) -> None:
    dictionary = pages["dictionary.md"]
    for table in tables().values():
        if not table.is_work and table.schema != "staged":
            section = dictionary.split(f"### {table.full_name}\n", 1)[1].split("\n### ", 1)[0]
            assert table.comment in section
            for column in table.columns:
                assert f"| `{column.name}` | {column.type} | {one_line(column.whole_comment)} |" in section
    columns = query(
        release,
        "SELECT schema_name || '.' || table_name AS name, column_name FROM duckdb_columns() WHERE NOT internal "
        "AND schema_name <> 'main'",
    )
    assert len(columns) > 500
    for name, of_table in columns.groupby("name"):
        section = dictionary.split(f"### {name}\n", 1)[1].split("\n### ", 1)[0]
        assert [c for c in of_table["column_name"] if f"| `{c}` |" not in section] == []


def test_every_target_group_has_its_number_of_indicators(pages: dict[str, str], release: Path) -> None:
    found = query(
        release,
        "SELECT c.code, count(DISTINCT v.indicator) AS n FROM reference.code AS c "
        "LEFT JOIN reference.observation_group AS g ON g.target_group = c.code "
        "LEFT JOIN indicator_set.value AS v ON v.observation_id = g.observation_id AND v.ref_area IN "
        "(SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN') "
        "WHERE c.codelist = 'target_group' AND c.code <> '_T' GROUP BY c.code",
    )
    assert len(found) > 10
    for group, n in zip(found["code"], found["n"], strict=True):
        assert f"({group.lower()}.md)" in pages["target_groups/README.md"]
        text = pages[f"target_groups/{group.lower()}.md"]
        assert f"\n{n} indicator" in text if n else "**No available source" in text, group


def test_every_dataset_has_its_licence_attribution_and_terms(pages: dict[str, str], release: Path) -> None:
    datasets = query(release, "SELECT * FROM reference.dataset")
    assert datasets["terms_url"].notna().any()
    for row in datasets.to_dict("records"):
        heading = f"(`{row['provider']}/{row['dataset']}`)"
        section = pages["data_licences.md"].split(heading, 1)[1].split("\n#", 1)[0]
        for field in ("licence", "attribution", "vintage_rule", "terms_url"):
            assert not isinstance(row[field], str) or one_line(row[field]) in section


def test_published_aggregates_are_counted_by_every_reason_that_occurs(pages: dict[str, str], release: Path) -> None:
    found = query(release, "SELECT likely_reason, count(*) AS n FROM quality.published_aggregate GROUP BY 1")
    page = pages["published_aggregates.md"].split("\n## ")[1]
    counted = {
        reason: sum(int(n) for n in re.findall(r"(\d+)(?: \(\d+ large\))?(?= \|)", cells))
        for reason, cells in re.findall(r"^\| `(\w+)` (\|.*)$", page, re.M)
    }
    assert counted == dict(zip(found["likely_reason"], found["n"], strict=True))


def test_pages_name_the_release_that_they_describe(small_release: Path, tmp_path: Path) -> None:
    export(small_release, tmp_path, ["docs"])
    with duckdb.connect(str(small_release / "warehouse.duckdb"), read_only=True) as con:
        (release_id,) = con.execute("SELECT release FROM main.release").fetchone() or ("",)
        indicators = {code for (code,) in con.execute("SELECT indicator FROM reference.indicator").fetchall()}
    listed = (tmp_path / "docs" / "indicators" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(ASP_\w+)`", listed)) == indicators
    assert release_id in listed
