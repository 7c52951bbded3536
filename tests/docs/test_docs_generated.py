"""The pages of docs/ that are made from definitions and table descriptions are up to date and whole."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from indicator_defs.catalog import load_catalog
from warehouse.metadata import tables

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def module_of(name: str) -> ModuleType:
    """A script of docs/ as a module; docs is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """docs/make.py."""
    return module_of("make")


def test_published_aggregates_are_those_of_the_release(release: Path) -> None:
    page = DOCS / "published_aggregates.md"
    assert page.read_text(encoding="utf-8") == module_of("make_figures").page(release), (
        "run: python docs/make_figures.py"
    )


def test_pages_are_up_to_date(make: ModuleType) -> None:
    stale = [p.name for p, text in make.made().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python docs/make.py"


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


def test_every_field_of_a_definition_has_guidance(make: ModuleType) -> None:
    rows = [line.split(" | ") for line in make.definition_fields().splitlines() if line.startswith("| `")]
    assert len(rows) > 40
    assert [row[0] for row in rows if not row[1].strip()] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
