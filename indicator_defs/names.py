"""Which code a text means, and which codes are near it: by code, by name, and by usual and former names.

Belongs here: the one search that every command, message and check uses. Does not belong here: the names themselves
(codelists/area.csv and the other definitions).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_ARTICLES = re.compile(r"^(the|kingdom of|republic of|republic of the) ")
# Shorter codes differ in one letter from those of other countries, so their spelling says nothing.
_LEAST_LETTERS = 4
_ALIKE = 0.8


def normalised(text: str) -> str:
    """A text as names are compared: small letters without accents; what is no letter or digit is one blank."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
    return " ".join("".join(c if c.isalnum() else " " for c in plain.replace("&", " and ").casefold()).split())


def meaning(text: str) -> str:
    """The letters and digits of a text, so that Vietnam is Viet Nam; of a number no leading zeros."""
    key = normalised(text).replace(" ", "")
    return key.lstrip("0") or key if key.isdigit() else key


@dataclass(frozen=True)
class Names:
    """Codes with their names, and with other names that lead to them."""

    names: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def texts(self, code: str) -> tuple[str, ...]:
        """All texts that mean a code."""
        return (code, self.names[code], *self.others.get(code, ()))

    def meant(self, given: str) -> str | None:
        """The one code that a text means: the code in any letters, its name, or another name of it; None otherwise."""
        if given in self.names:
            return given
        key = meaning(given)
        found = [c for c in self.names if key and key == meaning(c)]
        found = found or [c for c in self.names if key and any(key == meaning(text) for text in self.texts(c))]
        return found[0] if len(found) == 1 else None

    def near(self, given: str, most: int = 5) -> list[str]:
        """The codes that may have been meant, the most alike first: one that is meant, or those of like names."""
        meant = self.meant(given)
        if meant is not None:
            return [meant]
        words, key = normalised(given), meaning(given)
        if len(key) < _LEAST_LETTERS:
            return []
        scored = []
        for code in self.names:
            score = max(_likeness(words, key, text) for text in self.texts(code))
            if score >= _ALIKE:
                scored.append((-score, code))
        return [code for _, code in sorted(scored, key=lambda s: s[0])][:most]

    def shown(self, code: str) -> str:
        """A code with its name: MMR (Myanmar)."""
        return f"{code} ({self.names[code]})" if self.names[code] else code

    def advice(self, given: str) -> str:
        """What to say of a text that is no code: the code that it means, or those near it; nothing where none is."""
        meant = self.meant(given)
        if meant is not None:
            return f"{given} is {self.shown(meant)}"
        near = self.near(given)
        return f"near it: {'; '.join(self.shown(c) for c in near)}" if near else ""


def _likeness(words: str, key: str, text: str) -> float:
    """How alike a text given and a name are, from 0 to 1: 1 where one is the beginning of, or words within, the other."""
    name, other = normalised(text), meaning(text)
    if len(other) < _LEAST_LETTERS:
        return 0.0
    if other.startswith(key) or f" {words} " in f" {name} " or f" {name} " in f" {words} ":
        return 1.0
    if words in name and len(words) > _LEAST_LETTERS:
        return 0.95
    bare, bare_name = _ARTICLES.sub("", words), _ARTICLES.sub("", name)
    return difflib.SequenceMatcher(None, bare.replace(" ", ""), bare_name.replace(" ", "")).ratio()


def split_names(cell: str) -> tuple[str, ...]:
    """The names in a cell of the column also_known_as, which vertical bars separate."""
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
