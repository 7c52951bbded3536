"""Refuses folder names that the engine cannot open, before any work begins. Imports nothing heavy."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from indicator_defs.errors import PayungError

# Dagster decodes this as one character when it opens its log.
_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
# The engine reads ? as the beginning of options and \ as a separator of folders, even where they are escaped.
_SPECIAL = {"?": "a question mark", "\\": "a backslash"}


class PathError(PayungError):
    """The name of a folder contains a character that the engine cannot open."""


def refuse_unusable(folder: Path, what: str) -> None:
    """Raises PathError where a release in this folder could not be opened. `what`: the folder in words ("The home")."""
    for character in str(folder):
        description = _SPECIAL.get(character)
        if description is None and (unicodedata.category(character) in ("Cc", "Cs")):
            description = f"the character U+{ord(character):04X}"
        if description is not None:
            raise _refused(folder, what, description)
    if _ENCODED.search(str(folder)):
        raise _refused(folder, what, "a percent sign before two digits or letters")


def _refused(folder: Path, what: str, description: str) -> PathError:
    return PathError(
        f"{what} {str(folder)!r} has {description} in its path, so its files cannot be opened. "
        "Rename the folder, or choose another one."
    )
