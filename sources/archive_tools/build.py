"""The command that builds the archive that ships with the project.

python -m sources.archive_tools.build FIGURES_DIR [--to DIR] [--areas FILE]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from indicator_defs.errors import PayungError
from sources.archive_tools.rebuild import build
from sources.shipped_archive import shipped_archive


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m sources.archive_tools.build`; prints one line per snapshot."""
    line = argparse.ArgumentParser(
        prog="python -m sources.archive_tools.build", description="Builds the archive that ships with Payung."
    )
    line.add_argument("figures", type=Path, help="folder with unsd/, worldbank/, ilo/ and wpp/ of gathered figures")
    line.add_argument("--to", type=Path, default=shipped_archive(), help="folder to write (default: %(default)s)")
    line.add_argument(
        "--areas",
        type=Path,
        default=None,
        help="the World Bank's countries (default: FIGURES/../codelists/world_bank_countries_2026-01.csv)",
    )
    options = line.parse_args(arguments)
    try:
        manifests = build(options.figures, options.to, options.areas)
    except PayungError as error:
        print(error, file=sys.stderr)
        return 1
    total = 0
    for m in manifests:
        size = sum(f.bytes for f in m.files)
        total += size
        print(f"{m.place}: {m.rows} rows, {len(m.series_asked)} series, {len(m.files)} files, {size / 1024:.0f} kB")
    print(f"{options.to}: {len(manifests)} snapshots, {total / 1024:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
