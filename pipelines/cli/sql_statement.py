"""One statement of SQL: answered and shown, with the codes that it names and the release does not know.

Belongs here: what a call of `payung sql` and its prompt both do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.errors import PayungError, WrongUseError

if TYPE_CHECKING:
    from assets.home import Home
    from warehouse.query.read_only import QueryAnswer


class SqlError(PayungError):
    """The options of `payung sql` do not go together, or a query failed."""


class NoStatementError(SqlError, WrongUseError):
    """A query without a statement: empty, or comments only."""


@dataclass(frozen=True)
class SqlRequest:
    """What is requested: a release of a home, perhaps as of a date, the form of the answers and the file for one."""

    home: Home
    release: Path
    as_of: date | None
    form: str
    to: Path | None


def show_statement(con: Any, statement: str, request: SqlRequest) -> None:
    """Answers one statement and shows the answer. Raises QueryError."""
    from pipelines.cli.output.query_result import show_answer
    from warehouse.query.read_only import run_query

    answer = run_query(con, statement)
    report_unknown_codes(con, statement, answer)
    show_answer(answer, request.form)


def report_unknown_codes(con: Any, statement: str, answer: QueryAnswer) -> None:
    """Prints on stderr which codes in a statement the release does not know."""
    from warehouse.query.unknown_codes import unknown_codes

    for line in unknown_codes(con, statement, is_empty=not answer.rows):
        click.echo(f"payung: {line}", err=True)


def with_as_of_hint(error: PayungError, request: SqlRequest) -> PayungError:
    """The error of a query with what a state at a date holds, where a table is missing for that reason."""
    if request.as_of is None:
        return error
    from warehouse.query.as_of_views import hint

    return SqlError(f"{error}{hint(str(error))}")
