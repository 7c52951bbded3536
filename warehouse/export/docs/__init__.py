"""The pages of a release in Markdown: metadata sheets, target groups, dictionary, licences, published aggregates.

Belongs here: which pages there are, and writing them. Everything on them comes from the release, so that an older release
has pages of its own. Does not belong here: pages that people need before there is a release (docs/), the site (site/).
"""

from __future__ import annotations

from pathlib import Path

from warehouse.export.docs import (
    data_dictionary,
    data_licences,
    metadata_sheets,
    published_aggregates,
    target_groups,
)
from warehouse.export.docs.markdown import table
from warehouse.export.export_files import written_aside
from warehouse.export.release_reader import ReleaseReader

# Each page of the index with what it answers.
INDEX = (
    (
        "indicators/README.md",
        "Metadata sheets",
        "what each indicator measures, from which sources and with which limits",
    ),
    (
        "target_groups/README.md",
        "Target groups",
        "which indicators are about each group, and how many Member States have values",
    ),
    ("dictionary.md", "Data dictionary", "every table, column and macro of the database"),
    ("data_licences.md", "Licences and attributions", "under which terms figures may be used, and how to cite them"),
    (
        "published_aggregates.md",
        "Regional figures of the UN and the ILO",
        "how they differ from ours, with the likely reason",
    ),
)


def write_docs(reader: ReleaseReader, folder: Path) -> Path:
    """Writes the pages into `folder` and returns the index. Raises ExportError when the folder cannot be written."""
    for name, text in pages(reader).items():
        with written_aside(folder / name) as aside:
            aside.write_text(text, encoding="utf-8", newline="\n")
    return folder / "README.md"


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The text of each page by its path; the index comes first."""
    return {
        "README.md": _index(reader),
        **metadata_sheets.pages(reader),
        **target_groups.pages(reader),
        **data_dictionary.pages(reader),
        **data_licences.pages(reader),
        **published_aggregates.pages(reader),
    }


def _index(reader: ReleaseReader) -> str:
    rows = ([f"[{title}]({path})", about] for path, title, about in INDEX)
    parts = [
        f"# Pages of release {reader.release_id}",
        "For readers and users of the figures of this release. Everything on these pages comes from the release itself.",
        table(["page", "what it answers"], rows),
        f"How to cite: {reader.citation}",
    ]
    return "\n\n".join(parts) + "\n"
