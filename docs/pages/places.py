"""Generated text in pages that people write: the places between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from indicator_defs.errors import PayungError

DOCS = Path(__file__).parents[1]


def placed(name: str, places: Mapping[str, str]) -> dict[str, str]:
    """The page of that name in docs/ with each text in its place, as {name: whole text}."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for place, generated in places.items():
        text = filled(text, place, generated)
    return {name: text}


def filled(text: str, place: str, generated: str) -> str:
    """The text with `generated` between `<!-- PLACE: … -->` and `<!-- end of PLACE -->`; PayungError without these."""
    pattern = re.compile(rf"(<!-- {place}: [^>]*-->\n).*?(\n<!-- end of {place} -->)", re.S)
    if not pattern.search(text):
        raise PayungError(
            f"found no marks <!-- {place}: ... --> and <!-- end of {place} -->, expected both; restore them in the page"
        )
    return pattern.sub(lambda m: f"{m[1]}\n{generated}\n{m[2]}", text)
