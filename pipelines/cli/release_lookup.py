"""Finds the release, area and indicator that the arguments of a command name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indicator_defs.errors import WrongUseError
from pipelines.cli.output.printing import show_problems

if TYPE_CHECKING:
    from assets.home import Home


class UnknownCodeError(WrongUseError):
    """An option or argument names a code that the release does not have; the message lists similar codes."""


def requested_release(home: Home, release_id: str | None) -> Path:
    """The release of this ID; without an ID the current one, or the newest readable one if that cannot be opened."""
    from warehouse.release.release_folders import Releases

    releases = Releases(home.path)
    if release_id is not None:
        return releases.find(release_id)
    from warehouse.query.readable_release import readable_release

    return readable_release(releases, lambda problem: show_problems([problem]))


def area_code(release: Path, given: str | None) -> str | None:
    """The code of an area given by code or by any of its names; a note on stderr names it. Raises UnknownCodeError."""
    return _code(release, "area", given)


def indicator_code(release: Path, given: str | None) -> str | None:
    """The code of an indicator given by code or by name; a note on stderr names it. Raises UnknownCodeError."""
    return _code(release, "indicator", given)


def _code(release: Path, kind: str, given: str | None) -> str | None:
    if given is None:
        return None
    from warehouse.query import release_codes
    from warehouse.query.read_only import reader

    with reader(release) as con:
        names = release_codes.areas(con) if kind == "area" else release_codes.indicators(con)
    found = release_codes.find_code(names, kind, given, UnknownCodeError)
    if found.note:
        show_problems([f"{found.note}."])
    return found.code
