"""Files of an export: each is written to a temporary name and renamed, so that an incomplete file is never visible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from indicator_defs.errors import PayungError
from indicator_defs.system import files


class ExportError(PayungError):
    """The export is not possible: the request is wrong, or the files cannot be written."""


def make_folder(folder: Path) -> None:
    """Makes the folder and its parents. Raises ExportError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary path next to `path`: renamed to `path` at the end, removed if an error occurs.

    Raises ExportError if the folder is not writable or the disk is full.
    """
    make_folder(path.parent)
    try:
        with files.written_aside(path) as temporary_path:
            yield temporary_path
    except (OSError, duckdb.IOException) as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> ExportError:
    """The error for a path that cannot be written, with the reason and the remedy."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ExportError(
        f"{path} cannot be written: {reason}. Expected a folder with write permission and free space; "
        "make it writable or choose another folder with --to."
    )
