"""Markdown that is the same for every page: tables, cells and code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a column may have no heading."""
    lines = ["|" + "".join(f" {name} |" if name else " |" for name in head), "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(cell(c) for c in row)} |" for row in rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """A value as the text of a cell: one line, empty for None."""
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """A value as code; empty for an empty value."""
    return f"`{value}`" if value not in (None, "") else ""
