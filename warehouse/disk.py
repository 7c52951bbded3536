"""Files and folders on disk: checksums and write protection, and the functions of indicator_defs/system/files.py.

Belongs here: what release, edition and export do with files, whatever the files contain.
Does not belong here: what a failure means to the user (the callers raise their own errors).
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from indicator_defs.system.files import discard, replace_folder, sync

__all__ = ["discard", "refuse_writing", "replace_folder", "sha256", "sync"]


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def refuse_writing(path: Path) -> None:
    """Makes a file read-only for all users, so that nothing is written into it by mistake.

    Its folder stays writable for its owner, so the file can still be renamed, replaced and removed.
    """
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
