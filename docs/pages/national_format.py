"""docs/national_format.md: the columns of the national format, in order, from sources/providers/national.yaml."""

from __future__ import annotations

from sources.registry import dataset
from warehouse.export.docs.markdown import code, table

from .places import placed

HEAD = ["column", "required", "may be empty", "contents", "code list"]


def pages() -> dict[str, str]:
    """The page with its table of columns."""
    rows = (
        [
            code(c.published_as),
            "yes" if c.required else "no",
            "yes" if c.nullable else "no",
            c.description.rstrip("."),
            code(c.codelist and f"{c.codelist}.csv"),
        ]
        for c in dataset("national", "submissions").columns
    )
    return placed("national_format.md", {"columns": table(HEAD, rows)})
