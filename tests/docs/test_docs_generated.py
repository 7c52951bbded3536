"""The pages of docs/ that are made from definitions and table descriptions are up to date and whole."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from make import made, stale
from pages.definitions import definition_fields, other_fields
from pages.markdown import filled

from indicator_defs.catalog import Catalog, load_catalog
from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from warehouse.metadata import tables
from warehouse.query.read_only import query

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# What a sheet must say, and with what an indicator is proposed to ACSS (the last three).
FIELDS = (
    "Definition and concept",
    "Numerator",
    "Denominator",
    "Unit",
    "Disaggregation expected",
    "Method of regional figures",
    "Limits",
    "Comparability",
    "What the producer calls it",
    "What the producer says",
    "Policy need",
    "Body in charge",
    "Frequency",
)


def test_pages_are_up_to_date() -> None:
    wanted = made()
    top = {p.name for p in wanted if p.parent == DOCS}
    assert top == {
        "data_licences.md", "definitions.md", "dictionary.md", "indicators.md", "methods.md", "national_format.md",
            "operations.md",
    }  # fmt: skip
    assert stale(wanted) == [], "run: python docs/make.py"


def test_pages_from_a_release_are_up_to_date(release: Path) -> None:
    without = made()
    need_it = {path: text for path, text in made(release).items() if path not in without}
    assert len([p for p in need_it if p.parent.name == "target_groups"]) > 10
    assert len([p for p in need_it if p.parent.name == "indicators"]) > 10
    assert DOCS / "published_aggregates.md" in need_it
    assert stale(need_it) == [], "run: payung refresh, then python docs/make.py"


def run_make(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`python docs/make.py` on a home."""
    return subprocess.run(
        [sys.executable, str(DOCS / "make.py"), *options],
        env=settings.for_child(PAYUNG_HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.long
def test_without_a_release_the_command_says_what_it_leaves_out(tmp_path: Path) -> None:
    ran = run_make(tmp_path / "home", "--check")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(
        "left as they are: docs/indicators/, docs/target_groups/, docs/published_aggregates.md; "
    )


def test_a_page_that_says_something_else_is_stale(tmp_path: Path) -> None:
    for name, text in (("same.md", "as made"), ("altered.md", "by hand")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert stale({tmp_path / n: "as made" for n in ("same.md", "altered.md", "missing.md")}) == [
        tmp_path / "altered.md",
        tmp_path / "missing.md",
    ]


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = "a\n<!-- x: made -->\n\nold\n\n<!-- end of x -->\nb <!-- y: made -->\n"
    assert filled(page, "x", "new \\1") == page.replace("old", "new \\1")
    with pytest.raises(PayungError, match=r"the marks <!-- y: \.\.\. --> and <!-- end of y --> are missing"):
        filled(page, "y", "new")


def test_every_group_of_the_framework_has_indicators_or_says_that_no_source_has_any(release: Path, seeds: Path) -> None:
    index = (DOCS / "target_groups" / "README.md").read_text(encoding="utf-8")
    about = query(
        release,
        "SELECT g.target_group, count(DISTINCT v.indicator) AS n FROM reference.observation_group AS g "
        "JOIN indicator_set.value AS v ON v.observation_id = g.observation_id "
        "JOIN reference.area_group AS m ON m.ref_area = v.ref_area AND m.area_group = 'ASEAN' "
        "GROUP BY g.target_group",
    )
    indicators = dict(zip(about["target_group"], about["n"], strict=True))
    with (seeds / "target_groups.csv").open(encoding="utf-8", newline="") as handle:
        groups = [row["code"] for row in csv.DictReader(handle)]
    assert len(groups) > 10
    for group in groups:
        assert f"({group.lower()}.md)" in index
        text = (DOCS / "target_groups" / f"{group.lower()}.md").read_text(encoding="utf-8")
        if indicators.get(group):
            assert f"\n{indicators[group]} indicator" in text
        else:
            assert "No source at hand has any figure about this group." in text


def test_every_indicator_has_one_sheet_with_every_field() -> None:
    sheets: dict[str, str] = {}
    for path in (DOCS / "indicators").glob("*.md"):
        for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
            code = part.split(":", 1)[0]
            assert code not in sheets
            sheets[code] = part
    definitions = load_catalog().definitions
    assert sorted(sheets) == sorted(definitions)
    for code, sheet in sheets.items():
        rows = dict(re.findall(r"^\| ([A-Z][^|]*?) \| (.*) \|$", sheet, re.M))
        assert set(FIELDS) <= set(rows), code
        assert all(text.strip() for text in rows.values()), code
        assert ("Why there are no values" in rows) == (definitions[code].status == "declared")
        assert any(label.startswith("Source, preference") for label in rows) == bool(definitions[code].sources)
        said = definitions[code].producer_note
        assert said is None or " ".join(said.split()) == rows["What the producer says"]


def test_dictionary_describes_every_published_column() -> None:
    text = (DOCS / "dictionary.md").read_text(encoding="utf-8")
    for table in tables().values():
        if not table.is_work and table.schema != "staged":
            section = text.split(f"### {table.full_name}\n", 1)[1].split("\n### ", 1)[0]
            for column in table.columns:
                assert f"| `{column.name}` | {column.type} |" in section


def test_every_indicator_is_listed_once() -> None:
    listed = re.findall(r"^\| `(ASP_\w+)` \|", (DOCS / "indicators.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(load_catalog().definitions)


@pytest.mark.parametrize(("page", "least"), [(definition_fields, 40), (other_fields, 60)])
def test_every_field_of_a_definition_has_guidance(page: Callable[[Catalog], str], least: int) -> None:
    rows = [line.split(" | ") for line in page(load_catalog()).splitlines() if line.startswith("| `")]
    assert len(rows) > least
    assert [row[0] for row in rows if not row[1].strip()] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


NAMED_FILE = re.compile(
    r"\b(?:warehouse|sources|assets|pipelines|indicator_defs|bench|tests|docs)/[\w./-]+\.(?:sql|py|yaml|csv|md)\b"
)
PLACEHOLDER = re.compile(r"/(?:test_NAME|NAME|GROUP|CODE|PROVIDER|CONCEPT|SCHEMA|TABLE)\b")


def test_files_that_pages_and_docstrings_name_are_there() -> None:
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    for package in ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench"):
        pages += [p for p in (ROOT / package).rglob("*") if p.suffix in (".py", ".sql", ".yaml")]
    named = {(p, name) for p in pages for name in NAMED_FILE.findall(p.read_text(encoding="utf-8"))}
    assert len(named) > 50
    assert [
        f"{p.relative_to(ROOT)}: {name}"
        for p, name in sorted(named)
        if not PLACEHOLDER.search(name) and not (ROOT / name).exists()
    ] == []
