"""The archive that ships with the project: snapshots for use without network."""

from __future__ import annotations

from pathlib import Path

from sources.manifests import MANIFEST, SnapshotError


def shipped_archive() -> Path:
    """The folder of the archive that ships with the project."""
    return Path(__file__).parent / "archive"


def archive_folders(archive: Path) -> list[Path]:
    """The snapshot folders of an archive. Raises SnapshotError if there are none, and for files outside of snapshots."""
    folders = [path.parent for path in sorted(archive.glob(f"[!.]*/*/*/{MANIFEST}"))]
    for path in sorted(archive.glob("[!.]*/**/*")):
        hidden = any(part.startswith(".") for part in path.relative_to(archive).parts)
        if not hidden and path.is_file() and path.parent not in folders:
            raise SnapshotError(
                f"{path}: found a file in a folder without {MANIFEST}, expected only snapshots. Move it out of the "
                "archive, and add it as a snapshot: python -m sources.archive_tools.add --help"
            )
    if not folders:
        raise SnapshotError(
            f"{archive}: no snapshot found, expected at least one. Restore the folder, or build it: "
            "python -m sources.archive_tools.build --help"
        )
    return folders
