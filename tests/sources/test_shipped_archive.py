"""The archive that ships with the project: taken into a store, checked, and whole."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from snapshot_samples import altered, files, origin

from assets.release_inputs import in_use
from sources.manifests import MANIFEST, Manifest, SnapshotError, read_manifest
from sources.newest_vintages import current_snapshots
from sources.registry import provider
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SnapshotStore


def taken_in(store: SnapshotStore, archive: Path) -> list[Manifest]:
    """Takes an archive in; the snapshots of the newest state."""
    for folder in archive_folders(archive):
        store.import_from(folder)
    return [current.manifest for current in current_snapshots(in_use(store, archive))]


class TestArchive:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(shipped_archive(), tmp_path / "archive"))

    def test_import_takes_all_and_nothing_twice(self, store: SnapshotStore, archive: SnapshotStore) -> None:
        newest = taken_in(store, shipped_archive())
        assert store.list() == archive.list()
        assert {m.place for m in newest} <= {m.place for m in archive.list()}
        stamps = {p: p.stat().st_mtime_ns for p in store.root.rglob("*")}
        assert taken_in(store, shipped_archive()) == newest
        assert {p: p.stat().st_mtime_ns for p in store.root.rglob("*")} == stamps

    def test_every_file_of_the_archive_is_checked(self, store: SnapshotStore, copy: Path) -> None:
        for path in sorted(copy.rglob("*.csv*")):
            whole = path.read_bytes()
            for spoilt in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
                altered(path, spoilt)
                with pytest.raises(SnapshotError) as caught:
                    taken_in(store, copy)
                assert f"{path}: altered or cut" in str(caught.value)
                assert "Restore the file" in str(caught.value)
            altered(path, whole)
        taken_in(store, copy)
        path = next(copy.rglob("*_page_001.json.gz"))
        altered(path, path.read_bytes()[:-5])
        with pytest.raises(SnapshotError, match="altered or cut"):
            taken_in(store, copy)

    def test_a_missing_archive(self, store: SnapshotStore, tmp_path: Path) -> None:
        with pytest.raises(SnapshotError, match="no snapshot found"):
            taken_in(store, tmp_path / "nothing")

    def test_an_archive_that_is_no_longer_shipped_is_left_out(self, store: SnapshotStore, copy: Path) -> None:
        taken_in(store, copy)
        gone = archive_folders(copy)[0]
        shutil.rmtree(gone)
        fetched = store.add(origin(vintage_date=date(2026, 9, 1)), files())
        places = {m.place for m in taken_in(store, copy)}
        assert gone.relative_to(copy).as_posix() not in places
        assert fetched.place in places, "what was fetched counts"
        assert len(store.list()) == len(archive_folders(copy)) + 2, "nothing was removed"

    def test_manifests_say_what_they_are(self, archive: SnapshotStore) -> None:
        kept = archive.list()
        assert sum(f.bytes for m in kept for f in m.files) < 3_000_000
        for m in kept:
            assert m.licence
            assert m.attribution
            assert m.address
            assert m.series_asked
            assert m.areas_asked
            assert m.note
            assert m.fetched_at is None
            assert not m.rebuilt or provider(m.provider).endpoints, "files entered manually are not rebuilt"
            assert m.origin == "archive"

    def test_no_manifest_names_a_place_on_a_machine(self, archive: SnapshotStore) -> None:
        for folder in archive_folders(archive.root):
            text = (folder / MANIFEST).read_text()
            assert str(Path.home()) not in text
            assert str(archive.root) not in text


def test_the_manifest_is_plain_json(archive: SnapshotStore) -> None:
    for folder in archive_folders(archive.root):
        payload = json.loads((folder / MANIFEST).read_text())
        assert payload["snapshot_id"] == folder.name == read_manifest(folder).snapshot_id
        assert payload["checksum"], "every manifest that ships has one"


@pytest.mark.parametrize("name", ["new/data.csv", "new/set/data.csv", "new/set/2024-01-01-abc/data.csv"])
def test_file_of_the_archive_that_is_in_no_snapshot_is_told(archive: SnapshotStore, tmp_path: Path, name: str) -> None:
    shipped = archive_folders(archive.root)[0]
    own = tmp_path / "archive"
    SnapshotStore(own).import_from(shipped)
    (own / "a_provider").mkdir(exist_ok=True)
    (own / "a_provider" / ".DS_Store").touch()
    assert len(archive_folders(own)) == 1
    path = own / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(
        SnapshotError, match=r"data\.csv: no manifest\.json stands beside it.*python -m sources\.archive_tools\.add"
    ):
        archive_folders(own)
