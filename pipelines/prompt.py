"""The interactive SQL prompt of `payung sql`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import pandas as pd

from indicator_defs.errors import PayungError
from pipelines.settings import home
from warehouse.query import query


def prompt(release: Path, show: Callable[[pd.DataFrame], None]) -> None:
    """Reads statements until `.quit`; each ends with a semicolon. Wrong ones show their error and go on."""
    if not sys.stdin.isatty():
        for statement in _statements(sys.stdin.read()):
            show(query(release, statement))
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(history=FileHistory(str(home() / "sql_history")))
    click.echo(f"Release {release.name}, read-only. End a statement with ; and leave with .quit")
    pending = ""
    while True:
        try:
            line = session.prompt("payung> " if not pending else "   ...> ")
        except KeyboardInterrupt:
            pending = ""
            continue
        except EOFError:
            return
        if not pending and line.strip() in (".quit", ".exit", "quit", "exit"):
            return
        pending += line + "\n"
        if not pending.rstrip().endswith(";"):
            continue
        for statement in _statements(pending):
            try:
                show(query(release, statement))
            except PayungError as error:
                click.echo(f"payung: {error}", err=True)
        pending = ""


def _statements(text: str) -> list[str]:
    from warehouse.query import split_statements

    return split_statements(text)
