"""The command `payung sql`: runs a query, the statements on standard input, or an interactive prompt.

Belongs here: its options, reading the query, and the target of the result.
Does not belong here: running one statement (sql_statement.py), the prompt (sql_prompt.py), showing rows
(output/query_result.py), the limits of read-only SQL (warehouse/query/read_only.py).
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from pipelines.cli.command_home import PASS_HOME, CommandHome
from pipelines.cli.options import DEBUG, FILE, PAST_DAY, RELEASE
from pipelines.cli.release_lookup import requested_release
from pipelines.cli.sql_statement import (
    NoStatementError,
    SqlError,
    SqlRequest,
    report_unknown_codes,
    show_statement,
    with_as_of_hint,
)

# Formats of a result, and the endings of their files.
ENDINGS = {"table": ".txt", "csv": ".csv", "json": ".json", "parquet": ".parquet", "xlsx": ".xlsx"}


class _QueryCommand(click.Command):
    """A command whose argument may begin with an SQL comment, which must not be parsed as an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Adds a blank before such an argument; no option has a blank or a line break after its dashes."""
        return super().parse_args(ctx, [f" {a}" if a.startswith(("-- ", "--\n")) else a for a in args])


@click.command(cls=_QueryCommand, short_help="Run read-only SQL on the current release.")
@click.argument("query", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(ENDINGS)),
    help="parquet and xlsx need --to. Default: from the ending of --to, otherwise table.",
)
@click.option(
    "--to",
    type=FILE,
    metavar="FILE",
    help=f"Write the result to this file ({', '.join(ENDINGS.values())}).",
)
@RELEASE
@click.option("--as-of", "as_of", type=PAST_DAY, metavar="DATE", help="Country values as known on this date.")
@DEBUG
@PASS_HOME
def sql(
    command_home: CommandHome,
    query: str | None,
    form: str | None,
    to: Path | None,
    release_id: str | None,
    as_of: date | None,
) -> None:
    """Run read-only SQL on the current release. Without QUERY, open an interactive prompt.

    With --as-of, the tables contain the country values of the vintages published up to that date. Regional figures as
    of a date need a separate build: payung refresh --as-of.

    \b
    Examples: payung sql "SELECT * FROM series('ASP_COV_PENSN', 'PHL')"
              payung sql "SELECT * FROM regional_baseline" --to baseline.xlsx
              payung sql --as-of 2022-12-31 "SELECT * FROM series('ASP_COV_SPL', 'THA')"
    """
    chosen = _format_of(form, to)
    answer_query(
        SqlRequest(command_home.home, requested_release(command_home.home, release_id), as_of, chosen, to), query
    )


def _format_of(form: str | None, to: Path | None) -> str:
    """The given format, or the format of the file's ending. Raises UsageError if they contradict each other."""
    if to is None:
        if form in ("parquet", "xlsx"):
            raise click.UsageError(f"--format {form} needs a file: add --to FILE.{form}")
        return form or "table"
    ending = to.suffix.lower()
    form_of_ending = next((f for f, e in ENDINGS.items() if e == ending), None)
    if form is None and form_of_ending is None:
        raise click.UsageError(
            f"--to {to.name}: found {f'the ending {ending}' if ending else 'no ending'}, expected one of "
            f"{', '.join(ENDINGS.values())}; or give the format with --format."
        )
    if form is not None and form_of_ending not in (None, form):
        raise click.UsageError(
            f"--format {form} contradicts --to {to.name}: the ending {ending} means {form_of_ending}. Leave out "
            f"--format, or choose a file name that ends in {ENDINGS[form]}."
        )
    return form or form_of_ending or "table"


def answer_query(request: SqlRequest, query: str | None) -> None:
    """Runs one query; without a query, those of standard input or of the prompt. Raises PayungError."""
    if request.as_of is not None:
        from warehouse.query.as_of_views import covers

        click.echo(f"As of {request.as_of}: {covers()}.", err=True)
    if query is None and sys.stdin.isatty() and request.to is None:
        from pipelines.cli.sql_prompt import prompt

        prompt(request)
        return
    text = _read_standard_input() if query is None else query
    _refuse_invalid_bytes(text)
    statements = _statements(text)
    if request.to is not None:
        if len(statements) > 1:
            raise SqlError(
                f"--to: found {len(statements)} statements, expected 1 for a file. Write them one at a time."
            )
        click.echo(f"{_write_file(request, statements[0]):,} rows in {request.to}", err=True)
        return
    from warehouse.query.read_only import QueryError, reader

    with reader(request.release, request.as_of) as con:
        for statement in statements:
            try:
                show_statement(con, statement, request)
            except QueryError as error:
                raise with_as_of_hint(error, request) from error


def _read_standard_input() -> str:
    """Standard input, decoded as UTF-8 on every terminal; bytes that are not UTF-8 become lone surrogates."""
    return sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape")


def _refuse_invalid_bytes(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        at = next((i for i, c in enumerate(line, start=1) if "\ud800" <= c <= "\udfff"), None)
        if at is not None:
            raise SqlError(f"The query is not UTF-8 in line {number}, character {at}. Save it as UTF-8.")


def _statements(text: str) -> list[str]:
    from warehouse.query.read_only import split_statements

    found = split_statements(text)
    if not found:
        raise NoStatementError(
            'Found no statement in the query. Write one, such as: payung sql "SELECT * FROM regional_baseline"'
        )
    return found


def _write_file(request: SqlRequest, text: str) -> int:
    from warehouse.query import answer_files as files
    from warehouse.query.read_only import QueryAnswer, reader, run_query

    assert request.to is not None
    if request.form in ("parquet", "xlsx"):
        with reader(request.release, request.as_of) as con:
            report_unknown_codes(con, text, QueryAnswer(rows=[()]))
    if request.form == "parquet":
        return files.write_parquet(request.release, text, request.to, request.as_of)
    if request.form == "xlsx":
        return files.write_workbook(request.release, text, request.to, request.as_of)
    from pipelines.cli.output.query_result import answer_csv, answer_json, answer_lines

    with reader(request.release, request.as_of) as con:
        answer = run_query(con, text)
        report_unknown_codes(con, text, answer)
    to_text = {"csv": answer_csv, "json": lambda a: answer_json(a) + "\n"}.get(
        request.form, lambda a: "\n".join(answer_lines(a, len(a.rows))) + "\n"
    )
    files.write_text(request.to, to_text(answer))
    return len(answer.rows)
