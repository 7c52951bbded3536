"""What several commands share: exit codes, options, and the ways to find a release and to show an answer.

Belongs here: what two commands would otherwise each write for themselves.
Does not belong here: the words of one command; tables and their look (tables.py).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indicator_defs.errors import PayungError, WrongUseError
from indicator_defs.system import clock
from pipelines.home import home

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

# 2 is click's own, too.
OK, FAILED, WRONG_USE, AUDIT_FAILED, ATTENTION = 0, 1, 2, 3, 4


class UnknownCodeError(WrongUseError):
    """An option or argument names a code that the release does not know; the message names those near it."""


def exit_code(error: PayungError) -> int:
    """The exit code of an error that a user can mend."""
    if isinstance(error, WrongUseError):
        return WRONG_USE
    # by its name: importing AuditError would load the engine for every command
    return AUDIT_FAILED if type(error).__name__ == "AuditError" else FAILED


class Text(click.ParamType):
    """A text of the command line. An empty one is refused: it is mostly a variable of a script that was not set."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without blanks around it."""
        text = str(value).strip()
        if not text:
            self.fail("it is empty; give a value, or leave it out.", param, ctx)
        return text


class ReleaseId(Text):
    """The ID of a release. Whether there is such a release is asked later: it may have been removed."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The ID."""
        text = super().convert(value, param, ctx)
        if re.fullmatch(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]+", text) is None:
            expected = "expected the ID of a release, as 2026.11.22-1. All of them: payung releases list"
            self.fail(f"found {text!r}, {expected}", param, ctx)
        return text


class Place(click.Path):
    """A file or a folder to write. Refused where it cannot be written, before anything is read or made."""

    def __init__(self, *, is_folder: bool) -> None:
        """`is_folder`: a folder, made where it is missing; otherwise a file in a folder that is there."""
        super().__init__(file_okay=not is_folder, dir_okay=is_folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path as it was given."""
        if not str(value).strip():
            self.fail("it is empty; give a name, or leave it out.", param, ctx)
        path = Path(str(super().convert(value, param, ctx)))
        try:
            problem = _in_the_way(path, self.dir_okay)
        except OSError as error:  # a name that is too long, links in a circle, a folder that is closed
            problem = f"{error.strerror or error}; choose another name."
        if problem:
            self.fail(f"{str(path)!r}: {problem}", param, ctx)
        return path


def _in_the_way(path: Path, is_folder: bool) -> str:
    """Why a path cannot be written, and what is expected; empty where nothing is seen. Raises OSError."""
    with suppress(FileNotFoundError, NotADirectoryError):
        path.stat()  # Path.exists would swallow a name that is too long
    if path.exists() and not (path.is_dir() if is_folder else path.is_file()):
        return f"it is no {'folder' if is_folder else 'file'}; name another one."
    folder = path.absolute() if is_folder else path.absolute().parent
    there = next(p for p in (folder, *folder.parents) if p.exists())
    if not there.is_dir():
        return f"{there} is a file; expected a folder there."
    if not is_folder and there != folder:
        return f"there is no folder {folder}; make it, or name another one."
    if not os.access(there, os.W_OK | os.X_OK):
        return f"the folder {there} cannot be written; make it writable, or name another one."
    return ""


TEXT, RELEASE_ID = Text(), ReleaseId()
FILE, FOLDER = Place(is_folder=False), Place(is_folder=True)


class Day(Text):
    """A day, written as 2026-11-30."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The day."""
        text = super().convert(value, param, ctx)
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.fail(f"found {text!r}, expected a day as 2026-11-30.", param, ctx)


class PastDay(Day):
    """A day up to today: of what was known at a day to come nothing can be said."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The day; UsageError for one after today."""
        day = super().convert(value, param, ctx)
        today = clock.today()
        if day > today:
            self.fail(f"found {day}, expected a day up to today, {today} (UTC).", param, ctx)
        return day


DAY = Day()
PAST_DAY = PastDay()
_DEBUG = "payung.debug"


def _remember_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[_DEBUG] = value


def wants_traceback(context: click.Context) -> bool:
    """Whether the command that failed was called with --debug."""
    return bool(context.meta.get(_DEBUG))


DEBUG = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_remember_debug, help="Show the traceback of an error."
)
JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
RELEASE = click.option("--release", "release_id", type=RELEASE_ID, help="Another release than the current one.")
FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)


def readable(release_id: str | None) -> Path:
    """The release asked for; without an ID the current one, or the last good one where that cannot be opened."""
    from warehouse.release.release_folders import Releases

    releases = Releases(home())
    if release_id is not None:
        return releases.find(release_id)
    from warehouse.query.readable_release import readable_release

    return readable_release(releases, lambda what: click.echo(f"payung: {what}", err=True))


def meant_area(release: Path, given: str | None) -> str | None:
    """The code of an area given by code or by any of its names; says on stderr which it is. Raises UnknownCodeError."""
    return _meant(release, "area", given)


def meant_indicator(release: Path, given: str | None) -> str | None:
    """The code of an indicator given by code or name; says on stderr which it is. Raises UnknownCodeError."""
    return _meant(release, "indicator", given)


def _meant(release: Path, what: str, given: str | None) -> str | None:
    if given is None:
        return None
    from warehouse.query import release_codes
    from warehouse.query.read_only import reader

    with reader(release) as con:
        names = release_codes.areas(con) if what == "area" else release_codes.indicators(con)
    found = release_codes.find_code(names, what, given, UnknownCodeError)
    if found.note:
        show_problems([f"{found.note}."])
    return found.code


def shown_path(path: Path) -> str:
    """A path relative to where the user is, if that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def show(frame: pd.DataFrame, form: str) -> None:
    """Prints a frame as table, csv or json."""
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        from pipelines.cli.output.records import records

        show_json(records(frame), indent=None)
    else:
        from pipelines.cli.output.tables import print_table

        print_table(frame)


def show_json(value: object, indent: int | None = 1) -> None:
    """Prints plain values as JSON; days and paths as text."""
    import json

    click.echo(json.dumps(value, indent=indent, ensure_ascii=False, default=str))


def show_problems(problems: Iterable[str]) -> None:
    """Says on stderr what went wrong beside the work, a line each."""
    for problem in problems:
        click.echo(f"payung: {problem}", err=True)
