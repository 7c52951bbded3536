"""The command that adds downloaded files to the archive, on answers of every provider that ships."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from source_samples import sample

from sources.archive_tools.add import main
from sources.manifests import Manifest, SnapshotError
from sources.registry import dataset, parse_snapshot
from sources.shipped_archive import archive_folders
from sources.snapshots import SnapshotStore

ADDRESS = "https://example.org/answer"


def download(path: str, archive: SnapshotStore, archived: dict[str, Manifest], to: Path) -> tuple[Path, int]:
    """An answer as it would be downloaded, and how many rows it has."""
    small = sample(dataset(*path.split("/")), archive, archived[path].place)
    file = to / small.file
    file.write_bytes(small.body)
    return file, small.rows


@pytest.mark.parametrize(
    "path", ["ilostat/SDG_0131_SEX_SOC_RT", "unsd_sdg/sdg", "world_bank/wdi", "un_wpp/wpp2024_demographic"]
)
def test_downloaded_answer_becomes_a_snapshot(
    path: str, archive: SnapshotStore, archived: dict[str, Manifest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rows = download(path, archive, archived, tmp_path)
    to = tmp_path / "archive"
    asked = [*path.split("/"), str(file), "--vintage", "2024-01-31", "--address", ADDRESS, "--to", str(to)]
    assert main(asked) == 0
    (folder,) = archive_folders(to)
    assert (folder / file.name).read_bytes() == file.read_bytes(), "as it was downloaded"
    store = SnapshotStore(to)
    (made,) = store.list()
    assert capsys.readouterr().out.startswith(f"{made.place}: {rows} rows")
    assert (made.vintage_date, made.address, made.rebuilt, made.note) == (date(2024, 1, 31), ADDRESS, False, None)
    read = parse_snapshot(store, made)
    assert (len(read.frame), read.warnings) == (rows, [])
    assert main(asked) == 0
    assert store.list() == [made], "the same files are kept once"


def test_what_cannot_be_kept_is_told(
    archive: SnapshotStore, archived: dict[str, Manifest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, _ = download("ilostat/SDG_0131_SEX_SOC_RT", archive, archived, tmp_path)
    to = tmp_path / "archive"
    more = ["--vintage", "2024-01-31", "--address", ADDRESS, "--to", str(to)]
    for given, said in (
        (["ilo", "X", str(file)], "Unknown source 'ilo'. Known sources: ilostat,"),
        (["ilostat", "X", str(file)], "Unknown dataset 'X' of ilostat."),
        (["ilostat", "SDG_0131_SEX_SOC_RT", str(tmp_path / "none.csv")], "none.csv cannot be read: No such file"),
        (["unsd_sdg", "sdg", str(file)], "no JSON at line 1"),
    ):
        assert main([*given, *more]) == 1
        assert said in capsys.readouterr().err
    assert not to.exists() or not list(to.rglob("*.*")), "nothing is kept"


@pytest.mark.parametrize("name", ["new/data.csv", "new/set/data.csv", "new/set/2024-01-01-abc/data.csv"])
def test_file_of_the_archive_that_is_in_no_snapshot_is_told(archive: SnapshotStore, tmp_path: Path, name: str) -> None:
    shipped = archive_folders(archive.root)[0]
    own = tmp_path / "archive"
    SnapshotStore(own).import_from(shipped)
    (own / "world_bank").mkdir(exist_ok=True)
    (own / "world_bank" / ".DS_Store").touch()
    assert len(archive_folders(own)) == 1
    path = own / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(
        SnapshotError, match=r"data\.csv: no manifest\.json stands beside it.*python -m sources\.archive_tools\.add"
    ):
        archive_folders(own)
