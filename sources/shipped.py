"""The archive that ships with the project: snapshots that need no network.

Belongs here: where it lies and which snapshots it holds.
Does not belong here: building it (archive.py, rebuilt/).
"""

from __future__ import annotations

from pathlib import Path

from sources.manifests import MANIFEST, SnapshotError


def shipped_archive() -> Path:
    """The archive that ships with the project: snapshots that need no network."""
    return Path(__file__).parent / "archive"


def archive_folders(archive: Path) -> list[Path]:
    """The snapshot folders of an archive. SnapshotError when there are none."""
    folders = [path.parent for path in sorted(archive.glob(f"[!.]*/*/*/{MANIFEST}"))]
    if not folders:
        raise SnapshotError(
            f"{archive}: no snapshot found. Restore the folder, or build it: python -m sources.archive --help"
        )
    return folders
