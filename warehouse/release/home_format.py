"""The format number of a home: a home that a newer Payung wrote is refused and not misread.

Every command checks it first, so this module imports nothing that loads an engine.

Raise FORMAT when an older Payung could no longer read a home or a release correctly: a field of a manifest has another
meaning, a file is in another place, a snapshot has another structure. New fields and new tables need no new number.
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
    """Raises FormatError where a newer Payung wrote the home; a home without a number has the first format."""
    path = home / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # a new home, or one with the first format
        return
    except (OSError, ValueError) as error:
        raise FormatError(
            f'{path} cannot be read: {error}. Expected the format of the home, such as {{"format": {FORMAT}}}. '
            "Restore it from the back-up; nothing was changed."
        ) from error
    refuse(content, str(home))


def refuse(content: Any, place: str) -> None:
    """Raises FormatError where `content` (of format.json or of a manifest) has a newer format."""
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
    """Writes the format of the home in one step, unless it is written already."""
    path = home / FILE
    if path.exists():
        return
    files.write(path, json.dumps({"format": FORMAT, "code_version": code_version}) + "\n")
