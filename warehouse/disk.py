"""Files and folders on a disk: their checksum, and what indicator_defs/system/files.py does with them.

Belongs here: what release, edition and export need of a disk, whatever the files hold.
Does not belong here: what a failure means to the user (the callers raise their own errors).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from indicator_defs.system.files import discard, replace_folder, sync

__all__ = ["discard", "replace_folder", "sha256", "sync"]


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
