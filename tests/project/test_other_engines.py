"""The SQL can be run by another engine: sqlglot reads all of it and writes it for Spark, and the rules below hold.

Each rule finds a construct for which Spark, or sqlglot's translation, gives a different result without an error. The
exceptions are listed with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from other_engine import TranslationError, parsed, spark, sql_files, statements
from sqlglot import exp

from warehouse.metadata import tables

Rule = Callable[[exp.Expr], Iterator[exp.Expr]]
FILES = sql_files()


@lru_cache(maxsize=1)
def columns_of(kind: str) -> frozenset[str]:
    """The names of columns that have this type in every table."""
    types: dict[str, set[str]] = {}
    for table in tables().values():
        for column in table.columns:
            types.setdefault(column.name, set()).add(column.type)
    return frozenset(name for name, found in types.items() if found == {kind})


def is_column(node: exp.Expr | None, kind: str) -> bool:
    return isinstance(node, exp.Column) and node.name in columns_of(kind)


def ordered_list(tree: exp.Expr) -> Iterator[exp.Expr]:
    """list(x ORDER BY y): sqlglot drops the order."""
    return (node for node in tree.find_all(exp.ArrayAgg) if isinstance(node.this, exp.Order))


def index_from_column(tree: exp.Expr) -> Iterator[exp.Expr]:
    """l[i]: only a literal index is moved from 1 to 0."""
    for node in tree.find_all(exp.Bracket):
        if not all(isinstance(index, exp.Literal | exp.Slice) for index in node.expressions):
            yield node


def qualify_with_star(tree: exp.Expr) -> Iterator[exp.Expr]:
    """QUALIFY with *: the result also has sqlglot's helper columns."""
    for select in tree.find_all(exp.Select):
        if select.args.get("qualify") and any(e.is_star for e in select.expressions):
            yield select.args["qualify"]


def replaced_star(tree: exp.Expr) -> Iterator[exp.Expr]:
    """* REPLACE (...): not supported by Spark."""
    return (node for node in tree.find_all(exp.Star) if node.args.get("replace"))


def quantile(tree: exp.Expr) -> Iterator[exp.Expr]:
    """percentile_disc(...) DESC loses DESC; quantile_cont and similar functions become other functions."""
    yield from tree.find_all(exp.PercentileDisc, exp.PercentileCont, exp.Quantile, exp.ApproxQuantile)


def decimal_division(tree: exp.Expr) -> Iterator[exp.Expr]:
    """1.0 / 3: on Spark a decimal with six places."""
    for node in tree.find_all(exp.Div):
        for side in (node.this, node.expression):
            if isinstance(side, exp.Literal) and not side.is_string and re.fullmatch(r"\d*\.\d*", side.name):
                yield node


def whole_division(tree: exp.Expr) -> Iterator[exp.Expr]:
    """7.5 // 2: on Spark truncated before the division."""
    yield from tree.find_all(exp.IntDiv)


def cast_of_double(tree: exp.Expr) -> Iterator[exp.Expr]:
    """CAST(double AS INTEGER or VARCHAR): rounded or truncated; 10000000.0 or 1.0E7."""
    for node in tree.find_all(exp.Cast):
        to_text = node.to.is_type(*exp.DataType.TEXT_TYPES)
        value = node.this.unnest()
        if not to_text and not node.to.is_type(*exp.DataType.INTEGER_TYPES):
            continue
        is_double = is_column(value, "DOUBLE") or isinstance(value, exp.Div | exp.Avg | exp.Median | exp.Mul)
        is_half_up = isinstance(value, exp.Anonymous) and value.name.lower() == "half_up"
        if is_double or is_half_up or (to_text and isinstance(value, exp.Round)):
            yield node


def unguarded_try_cast(tree: exp.Expr) -> Iterator[exp.Expr]:
    """TRY_CAST(text): '1d' is a number on Spark, '1_000' on DuckDB; a CASE with regexp_full_match excludes both."""
    for node in tree.find_all(exp.TryCast):
        if isinstance(node.this, exp.RegexpExtract) and re.search(r"\(\[0-9\][+{]", node.this.expression.name):
            continue  # the text is digits or empty
        branch: exp.Expr | None = node
        while branch is not None:
            if isinstance(branch, exp.If) and branch.this.find(exp.RegexpFullMatch):
                break
            branch = branch.parent
        if branch is None:
            yield node


def date_arithmetic(tree: exp.Expr) -> Iterator[exp.Expr]:
    """date_diff of years, date - date and date + INTERVAL differ; date_diff('day', a, b) and date + 1 are equal."""
    for node in tree.find_all(exp.DateDiff):
        if node.text("unit").upper() != "DAY":
            yield node
    yield from tree.find_all(exp.Interval)
    for node in tree.find_all(exp.Sub):
        if is_column(node.this, "DATE") and is_column(node.expression, "DATE"):
            yield node


def two_unnest(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Two unnest in one SELECT: side by side on DuckDB, all pairs on Spark."""
    for select in tree.find_all(exp.Select):
        found = [node for e in select.expressions for node in e.find_all(exp.Explode, exp.Unnest)]
        if len([node for node in found if node.find_ancestor(exp.Select) is select]) > 1:
            yield select


def dollar_in_pattern(tree: exp.Expr) -> Iterator[exp.Expr]:
    """'...$': Java's $ also matches before a final newline; use regexp_full_match or \\z."""
    for node in tree.find_all(exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace):
        pattern = node.expression
        if not isinstance(pattern, exp.Literal) or re.search(r"(?<!\\)\$", pattern.name):
            yield node


def plain_trim(tree: exp.Expr) -> Iterator[exp.Expr]:
    """trim(x): DuckDB also removes a non-breaking space."""
    return (node for node in tree.find_all(exp.Trim) if not node.args.get("expression"))


def braces_format(tree: exp.Expr) -> Iterator[exp.Expr]:
    """format('{}', x): not translated; printf is correct on both engines."""
    return (node for node in tree.find_all(exp.Format) if isinstance(node.this, exp.Literal) and "{" in node.this.name)


# Each rule with an example that it finds and one that is correct on both engines.
RULES: dict[Rule, tuple[str, str]] = {
    ordered_list: ("SELECT list(x ORDER BY y) FROM t", "SELECT string_agg(x, ', ' ORDER BY y), list(x) FROM t"),
    index_from_column: ("SELECT l[i] FROM t", "SELECT l[1] FROM t"),
    qualify_with_star: (
        "SELECT t.*, a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
        "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
    ),
    replaced_star: ("SELECT * REPLACE (1 AS a) FROM t", "SELECT * EXCLUDE (a) FROM t"),
    quantile: ("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY x DESC) FROM t", "SELECT median(x) FROM t"),
    decimal_division: ("SELECT x / 2.0 FROM t", "SELECT x / 2, 0.5 * x FROM t"),
    whole_division: ("SELECT x // 2 FROM t", "SELECT x - x % 5 FROM t"),
    cast_of_double: (
        "SELECT CAST(obs_value AS VARCHAR) FROM t",
        "SELECT CAST(time_period AS VARCHAR), CAST(round(obs_value) AS INTEGER), CAST(obs_value AS DECIMAL(24, 9)) FROM t",
    ),
    unguarded_try_cast: (
        "SELECT CASE WHEN a = 'x' THEN TRY_CAST(a AS DOUBLE) END FROM t",
        "SELECT CASE WHEN regexp_full_match(a, '[0-9]{4}') THEN TRY_CAST(a AS INTEGER) END, "
        "TRY_CAST(regexp_extract(a, 'Y([0-9]+)', 1) AS INTEGER) FROM t",
    ),
    date_arithmetic: (
        "SELECT vintage_to - vintage_from FROM t",
        "SELECT date_diff('day', vintage_from, vintage_to), vintage_to + 1 FROM t",
    ),
    two_unnest: ("SELECT unnest(a), unnest(b) FROM t", "SELECT unnest(a) FROM (SELECT unnest(b) AS a FROM t)"),
    dollar_in_pattern: ("SELECT regexp_matches(a, '^x$') FROM t", r"SELECT regexp_matches(a, '\Ax\$\z') FROM t"),
    plain_trim: ("SELECT trim(a) FROM t", "SELECT trim(a, ' ') FROM t"),
    braces_format: ("SELECT format('{:.2f}', x) FROM t", "SELECT printf('%.2f', x) FROM t"),
}

LOOKED_UP = "lists of rows, sorted by number and indexed by it; the changes to the tree translate both correctly"
# Why the construct is allowed, by rule and file.
LOOKED_UP_IN = ("indicator_set/value_history.sql", "lineage/revision.sql", "lineage/vintage_value.sql")
PUBLISHED_TEXT = "published text: one with a non-breaking space at its end is a different text and reported as such"
ALLOWED: dict[tuple[Rule, str], str] = {
    **{(rule, file): LOOKED_UP for rule in (ordered_list, index_from_column) for file in LOOKED_UP_IN},
    (ordered_list, "lineage/series_description.sql"): "only tested for a title; the changes to the tree keep the order",
    **{
        (plain_trim, file): PUBLISHED_TEXT
        for file in (
            "harmonised/row.sql",
            "lineage/rejection.sql",
            "lineage/series_description.sql",
            "lineage/vintage_pair.sql",
            "checks/value_equals_text.sql",
        )
    },
    (dollar_in_pattern, "harmonised/row.sql"): "after regexp_full_match, so the text has no newline",
    (unguarded_try_cast, "lineage/vintage_pair.sql"): "exponent of a text that harmonised.row read as a number",
    (unguarded_try_cast, "checks/value_equals_text.sql"): "a text that harmonised.row read as a number",
    (
        unguarded_try_cast,
        "checks/must_exist_figures.sql",
    ): "the date in a snapshot's name, or another text",
    (
        unguarded_try_cast,
        "indicator_set/weight_figure.sql",
    ): "the patterns of the staged schemas allow only numbers",
    (
        decimal_division,
        "indicator_set/population_weight.sql",
    ): "the other operand is a double or a difference of ages with one decimal place",
    (
        decimal_division,
        "indicator_set/age_group_population.sql",
    ): "the other operand is a double",
    (
        cast_of_double,
        "indicator_set/figure_class.sql",
    ): "shares from 0 to 1, written in the same way from 0.001",
    (
        cast_of_double,
        "quality/published_aggregate.sql",
    ): "percentages and years in a sentence, the same on both engines from 0.001 to 10 million",
    (cast_of_double, "checks/must_exist_figures.sql"): "a tolerance in a sentence, in the form of the definitions",
}


def label(path: Path) -> str:
    """A file as FOLDER/NAME."""
    return f"{path.parent.name}/{path.name}"


def found_in(path: Path) -> list[tuple[Rule, exp.Expr]]:
    return [(rule, node) for tree in statements(path) for rule in RULES for node in rule(tree)]


def test_every_file_is_translated_for_spark() -> None:
    assert {
        "weight_value.sql",
        "availability.sql",
        "must_exist_figures.sql",
        "drift.sql",
        "country.sql",
        "series.sql",
    } <= {path.name for path in FILES}
    for path in FILES:
        for tree in statements(path):
            assert spark(tree), path


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.__name__)
def test_rule_finds_its_construct_and_allows_the_portable_form(rule: Rule) -> None:
    wrong, right = RULES[rule]
    assert len(list(rule(parsed(wrong)[0]))) == 1
    assert list(rule(parsed(right)[0])) == []


@pytest.mark.parametrize("path", FILES, ids=label)
def test_sql_has_no_construct_with_another_meaning_on_spark(path: Path) -> None:
    faults = [
        f"{label(path)}: {rule.__name__}: {node.sql(dialect='duckdb')[:160]} ({rule.__doc__})"
        for rule, node in found_in(path)
        if (rule, label(path)) not in ALLOWED
    ]
    assert faults == []


def test_every_exception_is_still_needed() -> None:
    found = {(rule, label(path)) for path in FILES for rule, _ in found_in(path)}
    assert set(ALLOWED) - found == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT list(k ORDER BY n) AS l FROM t",
            "SELECT TRANSFORM(ARRAY_SORT(COLLECT_LIST(STRUCT(n AS o0, k AS v))), x -> x.v) AS l FROM t",
        ),
        ("SELECT l.c[v.n], l.c[1] FROM t", "SELECT ELEMENT_AT(l.c, v.n), l.c[0] FROM t"),
        ("SELECT regexp_full_match(a, '[0-9]+') FROM t", r"SELECT a RLIKE '^(?:[0-9]+)\\z' FROM t"),
        (
            "SELECT median(x) FILTER (WHERE y) FROM t",
            "SELECT ((PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x) FILTER(WHERE y) + "
            "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x DESC) FILTER(WHERE y)) / 2) FROM t",
        ),
        ("WITH a AS MATERIALIZED (SELECT 1 AS x) SELECT x FROM a", "WITH a AS (SELECT 1 AS x) SELECT x FROM a"),
        (
            "SELECT p.force, error('x') FROM lineage.fetch AS p",
            "SELECT p.force, RAISE_ERROR('x') FROM lineage.fetch AS p",
        ),
    ],
)
def test_tree_is_changed_where_sqlglot_translates_differently(text: str, expected: str) -> None:
    assert spark(parsed(text)[0]) == expected


@pytest.mark.parametrize("text", ["SELECT list(x ORDER BY y DESC) FROM t", "SELECT regexp_full_match(a, b) FROM t"])
def test_construct_without_a_translation_is_refused(text: str) -> None:
    with pytest.raises(TranslationError, match=r"ascending|literal"):
        spark(parsed(text)[0])
