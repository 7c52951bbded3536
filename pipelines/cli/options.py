"""Options that several commands have, and the types of their values: texts, release IDs, days, files and folders."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import click

from indicator_defs.system import clock


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
    """The ID of a release. Whether there is such a release is checked later: it may have been removed."""

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
    with suppress(FileNotFoundError, NotADirectoryError):  # nothing is there yet, so nothing is in the way
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
            pass  # no day of the calendar, as 2026-02-30: refused below with what is no date at all
        self.fail(f"found {text!r}, expected a day as 2026-11-30.", param, ctx)


class PastDay(Day):
    """A day up to today: nothing is known of a day to come."""

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
