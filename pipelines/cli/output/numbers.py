"""Small pieces of text that several answers are made of. Imports nothing.

Belongs here: what two modules would otherwise each write for themselves. Does not belong here: sentences of one answer.
"""

from __future__ import annotations


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters; what is left out shows as three points."""
    return text if len(text) <= most else text[: most - 3] + "..."


def all_digits(value: float) -> str:
    """A number as it is stored: what is printed can be read back; whole numbers without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
