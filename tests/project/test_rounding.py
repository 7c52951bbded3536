"""Rounding: half up on the decimal digits, the same in Python and SQL, and no other rounding of figures."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicator_defs import rounding
from warehouse.connection import define_function

ROOT = Path(rounding.__file__).parent.parent
PRODUCT = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "docs")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.05, 1, "2.1"), (7.35, 1, "7.4"), (10.25, 1, "10.3"), (0.35, 1, "0.4"), (83.35, 1, "83.4"), (2.5, 0, "3"),
        (-2.05, 1, "-2.1"), (1.005, 2, "1.01"), (0.285, 2, "0.29"), (28.499999999999996, 0, "28"), (1e22, 0,
        "10,000,000,000,000,000,000,000"), (1e300, 1, f"1{',000' * 100}.0"), (-0.0, 1, "0.0"), (-0.04, 1, "0.0"),
        (5, 1, "5.0"), (Decimal("0.25"), 1, "0.3"), (np.float64(2.05), 1, "2.1"), (1234.5, 0, "1,235"), (15.0, -1, "20"),
    ],
)  # fmt: skip
def test_half_is_rounded_up_on_the_decimal_digits(value: float, decimals: int, text: str) -> None:
    assert rounding.fixed(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.04, 1, "0.04"), (0.045, 1, "0.045"), (0.0455, 1, "0.046"), (0.05, 1, "0.1"), (0.0, 1, "0.0"), (-3e-7, 2,
     "-0.0000003"), (0.4, 0, "0.4"), (0.5, 0, "1"), (float("inf"), 1, "Infinity"), (float("nan"), 1, "NaN")],
)  # fmt: skip
def test_only_zero_is_shown_as_zero(value: float, decimals: int, text: str) -> None:
    assert rounding.shown(value, decimals) == text


def test_digits_and_shares_are_exact() -> None:
    assert [rounding.digits(v, 6) for v in (0.0, 20.0, 1234567.5, 0.1, 2, -1e-9)] == [
        "0",
        "20",
        "1234570",
        "0.1",
        "2",
        "-0.000000001",
    ]
    assert [rounding.percent(v) for v in (0.285, 0.005, 1, 0.655)] == ["29", "1", "100", "66"]
    assert rounding.percent(0.12345, 1) == "12.3"


@lru_cache(maxsize=1)
def engine() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    define_function(con, "half_up")
    return con


@settings(deadline=None)
@given(st.floats(-1e12, 1e12, allow_subnormal=False), st.integers(0, 4))
def test_sql_rounds_the_same(value: float, decimals: int) -> None:
    found = engine().execute(f"SELECT half_up(?::DOUBLE, {decimals})", [value]).fetchall()[0][0]
    assert found == float(rounding.half_up(value, decimals))


def test_sql_rounds_any_number_and_null() -> None:
    con = engine()
    values = "(1e300), ('inf'::DOUBLE), ('-inf'::DOUBLE), (NULL), (2.05::DOUBLE)"
    query = f"SELECT half_up(x, 1) FROM (VALUES {values}) AS t(x)"
    assert [r[0] for r in con.execute(query).fetchall()] == [1e300, float("inf"), float("-inf"), None, 2.1]
    assert con.execute("SELECT half_up(3, 1), half_up(2.25, 1), half_up(2.5, 0)").fetchall() == [(3.0, 2.3, 3.0)]


# Files that round other numbers than figures: positions in a drawing, file sizes, seconds, stored weights, and counts of
# members, which are integers.
NO_FIGURE = {
    "warehouse/export/site/indicator_chart.py": 6,
    "warehouse/export/site/templates/chart.svg": 4,
    "warehouse/sql/indicator_set/weight_value.sql": 2,
    "warehouse/sql/indicator_set/figure_class.sql": 2,
    "pipelines/cli/output/numbers.py": 3,
    "pipelines/refresh_run.py": 2,
    "pipelines/release_actions.py": 1,
    "pipelines/cli/refresh.py": 1,
    "sources/archive_tools/build.py": 2,
    "sources/http.py": 2,
    "sources/dataset_refresh.py": 1,
}
_SPEC = re.compile(r"\.[\d{]|[fgeEG%]$")  # a precision, or a type with a default precision
_IN_TEXT = re.compile(
    r"\{[^{}]*:[^{}]*[fgeEG%]\}|%[-+ #0]*\d*\.?\d*[fgeEG]\b|\bround\s*\(|\bprintf\s*\(", re.IGNORECASE
)
_IN_PAGES = re.compile(r"toFixed|toPrecision|toLocaleString|NumberFormat|Math\.round|\|\s*round|%g|:[,.\d]*[fge%]\}")


def own_rounding(path: Path) -> list[str]:
    """The places of a file that round a number or format it with their own precision."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return re.findall(r"\b(?:round|printf|format|to_char)\s*\(", re.sub(r"--[^\n]*", "", text), re.IGNORECASE)
    if path.suffix != ".py":
        return _IN_PAGES.findall(text)
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("round", "around", "format_float_positional"):
                found.append(f"{node.lineno}: {name}()")
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = ast.unparse(node.format_spec)[2:-1]
            if _SPEC.search(spec) and "%Y" not in spec and "%H" not in spec:
                found.append(f"{node.lineno}: {spec}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _IN_TEXT.search(node.value):
            found.append(f"{node.lineno}: {node.value[:60]}")
    return found


def test_no_other_code_rounds_a_figure() -> None:
    found = {}
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.name in ("rounding.py", "half_up.sql"):
                continue
            if path.suffix in (".py", ".sql", ".html", ".svg", ".js") and (places := own_rounding(path)):
                found[path.relative_to(ROOT).as_posix()] = places
    assert {p: f for p, f in found.items() if len(f) > NO_FIGURE.get(p, 0)} == {}


def test_example_queries_round_like_the_exports() -> None:
    page = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    assert "half_up(" in page
    assert not re.search(r"\bround\(", "".join(re.findall(r"```sql(.*?)```", page, re.DOTALL)))


@pytest.mark.parametrize(
    "code",
    ["round(x, 1)", "x.round(1)", "f'{x:.1f}'", "f'{x:,.{d}f}'", "f'{x:g}'", "f'{x:.0%}'", "'{:.1f}'.format(x)",
     "'%.1f' % x", "'SELECT round(v, 1)'"],
)  # fmt: skip
def test_search_finds_each_form_of_rounding(code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(code, encoding="utf-8")
    assert own_rounding(path)
