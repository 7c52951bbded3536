"""The search for a code: by code, by name, and by other usual and former names.

Every command, message and check uses this search. The names themselves are in codelists/area.csv and the other
definitions.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_ARTICLES = re.compile(r"^(the|kingdom of|republic of|republic of the) ")
# Shorter texts are not compared by spelling: codes of three letters often differ in one letter only.
_MINIMUM_LETTERS = 4
_MINIMUM_SIMILARITY = 0.8


def normalised(text: str) -> str:
    """The text in lower case and without accents; every run of other characters than letters and digits is one space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
    return " ".join("".join(c if c.isalnum() else " " for c in plain.replace("&", " and ").casefold()).split())


def search_key(text: str) -> str:
    """The letters and digits of a text, so that Vietnam equals Viet Nam; a number loses its leading zeros."""
    key = normalised(text).replace(" ", "")
    return key.lstrip("0") or key if key.isdigit() else key


@dataclass(frozen=True)
class Names:
    """Codes with their names and other names."""

    names: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def texts(self, code: str) -> tuple[str, ...]:
        """All texts that identify a code."""
        return (code, self.names[code], *self.others.get(code, ()))

    def find(self, given: str) -> str | None:
        """The code that a text identifies by code, name or other name, in upper or lower case; None if not exactly one."""
        if given in self.names:
            return given
        key = search_key(given)
        found = [c for c in self.names if key and key == search_key(c)]
        found = found or [c for c in self.names if key and any(key == search_key(text) for text in self.texts(c))]
        return found[0] if len(found) == 1 else None

    def similar(self, given: str, most: int = 5) -> list[str]:
        """The code that the text identifies, else the codes with a similar code or name, most similar first."""
        code = self.find(given)
        if code is not None:
            return [code]
        words, key = normalised(given), search_key(given)
        if len(key) < _MINIMUM_LETTERS:
            return []
        scored = []
        for code in self.names:
            score = max(_similarity(words, key, text) for text in self.texts(code))
            if score >= _MINIMUM_SIMILARITY:
                scored.append((-score, code))
        return [code for _, code in sorted(scored, key=lambda s: s[0])][:most]

    def label(self, code: str) -> str:
        """The code with its name: MMR (Myanmar)."""
        return f"{code} ({self.names[code]})" if self.names[code] else code

    def hint(self, given: str) -> str:
        """The hint for a text that is not a code: the code it identifies, or similar codes; empty if there are none."""
        code = self.find(given)
        if code is not None:
            return f"{given} is {self.label(code)}"
        return similar_codes(self.label(c) for c in self.similar(given))


def similar_codes(codes: Iterable[str]) -> str:
    """The part of a message that lists similar codes; empty if there are none."""
    text = "; ".join(codes)
    return f"similar codes: {text}" if text else ""


def _similarity(words: str, key: str, text: str) -> float:
    """The similarity of two texts, from 0 to 1; it is 1 if one begins with the other or contains its words."""
    name, other = normalised(text), search_key(text)
    if len(other) < _MINIMUM_LETTERS:
        return 0.0
    if other.startswith(key) or f" {words} " in f" {name} " or f" {name} " in f" {words} ":
        return 1.0
    if words in name and len(words) > _MINIMUM_LETTERS:
        return 0.95
    bare, bare_name = _ARTICLES.sub("", words), _ARTICLES.sub("", name)
    return difflib.SequenceMatcher(None, bare.replace(" ", ""), bare_name.replace(" ", "")).ratio()


def split_names(cell: str) -> tuple[str, ...]:
    """The names in a cell of the column also_known_as, separated by vertical bars."""
    return tuple(name.strip() for name in cell.split("|")) if cell.strip() else ()


def area_names(rows: Iterable[Mapping[str, object]], code: str = "ref_area") -> Names:
    """The search for areas, from rows with `code`, name and, if present, short_name, iso2, m49, also_known_as."""
    names: dict[str, str] = {}
    others: dict[str, tuple[str, ...]] = {}
    for row in rows:
        area = str(row[code])
        names[area] = str(row["name"])
        more = split_names(str(row.get("also_known_as") or ""))
        others[area] = tuple(str(row[c]) for c in ("short_name", "iso2", "m49") if row.get(c)) + more
    return Names(names, others)
