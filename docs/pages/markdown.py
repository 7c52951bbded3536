"""How a made page is put together: tables, codes, and the places between two marks of a page.

Belongs here: Markdown that knows nothing of what it shows. Does not belong here: the contents of any page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from indicator_defs.errors import PayungError

DOCS = Path(__file__).parents[1]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a column may have no head."""
    lines = ["|" + "".join(f" {name} |" if name else " |" for name in head), "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(cell(c) for c in row)} |" for row in rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """A value as it may stand in a cell: on one line, empty for None."""
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """A value set as code; nothing for an empty one."""
    return f"`{value}`" if value not in (None, "") else ""


def placed(name: str, places: Mapping[str, str]) -> dict[str, str]:
    """The page of that name below docs/ with each text in its place, as {name: whole text}."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for place, made in places.items():
        text = filled(text, place, made)
    return {name: text}


def filled(text: str, place: str, made: str) -> str:
    """The text with what is made between `<!-- PLACE: … -->` and `<!-- end of PLACE -->`; PayungError without these."""
    pattern = re.compile(rf"(<!-- {place}: [^>]*-->\n).*?(\n<!-- end of {place} -->)", re.S)
    if not pattern.search(text):
        raise PayungError(f"the marks <!-- {place}: ... --> and <!-- end of {place} --> are missing; restore them.")
    return pattern.sub(lambda m: f"{m[1]}\n{made}\n{m[2]}", text)
