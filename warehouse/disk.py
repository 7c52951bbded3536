"""Files and folders on a disk: their checksum, brought to the disk, put in place whole, cleared away.

Belongs here: what release, edition and export need of a disk, whatever stands in the files.
Does not belong here: what a failure means to the user (the callers say it in their own errors).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Brings a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse_writing(path: Path) -> None:
    """Takes away everybody's right to write a file, so that nothing is written into it by mistake.

    Its folder stays writable for its owner: what it holds can be renamed, replaced and removed as a whole.
    """
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)


def replace_folder(to: Path, made: Path) -> None:
    """Puts the folder `made` in the place of `to`. What stood there goes, or stands again where that fails (OSError)."""
    old = to.with_name(f".{to.name}.{os.getpid()}.old")
    try:
        if to.exists():
            to.rename(old)
        made.rename(to)
    finally:
        if old.exists() and not to.exists():
            old.rename(to)
        discard(old)


def discard(folder: Path) -> None:
    """Removes a folder under a hidden name, if it is there.

    Such a folder is nobody's data any more: what cannot be removed stays hidden, and is no reason to fail what was
    done, nor to hide the error that it failed with.
    """
    shutil.rmtree(folder, ignore_errors=True)
