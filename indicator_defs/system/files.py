"""Atomic writing of files and folders: written under a hidden name, synced, and renamed in one step.

Callers translate OSError into their own errors.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What a user can do if a file cannot be written.
WRITE_REMEDY = "Free some space or make the folder writable."


@contextmanager
def written_aside(path: Path, durable: bool = True) -> Iterator[Path]:
    """A hidden path in the folder of `path` to write to; it replaces `path` at the end of the block.

    If the block raises an error, the old file is unchanged and the hidden file is removed. A link is followed.
    `durable`: sync file and folder; not needed for work files that a failed run makes again. Raises OSError.
    """
    target = path.resolve()
    aside = target.with_name(f".{target.name[:40]}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    try:
        yield aside
        if durable:
            sync(aside)
        aside.replace(target)
        if durable:
            sync(target.parent)
    finally:
        with suppress(OSError):  # if the folder is missing or not writable, the block has raised that error already
            aside.unlink(missing_ok=True)


def write(path: Path, content: str | bytes, durable: bool = True) -> None:
    """Writes a file atomically, text as UTF-8 with unchanged line ends; makes its folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path, durable) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Syncs a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_folder(to: Path, made: Path) -> None:
    """Replaces the folder `to` by the folder `made`. The old folder is removed, or restored if this fails (OSError)."""
    old = to.with_name(f".{to.name}.{os.getpid()}.old")
    try:
        if to.exists():
            to.rename(old)
        made.rename(to)
        sync(to.parent)
    finally:
        if old.exists() and not to.exists():
            old.rename(to)
        discard(old)


def discard(folder: Path) -> None:
    """Removes a folder with a hidden name, if it exists.

    Such a folder has no data of users: errors are ignored, so that they do not hide the result or error of the caller.
    """
    shutil.rmtree(folder, ignore_errors=True)
