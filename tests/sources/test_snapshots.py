"""The snapshot store: write-once, checked, complete snapshots only."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from messages import assert_reports
from snapshot_samples import altered, files, origin

from sources.manifests import MANIFEST, Manifest, RawFile, SnapshotError, sha256
from sources.parsing import SourceError
from sources.snapshots import SnapshotStore


class TestStoring:
    def test_add_open_list_files(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), files())
        assert isinstance(manifest, Manifest)
        assert manifest.snapshot_id.startswith("2023-12-17-")
        expected = sha256("\n".join(sha256(f.content) for f in files()).encode())[:12]
        assert manifest.snapshot_id == f"2023-12-17-{expected}"
        assert store.list() == [manifest]
        assert store.open(manifest.snapshot_id) == store.open(manifest.place) == manifest
        assert list(store.files(manifest)) == [("a.csv", b"one"), ("b.json.gz", b"{}")], "gz is unpacked"
        assert [(f.name, f.bytes, f.address) for f in manifest.files] == [
            ("a.csv", 3, ""),
            ("b.json.gz", len(files()[1].content), "https://example.org/b"),
        ]
        store.verify(manifest)

    def test_same_files_are_the_same_snapshot(self, store: SnapshotStore) -> None:
        first = store.add(origin(note="first"), files())
        before = (store.folder(first) / MANIFEST).stat().st_mtime_ns
        assert store.add(origin(note="second"), files()) == first, "a snapshot is never changed"
        assert (store.folder(first) / MANIFEST).stat().st_mtime_ns == before
        assert len(store.list()) == 1

    def test_other_bytes_are_another_snapshot(self, store: SnapshotStore) -> None:
        first, second = store.add(origin(), files("one")), store.add(origin(), files("two"))
        assert first.snapshot_id != second.snapshot_id
        assert len(store.list()) == 2
        assert dict(store.files(first))["a.csv"] == b"one"

    @pytest.mark.parametrize("name", ["../up.csv", "a/b.csv", ".hidden", MANIFEST])
    def test_unsafe_names_are_refused(self, store: SnapshotStore, name: str) -> None:
        with pytest.raises(SnapshotError) as error:
            store.add(origin(), [RawFile(name, b"x")])
        assert_reports(
            str(error.value), place="provider_a/dataset_a", found=f"file name {name!r}", expected="not hidden"
        )
        assert store.list() == []

    def test_no_file_or_duplicate_names_are_refused(self, store: SnapshotStore) -> None:
        for invalid in ([], [RawFile("a", b"1"), RawFile("a", b"2")]):
            with pytest.raises(SnapshotError) as error:
                store.add(origin(), invalid)
            found = f"found files {[f.name for f in invalid]}"
            assert_reports(str(error.value), found=found, expected=("at least one file", "different names"))

    def test_folder_that_cannot_be_written_is_reported(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("a file instead of the folder")
        with pytest.raises(SnapshotError) as error:
            SnapshotStore(tmp_path / "var" / "snapshots").add(origin(), files())
        assert_reports(
            str(error.value), found="cannot be written", remedy=("free some space", "make the folder writable")
        )

    def test_failed_write_leaves_no_files(self, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("sources.snapshots.os.fsync", full)
        with pytest.raises(SnapshotError, match="No space left on device"):
            store.add(origin(), files())
        assert store.list() == []
        assert list(store.root.iterdir()) == []

    def test_leftovers_of_interrupted_writers(self, store: SnapshotStore) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        manifest = store.add(origin(), files())
        for name in (f".partial-{ended.pid}-abc", ".partial-rubbish"):
            (store.root / name).mkdir()
            (store.root / name / MANIFEST).write_text("{")
        running = store.root / ".partial-1-abc"
        running.mkdir()
        assert store.list() == [manifest], "leftovers are not snapshots"
        assert set(store.clean()) == {f".partial-{ended.pid}-abc", ".partial-rubbish"}
        assert running.is_dir(), "the folder of a running writer stays"

    def test_unknown_and_ambiguous_names(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), files())
        store.add(origin(dataset="other"), files())
        with pytest.raises(SnapshotError, match=r"No snapshot 1999 .*payung status --snapshots"):
            store.open("1999")
        with pytest.raises(SnapshotError) as error:
            store.open(manifest.snapshot_id)
        assert_reports(
            str(error.value), found=("provider_a/dataset_a/", "provider_a/other/"), remedy="name one of them"
        )

    def test_same_bytes_for_another_request_are_another_snapshot(self, store: SnapshotStore) -> None:
        first, larger = store.add(origin(), files()), origin(series_asked=["A", "B", "C"])
        second = store.add(larger, files())
        assert second.series_asked == ["A", "B", "C"]
        assert second.snapshot_id != first.snapshot_id
        assert {m.place for m in store.list()} == {first.place, second.place}
        assert store.add(larger, files()) == second, "stored once"
        assert store.add(origin(series_asked=["B", "A"]), files()) == first, "the order of the series is irrelevant"
        assert store.set_altered_aside() == ()


class TestDamage:
    def test_altered_byte_is_reported(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), files())
        path = store.folder(manifest) / "a.csv"
        altered(path, b"onE")
        with pytest.raises(SnapshotError) as error:
            store.verify(manifest)
        assert_reports(
            str(error.value),
            place=f"{path}: ",
            found=f"found sha256 {sha256(b'onE')}",
            expected=f"expected {sha256(b'one')}",
        )
        with pytest.raises(SnapshotError, match="altered or cut"):
            list(store.files(manifest))
        with pytest.raises(SnapshotError, match="altered or cut"):
            store.add(origin(), files())

    def test_missing_file_is_reported(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), files())
        (store.folder(manifest) / "a.csv").unlink()
        with pytest.raises(SnapshotError, match=r"a\.csv: the file is missing"):
            store.verify(manifest)

    def test_unreadable_file_stays_in_place_and_is_reported_with_the_others(self, store: SnapshotStore) -> None:
        unreadable = store.folder(store.add(origin(), files()))
        (unreadable / "a.csv").unlink()
        (unreadable / "a.csv").mkdir()  # root can read any file
        cut = store.folder(store.add(origin(dataset="an_earlier_one"), files()))
        altered(cut / "a.csv", b"onE")
        first, second = store.set_altered_aside()
        assert first.folder is not None
        assert_reports(first.problem, found="altered or cut")
        assert second.folder is None
        assert_reports(second.problem, place="a.csv: ", found="cannot be read: Is a")
        assert (unreadable.is_dir(), cut.exists()) == (True, False)

    @pytest.mark.parametrize("name", ["a.csv", MANIFEST])
    @pytest.mark.parametrize("removed", [True, False])
    def test_altered_snapshot_is_set_aside_and_can_be_stored_again(
        self, store: SnapshotStore, name: str, removed: bool
    ) -> None:
        manifest, other = store.add(origin(), files()), store.add(origin(dataset="other"), files())
        path = store.folder(manifest) / name
        if removed:
            path.unlink()
        else:
            altered(path, b"onE")
        (found,) = store.set_altered_aside()
        assert found.place == manifest.place
        assert str(path) in found.problem
        assert found.folder is not None
        assert store.set_aside() == store.set_aside(manifest.provider, manifest.dataset) == (found.folder,)
        assert store.set_aside(manifest.provider, other.dataset) == ()
        assert (found.folder / name).exists() is not removed, "the bytes are not lost"
        assert store.list() == [other]
        assert store.set_altered_aside() == ()
        assert store.add(origin(), files()) == manifest, "the same snapshot can be stored again"
        assert len(store.list()) == 2
        assert store.set_aside() == (), "it is stored again"

    def test_snapshot_that_cannot_be_set_aside_is_reported(self, store: SnapshotStore) -> None:
        altered(store.folder(store.add(origin(), files())) / "a.csv", b"onE")
        (store.root / ".set_aside").write_text("a file instead of the folder")
        (found,) = store.set_altered_aside()
        assert found.folder is None
        assert_reports(found.problem, found=("altered or cut", "could not be set aside"))
        assert re.search("File exists|Not a directory", found.problem)

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (lambda t: t[:40], "invalid manifest"),
            (lambda t: t.replace('"producer"', '"producers"'), "invalid manifest: producer"),
            (lambda t: t.replace("2023-12-17", "2023-12-18"), "the snapshot was altered"),
            (lambda t: t.replace(sha256(b"one"), sha256(b"two")), "the snapshot was altered"),
            (
                lambda t: t.replace('"fetched_at": null', '"fetched_at": "2024-01-01T00:00:00Z"'),
                "the manifest was edited",
            ),
            (lambda t: t.replace('"series_asked": [', '"series_asked": ["SI_COV_MORE",'), "the manifest was edited"),
            (lambda t: t.replace('"a.csv"', r'"a\u0000.csv"'), r"file name 'a\x00.csv'"),
            (lambda t: t.replace('"a.csv"', '"../a.csv"'), "file name '../a.csv'"),
        ],
    )
    def test_altered_manifest_is_reported(self, store: SnapshotStore, change: Callable[[str], str], found: str) -> None:
        path = store.folder(store.add(origin(), files())) / MANIFEST
        text = path.read_text()
        altered(path, change(text).encode())
        assert path.read_text() != text
        with pytest.raises(SnapshotError) as error:
            store.list()
        assert_reports(str(error.value), place=str(path), found=found, remedy="version control or a backup")

    def test_manifest_without_checksum_is_read(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), files())
        path = store.folder(manifest) / MANIFEST
        payload = json.loads(path.read_text())
        del payload["checksum"]
        altered(path, json.dumps(payload).encode())
        assert store.list() == [manifest]

    def test_damaged_gzip_is_reported(self, store: SnapshotStore) -> None:
        manifest = store.add(origin(), [RawFile("a.json.gz", b"<html>")])
        with pytest.raises(SourceError) as error:
            list(store.files(manifest))
        assert_reports(str(error.value), place="a.json.gz: ", found="cut or damaged")
