"""The command `payung sql`: one query or a prompt, on a release or on its state at a date.

Belongs here: what a call of the command does. Does not belong here: the prompt's own words (sql_prompt.py), how rows look
(answers.py), what SQL may do (warehouse/query/read_only.py).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.errors import PayungError, WrongUseError

if TYPE_CHECKING:
    from warehouse.query.read_only import QueryAnswer


class SqlError(PayungError):
    """The options of `payung sql` do not go together, or a query failed."""


class NoStatementError(SqlError, WrongUseError):
    """A query without a statement: empty, or comments only."""


@dataclass(frozen=True)
class Call:
    """What was asked: a release, perhaps as of a date, and the form of the answers."""

    release: Path
    as_of: date | None
    form: str
    to: Path | None


def run(call: Call, query: str | None) -> None:
    """Answers one query; without one, those on standard input or at the prompt. Raises PayungError."""
    from warehouse.query import read_only as asking

    if call.as_of is not None:
        from warehouse.query.as_of_views import covers

        click.echo(f"As of {call.as_of}: {covers()}.", err=True)
    if query is None and sys.stdin.isatty() and call.to is None:
        from pipelines.cli.sql_prompt import prompt

        prompt(call)
        return
    text = _read_standard_input() if query is None else query
    _refuse_bytes(text)
    statements = _statements(text)
    if call.to is not None:
        if len(statements) > 1:
            raise SqlError(f"A file holds one answer, and there are {len(statements)} statements. Write one at a time.")
        click.echo(f"{_file(call, statements[0]):,} rows in {call.to}", err=True)
        return
    from pipelines.cli.output.query_result import show

    with asking.reader(call.release, call.as_of) as con:
        for statement in statements:
            try:
                answer = asking.ask(con, statement)
                say_unknown(con, statement, answer)
                show(answer, call.form)
            except asking.QueryError as error:
                raise told(error, call) from error


def say_unknown(con: Any, statement: str, answer: QueryAnswer) -> None:
    """Says on stderr which codes in a statement the release does not know."""
    from warehouse.query.unknown_codes import unknown_codes

    for line in unknown_codes(con, statement, is_empty=not answer.rows):
        click.echo(f"payung: {line}", err=True)


def _read_standard_input() -> str:
    """All of standard input as UTF-8, whatever the encoding of the terminal; what is not, as lone surrogates."""
    return sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape")


def _refuse_bytes(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        at = next((i for i, c in enumerate(line, start=1) if "\ud800" <= c <= "\udfff"), None)
        if at is not None:
            raise SqlError(f"The query is not UTF-8: line {number}, character {at}. Write or save it as UTF-8.")


def _statements(text: str) -> list[str]:
    from warehouse.query.read_only import split_statements

    found = split_statements(text)
    if not found:
        raise NoStatementError(
            'There is no statement in the query. Write one, as: payung sql "SELECT * FROM regional_baseline"'
        )
    return found


def told(error: PayungError, call: Call) -> PayungError:
    """The error of a query with what a state at a date holds, where a table is missing for that reason."""
    if call.as_of is None:
        return error
    from warehouse.query.as_of_views import hint

    return SqlError(f"{error}{hint(str(error))}")


def _file(call: Call, text: str) -> int:
    from warehouse.query import answer_files as files
    from warehouse.query.read_only import QueryAnswer, ask, reader

    assert call.to is not None
    if call.form in ("parquet", "xlsx"):
        with reader(call.release, call.as_of) as con:
            say_unknown(con, text, QueryAnswer(rows=[()]))
    if call.form == "parquet":
        return files.write_parquet(call.release, text, call.to, call.as_of)
    if call.form == "xlsx":
        return files.write_workbook(call.release, text, call.to, call.as_of)
    from pipelines.cli.output.query_result import as_csv, as_json, as_table

    with reader(call.release, call.as_of) as con:
        answer = ask(con, text)
        say_unknown(con, text, answer)
    whole = {"csv": as_csv, "json": lambda a: as_json(a) + "\n"}.get(
        call.form, lambda a: "\n".join(as_table(a, len(a.rows))) + "\n"
    )
    files.write_text(call.to, whole(answer))
    return len(answer.rows)
