"""SQL that a statistician can read: short files, work tables named by content, no names of providers or series."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from other_engine import sql_files, statements
from small_build import catalogue
from sqlglot import exp
from test_words import MOODS

from sources import registry

WAREHOUSE = Path(__file__).parents[2] / "warehouse"
FILES = sql_files()
LONGEST = 155
# Names that describe an operation or an opinion instead of the rows of the table.
VAGUE_NAMES = {
    *MOODS,
    *("unknown", "reasoned", "coded"),
    *("measured", "marked", "tested", "refused", "unusable", "impossible", "near", "astray", "stated", "named"),
    *("allowed", "ranked", "placed", "missing", "found", "last", "filtered", "filled", "paired", "differing", "moved"),
    *("result", "data", "rest", "final", "temp"),
}


def label(path: Path) -> str:
    return str(path.relative_to(WAREHOUSE))


@lru_cache(maxsize=1)
def names_of_sources() -> frozenset[str]:
    """The names of all providers and the codes of all series that definitions and weights use."""
    claimed = {claim.series.code for claim in catalogue().claims}
    return frozenset(registry.providers()) | claimed | {s.series for s in catalogue().weight_series}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=label)
def test_work_tables_are_named_by_content(path: Path) -> None:
    names = {cte.alias for tree in statements(path) for cte in tree.find_all(exp.CTE)}
    assert names & VAGUE_NAMES == set()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_sql_names_no_provider_and_no_series(path: Path) -> None:
    texts = {node.name for tree in statements(path) for node in tree.find_all(exp.Literal) if node.is_string}
    assert texts & names_of_sources() == set()
