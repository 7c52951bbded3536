"""Options that several commands share, and types of values: texts, release IDs, dates, files and folders."""

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
    """A text. An empty text is refused, because it is usually an unset variable of a script."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without surrounding blanks."""
        text = str(value).strip()
        if not text:
            self.fail("found an empty text; give a value, or leave it out.", param, ctx)
        return text


class ReleaseId(Text):
    """The ID of a release. Whether the release exists is checked later, because it may have been removed."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The ID."""
        text = super().convert(value, param, ctx)
        if re.fullmatch(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]+", text) is None:
            expected = "expected the ID of a release, such as 2026.11.22-1. List all: payung releases list"
            self.fail(f"found {text!r}, {expected}", param, ctx)
        return text


class OutputPath(click.Path):
    """A file or folder to write. A path that cannot be written is refused before the command starts its work."""

    def __init__(self, *, is_folder: bool) -> None:
        """`is_folder`: a folder, which is made if missing; otherwise a file in an existing folder."""
        super().__init__(file_okay=not is_folder, dir_okay=is_folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path as given."""
        if not str(value).strip():
            self.fail("found an empty name; give a path, or leave it out.", param, ctx)
        path = Path(str(super().convert(value, param, ctx)))
        try:
            problem = _write_problem(path, self.dir_okay)
        except OSError as error:  # a name that is too long, a loop of links, a folder without permission
            problem = f"{error.strerror or error}; choose another name."
        if problem:
            self.fail(f"{str(path)!r}: {problem}", param, ctx)
        return path


def _write_problem(path: Path, is_folder: bool) -> str:
    """Why a path cannot be written, and the remedy; empty if no problem is found. Raises OSError."""
    with suppress(FileNotFoundError, NotADirectoryError):  # checked below
        path.stat()  # raises for a name that is too long; Path.exists would not
    if path.exists() and not (path.is_dir() if is_folder else path.is_file()):
        return f"it exists and is not a {'folder' if is_folder else 'file'}; choose another name."
    folder = path.absolute() if is_folder else path.absolute().parent
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not existing.is_dir():
        return f"{existing} is a file, expected a folder; choose another name."
    if not is_folder and existing != folder:
        return f"folder {folder} does not exist; make it, or choose another name."
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"folder {existing} is not writable; make it writable, or choose another name."
    return ""


TEXT, RELEASE_ID = Text(), ReleaseId()
FILE, FOLDER = OutputPath(is_folder=False), OutputPath(is_folder=True)


class Day(Text):
    """A date, written as 2026-11-30."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The date."""
        text = super().convert(value, param, ctx)
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # not in the calendar, such as 2026-02-30: refused below
        self.fail(f"found {text!r}, expected a date such as 2026-11-30.", param, ctx)


class PastDay(Day):
    """A date up to today: for a later date there are no vintages."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The date; UsageError for a date after today."""
        day = super().convert(value, param, ctx)
        today = clock.today()
        if day > today:
            self.fail(f"found {day}, expected a date up to today, {today} (UTC).", param, ctx)
        return day


DAY = Day()
PAST_DAY = PastDay()
_DEBUG = "payung.debug"


def _remember_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[_DEBUG] = value


def is_debug(context: click.Context) -> bool:
    """Whether the command was called with --debug."""
    return bool(context.meta.get(_DEBUG))


DEBUG = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_remember_debug, help="Show the traceback if an error occurs."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Output as JSON, for programs.")
RELEASE = click.option(
    "--release", "release_id", type=RELEASE_ID, help="Use this release. Default: the current release."
)
FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
