"""The command that adds downloaded files to the archive that ships with the project.

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
    """Stores files unchanged as a snapshot of one dataset; its series and areas are those of the files.

    Raises SourceError and ArchiveError for content that the provider's parser or YAML file does not know, RegistryError
    for an unknown provider or dataset, SnapshotError for a file that cannot be read. The same files are stored once.
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
        raise SnapshotError(f"{path}: cannot be read: {error.strerror or error}. Check the path.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m sources.archive_tools.add`; prints the new snapshot."""
    line = argparse.ArgumentParser(
        prog="python -m sources.archive_tools.add",
        description="Adds downloaded files to the archive that ships with Payung, as one snapshot with its manifest.",
    )
    line.add_argument("provider", help="name of a file in sources/providers/ without its ending")
    line.add_argument("dataset", help="a dataset of its YAML file")
    line.add_argument("files", type=Path, nargs="+", help="the answer as the provider sent it, also as .gz")
    line.add_argument("--vintage", type=date.fromisoformat, required=True, help="publication date of this vintage")
    line.add_argument("--address", required=True, help="address from which the files were downloaded")
    line.add_argument("--note", default="", help="limitations of this snapshot, for readers")
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
