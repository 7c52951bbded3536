"""docs/national_format.md: the columns of the national format, in order, from sources/providers/national.yaml.

Belongs here: the table of columns. Does not belong here: how to fill and send a file, which people write.
"""

from __future__ import annotations

from sources.registry import dataset

from .markdown import code, placed, table

HEAD = ["column", "must be there", "may be empty", "what stands in it", "code list"]


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
