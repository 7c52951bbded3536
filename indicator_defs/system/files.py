"""Files on a disk, whole or not at all: written under a hidden name, synced, and put in place in one step.

Belongs here: replacing a file or a folder, and syncing it.
Does not belong here: what a failure means to the user (callers raise their own errors), locks, the link `current`.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def written_aside(path: Path, durable: bool = True) -> Iterator[Path]:
    """A hidden path in the folder of `path` to write to; it takes the place of `path` at the end of the block.

    When anything is raised in the block the old file stays and nothing else is left. A link is followed. `durable`:
    sync file and folder; not needed for work files that a failed run makes again. Raises OSError.
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
        with suppress(OSError):  # where the folder is none or closed, the error of the block says so
            aside.unlink(missing_ok=True)


def write(path: Path, content: str | bytes, durable: bool = True) -> None:
    """Writes a file whole or not at all, text in UTF-8 with the line ends it has; makes its folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path, durable) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Brings a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_folder(to: Path, made: Path) -> None:
    """Puts the folder `made` in the place of `to`. What was there goes, or is there again where that fails (OSError)."""
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
    """Removes a folder under a hidden name, if it is there.

    Such a folder holds no data of anyone: what cannot be removed stays hidden, and is no reason to fail what was done,
    nor to hide the error that it failed with.
    """
    shutil.rmtree(folder, ignore_errors=True)
