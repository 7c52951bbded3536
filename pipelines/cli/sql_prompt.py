r"""The interactive prompt of `payung sql`: input lines, history, and commands that begin with a backslash.

Completion is in sql_completion.py, the running of one statement in sql_statement.py.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.errors import PayungError
from indicator_defs.system import settings
from pipelines.cli.output.query_result import show_answer
from pipelines.cli.sql_statement import report_unknown_codes, with_as_of_hint
from warehouse.query.read_only import QueryAnswer, is_complete, reader, run_query, split_statements

if TYPE_CHECKING:
    from prompt_toolkit.history import History

    from assets.home import Home
    from pipelines.cli.sql_statement import SqlRequest

QUIT = ("\\q", "\\quit", ".quit", ".exit", "quit", "exit")
HELP_COMMANDS = ("\\?", "\\h", "\\help", ".help", "?", "help")
HELP = r"""\d            tables, views and macros
\d NAME       columns of a table or view; parameters and result of a macro
\? or help    this help
\q or exit    leave (or Ctrl-D); Ctrl-C deletes the statement you are typing
These commands also work within a statement, and may end with ;
A statement ends with ; and can have several lines. Tab completes tables, columns, macros and, after a quote, codes.
Example: SELECT * FROM series('ASP_COV_PENSN', 'PHL');"""

TABLES = """
SELECT * FROM (
    SELECT schema_name || '.' || table_name AS name, 'table' AS kind, comment FROM duckdb_tables()
    WHERE database_name = current_database()
    UNION ALL
    SELECT CASE WHEN schema_name = 'main' THEN view_name ELSE schema_name || '.' || view_name END, 'view', comment
    FROM duckdb_views() WHERE database_name = current_database() AND NOT internal
    UNION ALL
    SELECT function_name || '(' || array_to_string(parameters, ', ') || ')', 'macro', comment FROM duckdb_functions()
    WHERE database_name = current_database() AND NOT internal AND function_type IN ('table_macro', 'macro')
)
ORDER BY CASE kind WHEN 'view' THEN 1 WHEN 'macro' THEN 2 ELSE 3 END, name
"""
DESCRIBE_MARK = "-- described\n"  # marks the queries of \d NAME, so that an empty result is an error
COLUMNS = """
SELECT column_name, data_type AS type, comment FROM duckdb_columns()
WHERE database_name = current_database() AND lower(CASE WHEN schema_name = 'main' THEN table_name
    ELSE schema_name || '.' || table_name END) = lower('{name}')
ORDER BY column_index
"""
MACRO = """
SELECT function_name AS macro, parameters, comment FROM duckdb_functions()
WHERE database_name = current_database() AND function_type IN ('table_macro', 'macro')
    AND lower(function_name) = lower('{name}')
"""


def prompt(request: SqlRequest) -> None:
    r"""Reads and runs statements until `\q`; each ends with a semicolon. After an error the prompt continues."""
    from prompt_toolkit import PromptSession

    from pipelines.cli.sql_completion import SqlCompleter, read_words

    with reader(request.release, request.as_of) as con:
        session: PromptSession[str] = PromptSession(
            history=_history(request.home), completer=SqlCompleter(read_words(con)), complete_while_typing=False
        )
        as_of = "" if request.as_of is None else f" as of {request.as_of}"
        click.echo(
            rf"Release {request.release.name}{as_of}, read-only. End a statement with ; and leave with \q. Help: \?"
        )
        pending = ""
        while True:
            try:
                line = session.prompt("payung> " if not pending else "   ...> ")
            except KeyboardInterrupt:
                pending = ""
                continue
            except EOFError:
                return
            command = _command_of(line)
            if command.lower() in QUIT:
                return
            if command.lower() in HELP_COMMANDS or command.startswith("\\"):
                _answer(con, request, _query_of(command))
                continue
            pending += line + "\n"
            if not pending.strip():
                pending = ""
            elif is_complete(pending):
                text, pending = pending, ""
                _answer(con, request, text)


def _command_of(line: str) -> str:
    """A line without its semicolon, to compare with the commands of the prompt."""
    return line.strip().rstrip(";").rstrip()


class UnknownNameError(PayungError):
    r"""`\d NAME` names no existing table, view or macro."""


def _refuse_unknown_name(answer: QueryAnswer, text: str) -> QueryAnswer:
    if text.startswith(DESCRIBE_MARK) and not answer.rows:
        raise UnknownNameError(r"Found no table, view or macro with this name; \d lists them.")
    return answer


def _answer(con: Any, request: SqlRequest, text: str | None) -> None:
    if text is None:
        click.echo(HELP)
        return
    try:
        for statement in split_statements(text):
            answer = _refuse_unknown_name(run_query(con, statement), text)
            report_unknown_codes(con, statement, answer)
            show_answer(answer, request.form)
    except KeyboardInterrupt:
        click.echo("payung: stopped", err=True)
    except PayungError as error:
        click.echo(f"payung: {with_as_of_hint(error, request)}", err=True)


def _query_of(line: str) -> str | None:
    r"""The query of a command that begins with a backslash; None for the help."""
    command, _, rest = line.partition(" ")
    name = rest.strip().partition("(")[0].removeprefix("main.").replace("'", "''")
    if command == "\\d" and not name:
        return TABLES
    if command == "\\d":
        return DESCRIBE_MARK + (MACRO if _is_macro(name) else COLUMNS).format(name=name)
    return None


def _is_macro(name: str) -> bool:
    from warehouse.release.macros import macros_and_aliases

    return name.lower() in {m.name for m in macros_and_aliases()}


def _history(home: Home) -> History:
    """The history: in the home, or if that is not writable in the user's state folder, or only for this session."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    state = Path(settings.of_system("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "payung"
    for folder in (home.path, state):
        file = folder / "sql_history"
        with suppress(OSError):  # not writable, such as the home of another user: try the next folder
            folder.mkdir(parents=True, exist_ok=True)
            file.touch()
            if os.access(file, os.R_OK | os.W_OK):
                return FileHistory(str(file))
    return InMemoryHistory()
