"""The command `python -m bench`: runs the measurements and writes the tables of docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench import growth, queries, readers, reading, refresh, report
from bench.grow import WAYS
from bench.measure import ROOT, BenchError, remove
from indicator_defs.errors import PayungError


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures the commands and the SQL of Payung and writes the tables of docs/performance.md.",
        epilog="Example: python -m bench --only growth --rows 1000000 --no-write",
    )
    parser.add_argument(
        "--only",
        choices=["commands", "reading", "growth", "queries", "readers"],
        help="run only this part; default: all",
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="*",
        default=[1_000_000, 10_000_000],
        help="staged rows, in addition to the real size",
    )
    parser.add_argument(
        "--observations",
        type=int,
        nargs="*",
        default=[1_000_000],
        help="sizes for the queries, next to the real one",
    )
    parser.add_argument(
        "--ways",
        nargs="*",
        choices=WAYS,
        default=list(WAYS),
        help="how the input is made larger; years and vintages only for the smallest size",
    )
    parser.add_argument("--times", type=int, default=3, help="runs of each command; shows the median (default 3)")
    parser.add_argument(
        "--memory",
        type=float,
        nargs="+",
        default=[8],
        help="memory limit of the SQL engine in GB, one for each of --rows; the last one applies to the rest (default 8)",
    )
    parser.add_argument(
        "--each",
        action="store_true",
        help="run pandas with a function for each figure at large sizes too (twenty minutes at ten million rows)",
    )
    parser.add_argument("--home", type=Path, help="working folder, not removed afterwards; default: a temporary folder")
    parser.add_argument("--no-write", action="store_true", help="print the tables without writing docs/performance.md")
    return parser


def main() -> int:
    """Runs the measurements that the arguments select; returns the exit code."""
    options = parser()
    arguments = options.parse_args()
    if len(arguments.memory) > max(1, len(arguments.rows)):
        options.error(
            f"found {len(arguments.memory)} values of --memory, expected at most one for each of the "
            f"{len(arguments.rows)} of --rows"
        )
    folder = (arguments.home or Path(tempfile.mkdtemp(prefix="payung-bench-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, str] = {}
    try:
        if arguments.only in (None, "reading"):
            tables["reading"] = report.reading(reading.measure(folder, arguments.times), arguments.times)
            print(tables["reading"])
        if arguments.only in (None, "commands"):
            commands = refresh.measure(folder, arguments.times)
            tables["commands"] = report.commands(commands, arguments.times)
            print(tables["commands"])
        release = refresh.release_in(folder) if arguments.only in (None, "queries", "growth", "readers") else folder
        if arguments.only in (None, "queries"):
            tables["queries"] = report.queries(queries.measure_all(release, folder, sorted(arguments.observations)))
            print(tables["queries"])
        if arguments.only in (None, "growth"):
            found = growth.measure(release, folder, arguments.rows, arguments.ways, arguments.memory, arguments.each)
            tables["growth"] = report.growth(found)
            print(tables["growth"])
        if arguments.only in (None, "readers"):
            tables["readers"] = report.readers(readers.measure(release.parent.parent))
            print(tables["readers"])
        if not arguments.no_write:
            report.write(ROOT / "docs" / "performance.md", tables)
    except (BenchError, PayungError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    finally:
        if arguments.home is None:
            remove(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
