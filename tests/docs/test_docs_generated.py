"""The generated pages of docs/ are up to date and complete; links and file names of all pages lead to a file."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from make import generated, out_of_date
from messages import assert_reports
from pages.definitions import definition_fields, other_fields
from pages.places import filled

from indicator_defs.catalog import Catalog, load_catalog
from indicator_defs.errors import PayungError
from indicator_defs.system import settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP_PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]


def test_pages_are_up_to_date() -> None:
    pages = generated()
    assert {path.name for path in pages} == {
        "definitions.md", "indicators.md", "methods.md", "national_format.md", "operations.md"
    }  # fmt: skip
    assert out_of_date(pages) == [], "run: python docs/make.py"


def test_references_to_the_methods_name_a_section() -> None:
    """Numbers of sections change, so code and definitions name the heading: docs/methods.md, Weights."""
    headings = re.findall(r"^#+ (?:\d+[.] )?(.+)$", (DOCS / "methods.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".sql", ".yaml")]
    text = "\n".join(p.read_text(encoding="utf-8") for p in files)
    joined = re.sub(r"\n\s*(?:--|#)?\s*", " ", text)
    assert "methods.md section" not in joined
    references = re.findall(r"(?:methods[.]md,|reference: Methods,) (.{40})", joined)
    assert len(references) > 10
    wrong = [text for text in references if not any(text.startswith(h[:40]) for h in headings)]
    assert wrong == [], f"expected a heading of docs/methods.md: {', '.join(headings)}"


@pytest.mark.long
def test_check_needs_no_release(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(DOCS / "make.py"), "--check"],
        env=settings.for_child(PAYUNG_HOME=str(tmp_path / "home")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_altered_and_missing_pages_are_out_of_date(tmp_path: Path) -> None:
    for name, text in (("same.md", "generated"), ("altered.md", "edited")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert out_of_date({tmp_path / n: "generated" for n in ("same.md", "altered.md", "missing.md")}) == [
        tmp_path / "altered.md",
        tmp_path / "missing.md",
    ]


def test_only_text_between_the_marks_is_replaced() -> None:
    page = "a\n<!-- x: made -->\n\nold\n\n<!-- end of x -->\nb <!-- y: made -->\n"
    assert filled(page, "x", "new \\1") == page.replace("old", "new \\1")
    with pytest.raises(PayungError) as caught:
        filled(page, "y", "new")
    assert_reports(str(caught.value), found=["<!-- y: ... -->", "<!-- end of y -->"], remedy="restore")


def test_every_indicator_is_listed_once() -> None:
    listed = re.findall(r"^\| `(ASP_\w+)` \|", (DOCS / "indicators.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(load_catalog().definitions)


@pytest.mark.parametrize(("page", "least"), [(definition_fields, 40), (other_fields, 60)])
def test_every_field_of_a_definition_has_guidance(page: Callable[[Catalog], str], least: int) -> None:
    rows = [line.split(" | ") for line in page(load_catalog()).splitlines() if line.startswith("| `")]
    assert len(rows) > least
    assert [row[0] for row in rows if not row[1].strip()] == []


def test_every_page_is_listed_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert len(pages) > 10
    assert [name for name in sorted(pages) if f"({name})" not in index] == []


def test_links_between_pages_lead_to_a_file() -> None:
    broken = []
    for page in [*DOCS.rglob("*.md"), *TOP_PAGES]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_links_to_sections_lead_to_a_heading() -> None:
    broken = []
    for page in [*DOCS.rglob("*.md"), *TOP_PAGES]:
        for target, section in re.findall(r"\]\(([^):#]*)#([^)]*)\)", page.read_text(encoding="utf-8")):
            text = (page.parent / target if target else page).read_text(encoding="utf-8")
            headings = {
                re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.M)
            }
            if section not in headings:
                broken.append(f"{page.name}: {target}#{section}")
    assert broken == []


NAMED_FILE = re.compile(
    r"\b(?:warehouse|sources|assets|pipelines|indicator_defs|bench|tests|docs)/[\w./-]+\.(?:sql|py|yaml|csv|md)\b"
)
PLACEHOLDER = re.compile(r"/(?:test_NAME|NAME|GROUP|CODE|PROVIDER|CONCEPT|SCHEMA|TABLE)\b")


def test_files_that_pages_and_docstrings_name_exist() -> None:
    pages = [*TOP_PAGES, *DOCS.rglob("*.md")]
    for package in ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench"):
        pages += [p for p in (ROOT / package).rglob("*") if p.suffix in (".py", ".sql", ".yaml")]
    named = {(p, name) for p in pages for name in NAMED_FILE.findall(p.read_text(encoding="utf-8"))}
    assert len(named) > 50
    assert [
        f"{p.relative_to(ROOT)}: {name}"
        for p, name in sorted(named)
        if not PLACEHOLDER.search(name) and not (ROOT / name).exists()
    ] == []
