"""Which release answers a query: the current one, or the last good one before it where that one cannot be opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.query.read_only import QueryError, ask, reader
from warehouse.release.home_format import FormatError
from warehouse.release.release_folders import DATABASE, MANIFEST, ReleaseError, Releases, read_manifest


def readable_release(releases: Releases, warn: Callable[[str], None]) -> Path:
    """The current release, or the last good one before it where the database of the current one cannot be opened.

    `warn` gets the message about the fallback. Raises ReleaseError where none can be opened.
    """
    if not releases.link.is_symlink():
        return releases.find()
    current = releases.link.resolve()
    fault = _fault(current)
    if fault is None:
        return current
    for release_id in reversed(releases.ids()):
        folder = releases.folder / release_id
        if folder != current and _fault(folder) is None:
            warn(
                f"the current release {current.name} cannot be opened ({fault}). This answer is from {release_id}, the "
                f"newest one that is whole. See: payung releases verify {current.name}; to mend it: payung refresh "
                f"--force, or payung releases rollback {release_id}"
            )
            return folder
    raise ReleaseError(
        f"The current release {current.name} cannot be opened ({fault}), and there is no other one. Publish anew: "
        "payung refresh --force (the snapshots are enough)."
    )


def _fault(folder: Path) -> str | None:
    """What keeps a release from being opened, None where nothing does."""
    if not (folder / MANIFEST).exists():
        return f"{MANIFEST} is missing"
    try:
        read_manifest(folder)
        with reader(folder) as con:
            named = [row[0] for row in ask(con, "SELECT release FROM main.release").rows]
    except (QueryError, FormatError) as error:
        return str(error).splitlines()[0].split(". Publish anew")[0]
    except (OSError, ValueError) as error:
        return f"{MANIFEST}: {error}"
    return None if named == [folder.name] else f"{DATABASE} says it is {named}"
