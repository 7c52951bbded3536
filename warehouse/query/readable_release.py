"""Choosing the release for a query: the current one, or the newest readable one if the current cannot be opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.query.read_only import QueryError, reader, run_query
from warehouse.release.home_format import FormatError
from warehouse.release.release_folders import DATABASE, MANIFEST, ReleaseError, Releases, read_manifest


def readable_release(releases: Releases, warn: Callable[[str], None]) -> Path:
    """The current release, or the newest readable one where the database of the current one cannot be opened.

    `warn` receives the message about the other release. Raises ReleaseError where none can be opened.
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
                f"the current release {current.name} cannot be opened ({fault}). This result is from {release_id}, the "
                f"newest readable release. List the problems: payung releases verify {current.name}. Repair: payung "
                f"refresh --force, or payung releases rollback {release_id}"
            )
            return folder
    raise ReleaseError(
        f"The current release {current.name} cannot be opened ({fault}), and there is no other release. Make a new one "
        "from the snapshots: payung refresh --force"
    )


def _fault(folder: Path) -> str | None:
    """Why a release cannot be opened; None where it can."""
    if not (folder / MANIFEST).exists():
        return f"{MANIFEST} is missing"
    try:
        read_manifest(folder)
        with reader(folder) as con:
            ids = [row[0] for row in run_query(con, "SELECT release FROM main.release").rows]
    except (QueryError, FormatError) as error:
        return str(error).splitlines()[0].split(". Make a new release")[0]
    except (OSError, ValueError) as error:
        return f"{MANIFEST}: {error}"
    return None if ids == [folder.name] else f"{DATABASE} is of release {', '.join(map(str, ids))}"
