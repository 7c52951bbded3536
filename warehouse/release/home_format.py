"""The format of a home: a number, so that a home written by a newer Payung is refused and not misread.

Belongs here: the number, reading it, writing it. Does not belong here: anything that needs an engine; every command
asks this first.

Raise FORMAT when an older Payung could no longer read a home or a release rightly: another meaning of a manifest's
field, another place of a file, another shape of a snapshot. New fields and new tables need no new number.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError
from indicator_defs.system import files

FORMAT = 1
FILE = "format.json"


class FormatError(PayungError):
    """The home or a release was written by a newer Payung, or its format cannot be read."""


def refuse_newer(home: Path) -> None:
    """Raises FormatError where the home was written by a newer Payung; a home without a number is of the first format."""
    path = home / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # a new home, or one of the first format
        return
    except (OSError, ValueError) as error:
        raise FormatError(
            f'{path} cannot be read: {error}. Expected the format of the home, such as {{"format": {FORMAT}}}. '
            "Restore it from the back-up; nothing was changed."
        ) from error
    refuse(content, str(home))


def refuse(content: Any, place: str) -> None:
    """Raises FormatError where `content` (of format.json or of a manifest) names a newer format."""
    number = content.get("format", 1) if isinstance(content, dict) else None
    if not isinstance(number, int):
        raise FormatError(f"{place}: the format is {number!r}, expected a whole number up to {FORMAT}.")
    if number > FORMAT:
        version = content.get("code_version") or "newer"
        raise FormatError(
            f"{place} was written by a newer Payung (format {number}, version {version}); this one reads formats up to "
            f"{FORMAT}. Install that version, or set PAYUNG_HOME to another folder. Nothing was changed."
        )


def mark(home: Path, code_version: str) -> None:
    """Writes the format of the home where it is not written yet, in one step."""
    path = home / FILE
    if path.exists():
        return
    files.write(path, json.dumps({"format": FORMAT, "code_version": code_version}) + "\n")
