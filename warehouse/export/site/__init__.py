"""The static site of a release: plain HTML that needs no server, with charts, tables, downloads and a search.

Belongs here: writing the folder of the site and replacing the previous one.
Does not belong here: the list of pages (pages.py), their content (content.py, value_texts.py, table_cells.py,
indicator_chart.py) and their layout (templates, static).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from warehouse.disk import discard, replace_folder
from warehouse.export.export_files import ExportError, make_folder, unwritable
from warehouse.export.release_reader import ReleaseReader
from warehouse.export.site.content import Content
from warehouse.export.site.pages import Site

STATIC = Path(__file__).parent / "static"
# Contains the release of the site; its presence shows that Payung made the folder and may replace it.
MARK = "release.txt"


def write_site(reader: ReleaseReader, folder: Path) -> Path:
    """Writes the site into `folder` and returns its home page.

    The site is built in a temporary folder, which then replaces `folder` with all its files: a reader sees either the
    old or the new site. Raises ExportError if `folder` contains anything but such a site, or cannot be written.
    """
    if folder.exists() and not (folder / MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(
            f"{folder} exists and is not a site made by Payung (it has no {MARK}). The export replaces the whole folder: "
            "move the folder, or choose another one with --to."
        )
    make_folder(folder.parent)
    temporary_folder = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        discard(temporary_folder)
        temporary_folder.mkdir()
        for name in ("indicator", "country", "group", "data"):
            (temporary_folder / name).mkdir()
        for path in sorted(STATIC.iterdir()):
            shutil.copyfile(path, temporary_folder / path.name)
        for name, text in Site(Content(reader)).files():
            (temporary_folder / name).write_text(text, encoding="utf-8", newline="\n")
        (temporary_folder / MARK).write_text(f"{reader.release_id}\n", encoding="utf-8")
        replace_folder(folder, temporary_folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        discard(temporary_folder)
    return folder / "index.html"


def shown_release(folder: Path) -> str | None:
    """The release that a site shows; None if the folder is not a site."""
    mark = folder / MARK
    return mark.read_text(encoding="utf-8").strip() if mark.is_file() else None
