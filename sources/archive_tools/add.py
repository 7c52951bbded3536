"""The command that adds an answer to the archive that ships with the project: files that somebody has downloaded.

Belongs here: the command line, and what it finds out from the files.
Does not belong here: rebuilding answers from gathered figures (build.py), fetching (sources/dataset_refresh.py).

    python -m sources.archive_tools.add PROVIDER DATASET FILE [FILE ...] --vintage DATE --address URL [--note TEXT]
        [--to DIR]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from indicator_defs.errors import PayungError
from sources.archive_tools.rebuilt_answer import add_snapshot
from sources.manifests import Manifest, RawFile, SnapshotError
from sources.registry import dataset, provider
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore


def add_files(
    store: SnapshotStore,
    provider_name: str,
    dataset_name: str,
    files: Sequence[Path],
    vintage: date,
    address: str,
    note: str,
) -> Manifest:
    """Keeps files as they are as a snapshot of one dataset; series and areas are those that the files hold.

    Raises SourceError and ArchiveError for what the provider's parser and YAML do not know, RegistryError for an
    unknown provider or dataset, SnapshotError for a file that cannot be read. The same files are kept once.
    """
    return add_snapshot(
        store,
        provider(provider_name),
        dataset(provider_name, dataset_name),
        [RawFile(path.name, _content(path), address) for path in files],
        vintage_date=vintage,
        address=address,
        note=note or None,
        rebuilt=False,
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m sources.archive_tools.add`; prints the snapshot it has made."""
    line = argparse.ArgumentParser(
        prog="python -m sources.archive_tools.add",
        description="Adds downloaded files to the archive that ships with Payung, as one snapshot with its manifest.",
    )
    line.add_argument("provider", help="name of a file in sources/providers/ without its ending")
    line.add_argument("dataset", help="a dataset that its YAML declares")
    line.add_argument("files", type=Path, nargs="+", help="the answer as the provider sent it; may be packed (.gz)")
    line.add_argument("--vintage", type=date.fromisoformat, required=True, help="day on which this state was published")
    line.add_argument("--address", required=True, help="where the files come from, so that anybody can ask again")
    line.add_argument("--note", default="", help="what a reader must know of this snapshot")
    line.add_argument("--to", type=Path, default=shipped_archive(), help="archive to add to (default: %(default)s)")
    options = line.parse_args(arguments)
    try:
        made = add_files(
            SnapshotStore(options.to),
            options.provider,
            options.dataset,
            options.files,
            options.vintage,
            options.address,
            options.note,
        )
    except PayungError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{made.place}: {made.rows} rows, {len(made.series_asked)} series, {len(made.files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
