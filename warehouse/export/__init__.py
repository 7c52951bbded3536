"""The exports of a release: workbook, CSV, Parquet, figures, a static site and pages in Markdown.

Belongs here: the public function `export` and the list of kinds.
Does not belong here: reading the release (release_reader.py), the workbook (release_workbook.py, sheet_writer.py,
contents_sheet.py, workbook_tabs.py), its notes and metadata sheets, which the site and the pages show too
(reading_notes.py, metadata_sheet.py), texts that several exports share (labels.py), the data packages (data_package.py),
the figures (report_figures.py), the site (site/), the pages (docs/), the command line (pipelines).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from indicator_defs.errors import WrongUseError
from warehouse.export.export_files import ExportError, make_folder
from warehouse.export.release_reader import open_release

KINDS = ("xlsx", "csv", "parquet", "figures", "site", "docs")

__all__ = ["KINDS", "ExportError", "UnknownKindError", "export"]


class UnknownKindError(ExportError, WrongUseError):
    """A kind of export that does not exist."""


def export(release: Path, to: Path, only: Collection[str] | None = None) -> list[Path]:
    """Writes the exports of a release into the folder `to` and returns the paths of the files, in the order of writing.

    `release`: a folder with warehouse.duckdb and manifest.json. `only`: some of KINDS; None or empty means all.
    Files: payung_ID.xlsx; csv/ and parquet/ with one file per table and datapackage.json; figures/ with PNG and SVG;
    site/ and docs/, for which only the first page is returned. Each file is written to a temporary name and then renamed;
    a file of the same name is replaced, other files are not touched. The site is replaced as one folder.
    Raises UnknownKindError, and ExportError if `release` is not a release or `to` cannot be written.
    """
    kinds = tuple(k for k in KINDS if not only or k in only)
    unknown = sorted(set(only or ()) - set(KINDS))
    if unknown:
        raise UnknownKindError(
            f"Unknown kind of export: {', '.join(unknown)}. Expected one or more of {', '.join(KINDS)}."
        )
    files: list[Path] = []
    with open_release(release) as reader:
        make_folder(to)
        # Imported only when needed: loading openpyxl or matplotlib takes as long as writing a small export.
        if "xlsx" in kinds:
            from warehouse.export.release_workbook import write_workbook

            files.append(write_workbook(reader, to))
        for kind in ("csv", "parquet"):
            if kind in kinds:
                from warehouse.export.data_package import write_package

                files.extend(write_package(reader, to / kind, kind))
        if "figures" in kinds:
            from warehouse.export.report_figures import write_figures

            files.extend(write_figures(reader, to / "figures"))
        if "site" in kinds:
            from warehouse.export.site import write_site

            files.append(write_site(reader, to / "site"))
        if "docs" in kinds:
            from warehouse.export.docs import write_docs

            files.append(write_docs(reader, to / "docs"))
    return files
