"""The command that adds downloaded files to the archive, with an answer of every downloaded dataset."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from messages import assert_reports
from provider_sample import fetched_datasets, small_answer

from sources.archive_tools.add import main
from sources.manifests import Manifest
from sources.registry import dataset, parse_snapshot, providers
from sources.shipped_archive import archive_folders
from sources.snapshots import SnapshotStore

ADDRESS = "https://example.org/answer"


def download(path: str, archive: SnapshotStore, archived: dict[str, Manifest], to: Path) -> tuple[Path, int]:
    """A small answer as a downloaded file, and its number of rows."""
    small = small_answer(dataset(*path.split("/")), archive, archived[path])
    file = to / small.file
    file.write_bytes(small.body)
    return file, small.rows


@pytest.mark.parametrize("path", [f.spec.path for f in fetched_datasets()])
def test_downloaded_answer_becomes_a_snapshot(
    path: str, archive: SnapshotStore, archived: dict[str, Manifest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rows = download(path, archive, archived, tmp_path)
    to = tmp_path / "archive"
    arguments = [*path.split("/"), str(file), "--vintage", "2024-01-31", "--address", ADDRESS, "--to", str(to)]
    assert main(arguments) == 0
    (folder,) = archive_folders(to)
    assert (folder / file.name).read_bytes() == file.read_bytes(), "unchanged"
    store = SnapshotStore(to)
    (manifest,) = store.list()
    assert capsys.readouterr().out.startswith(f"{manifest.place}: {rows} rows")
    assert (manifest.vintage_date, manifest.address, manifest.rebuilt, manifest.note) == (
        date(2024, 1, 31),
        ADDRESS,
        False,
        None,
    )
    parsed = parse_snapshot(store, manifest)
    assert (len(parsed.frame), parsed.warnings) == (rows, [])
    assert main(arguments) == 0
    assert store.list() == [manifest], "the same files are stored once"


def test_invalid_arguments_and_files_are_reported(
    archive: SnapshotStore, archived: dict[str, Manifest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A CSV file of one provider is invalid for another, which sends JSON.
    csv, paged = (next(f for f in fetched_datasets() if f.is_paged is paged) for paged in (False, True))
    file, _ = download(csv.spec.path, archive, archived, tmp_path)
    to = tmp_path / "archive"
    more = ["--vintage", "2024-01-31", "--address", ADDRESS, "--to", str(to)]
    for given, fragments in (
        (["who", "X", str(file)], ["unknown source 'who'", *providers()]),
        ([csv.provider, "X", str(file)], [f"unknown dataset 'X' of {csv.provider}"]),
        ([*csv.which, str(tmp_path / "none.csv")], ["none.csv: cannot be read: No"]),
        ([*paged.which, str(file)], ["column 1: invalid JSON"]),
    ):
        assert main([*given, *more]) == 1
        assert_reports(capsys.readouterr().err, found=fragments)
    assert not to.exists() or not list(to.rglob("*.*")), "nothing is stored"
