"""Writes the generated pages of docs/, and the generated tables on pages that people write.

Belongs here: writing and checking all of them. Does not belong here: their contents (docs/pages/), performance.md
(python -m bench), and the pages that come with a release (payung export --only docs).

    python docs/make.py            writes the files
    python docs/make.py --check    writes nothing; exit code 1 and the names of files that are out of date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pages import definitions, indicators, methods, national_format, settings
from pages.places import DOCS

from indicator_defs.catalog import load_catalog
from indicator_defs.errors import PayungError
from indicator_defs.system import files


def generated() -> dict[Path, str]:
    """The text that each generated file must have."""
    catalog = load_catalog()
    by_module = [
        indicators.pages(catalog),
        definitions.pages(catalog),
        methods.pages(catalog),
        national_format.pages(),
        settings.pages(),
    ]
    names = [name for pages in by_module for name in pages]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise PayungError(
            f"found two modules of docs/pages that write {', '.join(duplicates)}, expected one; remove it from one of them"
        )
    return {DOCS / name: text for pages in by_module for name, text in pages.items()}


def out_of_date(pages: dict[Path, str]) -> list[Path]:
    """The files that are missing or have another text."""
    return [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main() -> int:
    """Writes the files, or with --check lists those that are out of date; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Writes the generated pages of docs/ and the generated tables on others."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file is out of date")
    only_check = parser.parse_args().check
    try:
        pages = generated()
    except PayungError as error:
        print(f"docs/make.py: {error}", file=sys.stderr)
        return 1
    found = out_of_date(pages)
    for path in found:
        if not only_check:
            files.write(path, pages[path])
        outcome = "is out of date; run python docs/make.py" if only_check else "written"
        print(f"docs/{path.relative_to(DOCS).as_posix()} {outcome}")
    return 1 if only_check and found else 0


if __name__ == "__main__":
    sys.exit(main())
