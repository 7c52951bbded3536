"""Translates the SQL of the project from DuckDB to Spark with sqlglot, with corrections where sqlglot is wrong.

The product does not run on another engine, so this is part of the tests; tests/project/test_other_engines.py has the
rules for SQL that cannot be translated.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import sqlglot
from sqlglot import exp, tokens
from sqlglot.dialects.duckdb import DuckDB

from warehouse.sql_files import read_sql

WAREHOUSE = Path(__file__).parent.parent / "warehouse"
# Spark has another header for functions, so only the bodies of macros are read.
FOLDERS = ("sql", "checks", "compare/sql", "edition/sql", "export/sql")
ONLY_IN_DUCKDB = ("half_up.sql", "filled.sql")  # functions that each engine must define itself


class Reading(DuckDB):
    """DuckDB's SQL with two of our names that sqlglot reserves: the column `force` and the table `lineage.fetch`."""

    class Parser(DuckDB.Parser):
        """The parser of this dialect."""

        ID_VAR_TOKENS = DuckDB.Parser.ID_VAR_TOKENS | {tokens.TokenType.FORCE, tokens.TokenType.FETCH}


class TranslationError(Exception):
    """A construct that cannot be translated for the other engine."""


def sql_files() -> list[Path]:
    """Every SQL file that makes, checks, compares or exports tables."""
    found = (path for folder in FOLDERS for path in sorted((WAREHOUSE / folder).rglob("*.sql")))
    return [path for path in found if path.name not in ONLY_IN_DUCKDB]


@lru_cache(maxsize=256)
def statements(path: Path) -> list[exp.Expr]:
    """The statements of a file; for a macro its body, since sqlglot cannot read a header with defaults."""
    text = read_sql(path)
    if path.parent.name == "macros":
        text = text.partition(" AS TABLE")[2]
        if not text:
            raise TranslationError(f"{path.name}: found no AS TABLE, expected the header of a table macro")
    if path.parent.name == "function":
        text = f"SELECT {text.partition(') AS')[2]}"
    return parsed(text)


def parsed(text: str) -> list[exp.Expr]:
    """The statements of a text."""
    return [tree for tree in sqlglot.parse(text, read=Reading) if tree is not None]


def spark(tree: exp.Expr) -> str:
    """A statement in Spark's SQL. Raises TranslationError for constructs that cannot be translated."""
    changed = tree.copy().transform(_changed)
    return changed.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _changed(node: exp.Expr) -> exp.Expr:
    """A node in a form that sqlglot writes correctly for Spark."""
    if isinstance(node, exp.CTE):
        node.set("materialized", None)
    elif isinstance(node, exp.RegexpFullMatch):
        return _full_match(node)
    elif isinstance(node, exp.ArrayAgg) and isinstance(node.this, exp.Order):
        return _ordered_list(node.this)
    elif isinstance(node, exp.Bracket) and not _is_literal_index(node):
        return exp.Anonymous(this="ELEMENT_AT", expressions=[node.this, *node.expressions])
    elif isinstance(node, exp.ToMap):
        return _map(node.this)
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "error":
        return exp.Anonymous(this="RAISE_ERROR", expressions=node.expressions)
    elif isinstance(node, exp.Filter) and isinstance(node.this, exp.Median):
        return _median(node.this, node.expression)
    elif isinstance(node, exp.Median) and not isinstance(node.parent, exp.Filter):
        return _median(node, None)
    return node


def _full_match(node: exp.RegexpFullMatch) -> exp.Expr:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise TranslationError(
            f"{node.sql(dialect='duckdb')}: found a pattern that is not a literal, expected a literal"
        )
    return exp.RegexpLike(this=node.this, expression=exp.Literal.string(f"^(?:{pattern.name})\\z"))


def _map(contents: exp.Expr) -> exp.Expr:
    """MAP {'name': value}, which sqlglot would write as a map of a structure."""
    pairs = [(exp.Literal.string(pair.this.name), pair.expression) for pair in contents.expressions]
    return exp.Anonymous(this="MAP", expressions=[node for pair in pairs for node in pair])


def _ordered_list(order: exp.Order) -> exp.Expr:
    """list(x ORDER BY y): the pairs (y, x) sorted, then x of each."""
    if any(key.args.get("desc") for key in order.expressions):
        raise TranslationError(
            f"{order.sql(dialect='duckdb')}: found a descending key of a list, expected ascending keys"
        )
    keys = [exp.alias_(key.this, f"o{place}") for place, key in enumerate(order.expressions)]
    pairs = exp.Anonymous(this="STRUCT", expressions=[*keys, exp.alias_(order.this, "v")])
    collected = exp.Anonymous(this="COLLECT_LIST", expressions=[pairs])
    in_order = exp.Anonymous(this="ARRAY_SORT", expressions=[collected])
    value = exp.Lambda(this=exp.column("v", table="x"), expressions=[exp.to_identifier("x")])
    return exp.Anonymous(this="TRANSFORM", expressions=[in_order, value])


def _is_literal_index(node: exp.Bracket) -> bool:
    return all(isinstance(index, exp.Literal | exp.Slice) for index in node.expressions)


def _median(node: exp.Median, condition: exp.Expr | None) -> exp.Expr:
    """(lower + upper middle value) / 2, equal to DuckDB to the last bit; written as text, because sqlglot drops DESC."""
    value = spark(node.this)
    where = f" FILTER({spark(condition)})" if condition is not None else ""
    half = [f"PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY {value}{direction}){where}" for direction in ("", " DESC")]
    return exp.Paren(this=exp.Var(this=f"({half[0]} + {half[1]}) / 2"))
