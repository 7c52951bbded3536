"""Makes the pages of docs/ that come from the definitions, the table descriptions and a release.

Belongs here: writing and checking all of them. Does not belong here: what stands on them (docs/pages/), and
performance.md (python -m bench).

    python docs/make.py            writes the files
    python docs/make.py --check    writes nothing; exit code 1 and the names of files that are not up to date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pages import (
    data_licences,
    definitions,
    dictionary,
    indicators,
    methods,
    national_format,
    published_aggregates,
    settings,
    sheets,
    target_groups,
)
from pages.markdown import DOCS

from indicator_defs.catalog import Catalog, load_catalog
from indicator_defs.errors import PayungError
from indicator_defs.system import files
from pipelines.home_folder import find_home
from warehouse.release.release_folders import Releases

NEED_A_RELEASE = ("indicators/", "target_groups/", "published_aggregates.md")


def made(release: Path | None = None) -> dict[Path, str]:
    """Every file that is made, with the text it must have; those that need a release only with one."""
    read = load_catalog()
    out = _from_definitions(read)
    if release is not None:
        out += [sheets.pages(read, release), target_groups.pages(read, release), published_aggregates.pages(release)]
    names = [name for pages in out for name in pages]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise PayungError(f"made by two modules of docs/pages: {', '.join(duplicates)}; leave it to one.")
    return {DOCS / name: text for pages in out for name, text in pages.items()}


def _from_definitions(read: Catalog) -> list[dict[str, str]]:
    return [
        dictionary.pages(),
        indicators.pages(read),
        definitions.pages(read),
        methods.pages(read),
        data_licences.pages(),
        national_format.pages(),
        settings.pages(),
    ]


def stale(pages: dict[Path, str]) -> list[Path]:
    """The files that are not there or say something else."""
    return [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main() -> int:
    """Writes the files, or with --check tells which are not up to date; returns the exit code."""
    parser = argparse.ArgumentParser(description="Keeps the pages of docs/ that are made, and the tables on them.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is out of date")
    only_check = parser.parse_args().check
    try:
        release = Releases(find_home().path).current()
        pages = made(release)
    except PayungError as error:
        print(f"docs/make.py: {error}", file=sys.stderr)
        return 1
    if release is None:
        left = ", ".join(f"docs/{name}" for name in NEED_A_RELEASE)
        print(f"left as they are: {left}; they are made from a release, so run payung refresh first")
    found = stale(pages)
    for path in found:
        if not only_check:
            files.write(path, pages[path])
        outcome = "is not up to date; run python docs/make.py" if only_check else "written"
        print(f"docs/{path.relative_to(DOCS).as_posix()} {outcome}")
    return 1 if only_check and found else 0


if __name__ == "__main__":
    sys.exit(main())
