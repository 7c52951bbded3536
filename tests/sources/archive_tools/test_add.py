"""The command that adds downloaded files to the archive, on answers of every provider that ships."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from provider_sample import fetched_datasets, small_answer

from sources.archive_tools.add import main
from sources.manifests import Manifest
from sources.registry import dataset, parse_snapshot, providers
from sources.shipped_archive import archive_folders
from sources.snapshots import SnapshotStore

ADDRESS = "https://example.org/answer"


def download(path: str, archive: SnapshotStore, archived: dict[str, Manifest], to: Path) -> tuple[Path, int]:
    """An answer as it would be downloaded, and how many rows it has."""
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
    assert (folder / file.name).read_bytes() == file.read_bytes(), "as it was downloaded"
    store = SnapshotStore(to)
    (made,) = store.list()
    assert capsys.readouterr().out.startswith(f"{made.place}: {rows} rows")
    assert (made.vintage_date, made.address, made.rebuilt, made.note) == (date(2024, 1, 31), ADDRESS, False, None)
    read = parse_snapshot(store, made)
    assert (len(read.frame), read.warnings) == (rows, [])
    assert main(arguments) == 0
    assert store.list() == [made], "the same files are kept once"


def test_what_cannot_be_added_is_an_error(
    archive: SnapshotStore, archived: dict[str, Manifest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A CSV of one provider is no answer of another, which sends JSON.
    csv, paged = (next(f for f in fetched_datasets() if f.is_paged is paged) for paged in (False, True))
    file, _ = download(csv.spec.path, archive, archived, tmp_path)
    to = tmp_path / "archive"
    more = ["--vintage", "2024-01-31", "--address", ADDRESS, "--to", str(to)]
    for given, said in (
        (["who", "X", str(file)], f"Unknown source 'who'. Known sources: {', '.join(providers())}."),
        ([csv.provider, "X", str(file)], f"Unknown dataset 'X' of {csv.provider}."),
        ([*csv.which, str(tmp_path / "none.csv")], "none.csv cannot be read: No such file"),
        ([*paged.which, str(file)], "no JSON at line 1"),
    ):
        assert main([*given, *more]) == 1
        assert said in capsys.readouterr().err
    assert not to.exists() or not list(to.rglob("*.*")), "nothing is kept"
