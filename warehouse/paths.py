"""Names of folders that the engine cannot open, refused before any work begins. Imports nothing heavy."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from indicator_defs.errors import PayungError

# Where Dagster opens its log, this is read as one character.
_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
# The engine takes ? for the beginning of options and \ for a separator of folders, also where they are escaped.
_TAKEN = {"?": "a question mark", "\\": "a backslash"}


class PathError(PayungError):
    """The name of a folder holds a character that the engine cannot open."""


def refuse_unusable(folder: Path, what: str) -> None:
    """Raises PathError where a release in this folder could not be opened. `what`: the folder in words ("The home")."""
    for character in str(folder):
        named = _TAKEN.get(character)
        if named is None and (unicodedata.category(character) in ("Cc", "Cs")):
            named = f"the character U+{ord(character):04X}"
        if named is not None:
            raise _refused(folder, what, named)
    if _ENCODED.search(str(folder)):
        raise _refused(folder, what, "a percent sign before two digits or letters")


def _refused(folder: Path, what: str, named: str) -> PathError:
    return PathError(
        f"{what} {str(folder)!r} holds {named} in its name, with which its files cannot be opened. "
        "Rename the folder, or choose another one."
    )
