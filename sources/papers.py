"""Keeps the tables in docs/ that the provider files know: licences, and the columns of the national format.

Belongs here: writing such a table into its place between two marks of a Markdown file.
Does not belong here: the text around it, which people write.

    python -m sources.papers [DOCS_DIR]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from indicator_defs.errors import PayungError
from sources.registry import dataset, providers

DOCS = Path(__file__).parents[1] / "docs"


def licences() -> str:
    """Markdown: one section per provider with its datasets, licence, attribution and how vintages are dated."""
    parts = []
    for spec in providers().values():
        lines = [
            f"### {spec.title} (`{spec.provider}`)",
            "",
            "| | |",
            "|---|---|",
            f"| published by | {spec.producer} |",
            f"| datasets | {'; '.join(f'`{d.dataset}` {d.title}' for d in spec.datasets)} |",
            f"| licence | {spec.licence} |",
            f"| attribution | {spec.attribution} |",
            f"| terms | {spec.terms_url or 'ask the publisher'} |",
            f"| date of a vintage | {spec.vintage_rule} |",
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def national_columns() -> str:
    """Markdown: the columns of the national format, in order."""
    lines = ["| column | must be there | may be empty | what stands in it | code list |", "|---|---|---|---|---|"]
    for c in dataset("national", "submissions").columns:
        description = c.description.rstrip(".").replace("|", "\\|")
        lines.append(
            f"| `{c.published_as}` | {'yes' if c.required else 'no'} | {'yes' if c.nullable else 'no'} "
            f"| {description} | {f'`{c.codelist}.csv`' if c.codelist else ''} |"
        )
    return "\n".join(lines)


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "data_licences.md": ("licences", licences),
    "national_format.md": ("columns", national_columns),
}


def filled(text: str, name: str, table: str) -> str:
    """The text with the table between its marks; PayungError when the marks are not there."""
    pattern = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(\n<!-- end of {name} -->)", re.S)
    if not pattern.search(text):
        raise PayungError(f"the marks <!-- {name}: ... --> and <!-- end of {name} --> are missing; restore them.")
    return pattern.sub(lambda m: f"{m[1]}\n{table}\n{m[2]}", text)


def main(docs: Path = DOCS) -> int:
    """Writes the tables into the files of docs/ that hold them."""
    for file, (name, table) in TABLES.items():
        path = docs / file
        path.write_text(filled(path.read_text(encoding="utf-8"), name, table()), encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(*[Path(a) for a in sys.argv[1:2]]))
