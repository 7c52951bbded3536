"""Runs one SQL statement and shows its result; reports codes in it that the release does not have.

`payung sql` and its prompt share these functions.
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
    """The options of `payung sql` contradict each other, or a query failed."""


class NoStatementError(SqlError, WrongUseError):
    """A query without a statement: it is empty or has only comments."""


@dataclass(frozen=True)
class SqlRequest:
    """A request: the release of a home, the date if any, the format of the results, and the target file if any."""

    home: Home
    release: Path
    as_of: date | None
    form: str
    to: Path | None


def show_statement(con: Any, statement: str, request: SqlRequest) -> None:
    """Runs one statement and shows its result. Raises QueryError."""
    from pipelines.cli.output.query_result import show_answer
    from warehouse.query.read_only import run_query

    answer = run_query(con, statement)
    report_unknown_codes(con, statement, answer)
    show_answer(answer, request.form)


def report_unknown_codes(con: Any, statement: str, answer: QueryAnswer) -> None:
    """Prints on stderr the codes in a statement that the release does not have."""
    from warehouse.query.unknown_codes import unknown_codes

    for line in unknown_codes(con, statement, is_empty=not answer.rows):
        click.echo(f"payung: {line}", err=True)


def with_as_of_hint(error: PayungError, request: SqlRequest) -> PayungError:
    """The error of a query; if a table is missing because of --as-of, with the list of what is available."""
    if request.as_of is None:
        return error
    from warehouse.query.as_of_views import hint

    return SqlError(f"{error}{hint(str(error))}")
