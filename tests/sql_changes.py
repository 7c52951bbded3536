"""Mutation tests of SQL: copies of the SQL of a table with one rule removed, which the cases of the table must notice.

    python tests/sql_changes.py harmonised.row ...     lists the changes that no case of these tables notices

A change removes one branch of a CASE, or one condition of a WHERE, a HAVING or a JOIN (except the equality of two
columns in a JOIN).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
from other_engine import parsed
from sql_cases import CaseDatabase, cases_of, differences
from sqlglot import exp

from warehouse.build.engine import sql_text


@dataclass(frozen=True)
class Change:
    """One changed copy: the removed branch or condition, and the SQL."""

    removed: str
    sql: str


def changes(full_name: str) -> Iterator[Change]:
    """All changed copies of the SQL of a table."""
    (tree,) = parsed(sql_text(full_name))
    for place, node in enumerate(tree.walk()):
        if isinstance(node, exp.Case):
            for number, branch in enumerate(node.args["ifs"]):
                yield Change(f"branch {_short(branch)}", _without_branch(tree, place, number))
        elif isinstance(node, exp.Where | exp.Having):
            for number, condition in enumerate(_conditions(node.this)):
                yield Change(f"condition {_short(condition)}", _without_condition(tree, place, number))
        elif isinstance(node, exp.Join) and node.args.get("on") is not None:
            for number, condition in enumerate(_conditions(node.args["on"])):
                if not _joins_columns(condition):
                    yield Change(f"condition {_short(condition)}", _without_condition(tree, place, number))


def _short(node: exp.Expr) -> str:
    text = " ".join(node.sql(dialect="duckdb").split())
    return text if len(text) <= 150 else f"{text[:147]}..."


def _conditions(node: exp.Expr) -> list[exp.Expr]:
    return list(node.flatten()) if isinstance(node, exp.And) else [node]


def _joins_columns(node: exp.Expr) -> bool:
    is_equal = isinstance(node, exp.EQ | exp.NullSafeEQ)
    return is_equal and isinstance(node.left, exp.Column) and isinstance(node.right, exp.Column)


def _copy(tree: exp.Expr, place: int) -> tuple[exp.Expr, exp.Expr]:
    copy = tree.copy()
    return copy, next(node for number, node in enumerate(copy.walk()) if number == place)


def _without_branch(tree: exp.Expr, place: int, number: int) -> str:
    copy, case = _copy(tree, place)
    case.args["ifs"][number].set("this", exp.false())
    if case.this is not None:  # CASE x WHEN code: no code is equal to NULL
        case.args["ifs"][number].set("this", exp.null())
    return copy.sql(dialect="duckdb")


def _without_condition(tree: exp.Expr, place: int, number: int) -> str:
    copy, clause = _copy(tree, place)
    conditions = clause.args["on"] if isinstance(clause, exp.Join) else clause.this
    _conditions(conditions)[number].replace(exp.true())
    return copy.sql(dialect="duckdb")


def is_noticed(full_name: str, change: Change, database: CaseDatabase) -> bool:
    """Whether a case of the table has another result with the change, or the SQL stops with its own error()."""
    for case in cases_of(full_name):
        try:
            if differences(case, database, change.sql):
                return True
        except duckdb.InvalidInputException:  # error() in the SQL: a rule by which the SQL stops itself
            return True
        except duckdb.Error:  # the changed copy is not valid SQL, so it proves nothing
            continue
    return False


def unnoticed(full_name: str) -> list[str]:
    """The removed parts of the changes that no case notices."""
    database = CaseDatabase(full_name)
    return [change.removed for change in changes(full_name) if not is_noticed(full_name, change, database)]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        not_noticed = unnoticed(name)
        print(f"{name}: {len(not_noticed)} of {len(list(changes(name)))} changes are not noticed")
        for line in not_noticed:
            print(f"    {line}")
