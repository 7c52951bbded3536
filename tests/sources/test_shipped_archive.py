"""The archive that ships with the project: imported into a store, checked, and complete."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from messages import assert_reports
from snapshot_samples import altered, files, origin

from assets.release_inputs import in_use
from sources.manifests import MANIFEST, Manifest, SnapshotError, read_manifest
from sources.newest_vintages import current_snapshots
from sources.registry import provider
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SnapshotStore


def imported(store: SnapshotStore, archive: Path) -> list[Manifest]:
    """Imports an archive; returns the current snapshots."""
    for folder in archive_folders(archive):
        store.import_from(folder)
    return [current.manifest for current in current_snapshots(in_use(store, archive))]


class TestArchive:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(shipped_archive(), tmp_path / "archive"))

    def test_import_copies_all_snapshots_once(self, store: SnapshotStore, archive: SnapshotStore) -> None:
        newest = imported(store, shipped_archive())
        assert store.list() == archive.list()
        assert {m.place for m in newest} <= {m.place for m in archive.list()}
        stamps = {p: p.stat().st_mtime_ns for p in store.root.rglob("*")}
        assert imported(store, shipped_archive()) == newest
        assert {p: p.stat().st_mtime_ns for p in store.root.rglob("*")} == stamps

    def test_every_file_of_the_archive_is_checked(self, store: SnapshotStore, copy: Path) -> None:
        for path in sorted(copy.rglob("*.csv*")):
            content = path.read_bytes()
            for damaged in (content[:-1], content[:-1] + bytes([content[-1] ^ 1]), b""):
                altered(path, damaged)
                with pytest.raises(SnapshotError) as error:
                    imported(store, copy)
                assert_reports(str(error.value), place=str(path), found="altered or cut", remedy="restore the file")
            altered(path, content)
        imported(store, copy)
        path = next(copy.rglob("*_page_001.json.gz"))
        altered(path, path.read_bytes()[:-5])
        with pytest.raises(SnapshotError, match="altered or cut"):
            imported(store, copy)

    def test_missing_archive_is_reported(self, store: SnapshotStore, tmp_path: Path) -> None:
        with pytest.raises(SnapshotError, match="no snapshot found"):
            imported(store, tmp_path / "nothing")

    def test_snapshot_that_is_no_longer_shipped_is_left_out(self, store: SnapshotStore, copy: Path) -> None:
        imported(store, copy)
        removed = archive_folders(copy)[0]
        shutil.rmtree(removed)
        fetched = store.add(origin(vintage_date=date(2026, 9, 1)), files())
        places = {m.place for m in imported(store, copy)}
        assert removed.relative_to(copy).as_posix() not in places
        assert fetched.place in places, "downloaded snapshots are used"
        assert len(store.list()) == len(archive_folders(copy)) + 2, "nothing was removed"

    def test_manifests_have_all_fields(self, archive: SnapshotStore) -> None:
        manifests = archive.list()
        assert sum(f.bytes for m in manifests for f in m.files) < 3_000_000
        for m in manifests:
            assert m.licence
            assert m.attribution
            assert m.address
            assert m.series_asked
            assert m.areas_asked
            assert m.note
            assert m.fetched_at is None
            assert not m.rebuilt or provider(m.provider).endpoints, "files entered manually are not rebuilt"
            assert m.origin == "archive"

    def test_manifests_have_no_local_paths(self, archive: SnapshotStore) -> None:
        for folder in archive_folders(archive.root):
            text = (folder / MANIFEST).read_text()
            assert str(Path.home()) not in text
            assert str(archive.root) not in text


def test_manifest_is_json_with_a_checksum(archive: SnapshotStore) -> None:
    for folder in archive_folders(archive.root):
        payload = json.loads((folder / MANIFEST).read_text())
        assert payload["snapshot_id"] == folder.name == read_manifest(folder).snapshot_id
        assert payload["checksum"], "every shipped manifest has one"


@pytest.mark.parametrize("name", ["new/data.csv", "new/set/data.csv", "new/set/2024-01-01-abc/data.csv"])
def test_file_outside_of_snapshots_is_reported(archive: SnapshotStore, tmp_path: Path, name: str) -> None:
    shipped = archive_folders(archive.root)[0]
    own = tmp_path / "archive"
    SnapshotStore(own).import_from(shipped)
    (own / "a_provider").mkdir(exist_ok=True)
    (own / "a_provider" / ".DS_Store").touch()
    assert len(archive_folders(own)) == 1
    path = own / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(SnapshotError) as error:
        archive_folders(own)
    assert_reports(
        str(error.value),
        place="data.csv: ",
        found="without manifest.json",
        remedy="python -m sources.archive_tools.add",
    )
