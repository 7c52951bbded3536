"""The archive that ships with the project: snapshots that need no network.

Belongs here: where it lies and which snapshots it holds.
Does not belong here: building it (archive_tools).
"""

from __future__ import annotations

from pathlib import Path

from sources.manifests import MANIFEST, SnapshotError


def shipped_archive() -> Path:
    """The archive that ships with the project: snapshots that need no network."""
    return Path(__file__).parent / "archive"


def archive_folders(archive: Path) -> list[Path]:
    """The snapshot folders of an archive. SnapshotError when there are none, and for files that are in no snapshot."""
    folders = [path.parent for path in sorted(archive.glob(f"[!.]*/*/*/{MANIFEST}"))]
    for path in sorted(archive.glob("[!.]*/**/*")):
        hidden = any(part.startswith(".") for part in path.relative_to(archive).parts)
        if not hidden and path.is_file() and path.parent not in folders:
            raise SnapshotError(
                f"{path}: no {MANIFEST} stands beside it, so it is in no snapshot and nothing reads it. Take it out of "
                "the archive, and add it as a snapshot: python -m sources.archive_tools.add --help"
            )
    if not folders:
        raise SnapshotError(
            f"{archive}: no snapshot found. Restore the folder, or build it: python -m sources.archive_tools.build --help"
        )
    return folders
