"""Files of an export: each written aside and renamed, so that nobody ever sees half of one.

Belongs here: making the folder, writing one file whole, and the errors a disk can give.
Does not belong here: what stands in a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from indicator_defs.errors import PayungError
from indicator_defs.system import files


class ExportError(PayungError):
    """The export was asked for something it does not know, or could not be written."""


def make_folder(folder: Path) -> None:
    """Makes the folder with its parents. Raises ExportError where that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A hidden path next to `path` to write to; renamed to `path` at the end, removed when anything fails.

    Raises ExportError when the folder is not writable or the disk is full.
    """
    make_folder(path.parent)
    try:
        with files.written_aside(path) as aside:
            yield aside
    except (OSError, duckdb.IOException) as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> ExportError:
    """The error of a place that cannot be written, with the reason and what to do."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ExportError(
        f"{path} cannot be written: {reason}. Expected a folder that you may write to, with free space; "
        "make it writable or choose another one with --to."
    )
