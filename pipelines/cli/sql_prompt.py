r"""The interactive prompt of `payung sql`: lines, history, and the words that begin with a backslash.

Belongs here: reading statements and answering them one after the other.
Does not belong here: completion (sql_completion.py), one statement (sql_statement.py).
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
ASKS_HELP = ("\\?", "\\h", "\\help", ".help", "?", "help")
HELP = r"""\d            tables, views and macros
\d TABLE      columns of a table or view; of a macro what it answers
\? or help    this help
\q or exit    leave (or Ctrl-D); Ctrl-C drops what was typed
These words may end with ; and are understood within a statement too.
A statement ends with ; and may run over several lines. Tab completes tables, columns, macros and, after a quote, codes.
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
DESCRIBED = "-- described\n"
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
    r"""Reads statements until `\q`; each ends with a semicolon. Wrong ones show their error and go on."""
    from prompt_toolkit import PromptSession

    from pipelines.cli.sql_completion import SqlCompleter, read_words

    with reader(request.release, request.as_of) as con:
        session: PromptSession[str] = PromptSession(
            history=_history(request.home), completer=SqlCompleter(read_words(con)), complete_while_typing=False
        )
        state = request.release.name if request.as_of is None else f"{request.release.name} as of {request.as_of}"
        click.echo(rf"Release {state}, read-only. End a statement with ; and leave with \q. Help: \?")
        pending = ""
        while True:
            try:
                line = session.prompt("payung> " if not pending else "   ...> ")
            except KeyboardInterrupt:
                pending = ""
                continue
            except EOFError:
                return
            word = _word_of(line)
            if word.lower() in QUIT:
                return
            if word.lower() in ASKS_HELP or word.startswith("\\"):
                _answer(con, request, _query_of(word))
                continue
            pending += line + "\n"
            if not pending.strip():
                pending = ""
            elif is_complete(pending):
                text, pending = pending, ""
                _answer(con, request, text)


def _word_of(line: str) -> str:
    """A line without its semicolon, to compare with the words of the prompt."""
    return line.strip().rstrip(";").rstrip()


class UnknownNameError(PayungError):
    r"""`\d NAME` names nothing that is there."""


def _found(answer: QueryAnswer, text: str) -> QueryAnswer:
    if text.startswith(DESCRIBED) and not answer.rows:
        raise UnknownNameError(r"There is no table, view or macro of that name; \d lists them.")
    return answer


def _answer(con: Any, request: SqlRequest, text: str | None) -> None:
    if text is None:
        click.echo(HELP)
        return
    try:
        for statement in split_statements(text):
            answer = _found(run_query(con, statement), text)
            report_unknown_codes(con, statement, answer)
            show_answer(answer, request.form)
    except KeyboardInterrupt:
        click.echo("payung: stopped", err=True)
    except PayungError as error:
        click.echo(f"payung: {with_as_of_hint(error, request)}", err=True)


def _query_of(word: str) -> str | None:
    r"""The query behind a word with a backslash; None for the help."""
    command, _, rest = word.partition(" ")
    name = rest.strip().partition("(")[0].removeprefix("main.").replace("'", "''")
    if command == "\\d" and not name:
        return TABLES
    if command == "\\d":
        return DESCRIBED + (MACRO if _is_macro(name) else COLUMNS).format(name=name)
    return None


def _is_macro(name: str) -> bool:
    from warehouse.release.macros import macros_and_aliases

    return name.lower() in {m.name for m in macros_and_aliases()}


def _history(home: Home) -> History:
    """The history in the home; where that cannot be written, in the user's state folder, else only for this session."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    state = Path(settings.of_system("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "payung"
    for folder in (home.path, state):
        file = folder / "sql_history"
        with suppress(OSError):  # the home of another user is read-only: then the next place is tried
            folder.mkdir(parents=True, exist_ok=True)
            file.touch()
            if os.access(file, os.R_OK | os.W_OK):
                return FileHistory(str(file))
    return InMemoryHistory()
