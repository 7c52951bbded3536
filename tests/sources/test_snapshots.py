"""The snapshot store: write-once, checked, whole or absent; and what makes up the newest state."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from snapshot_samples import altered, files, origin

from sources.manifests import MANIFEST, Manifest, RawFile, SnapshotError, sha256
from sources.parsing import SourceError
from sources.snapshots import SnapshotStore


class TestKeeping:
    def test_add_open_list_files(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        assert isinstance(kept, Manifest)
        assert kept.snapshot_id.startswith("2023-12-17-")
        expected = sha256("\n".join(sha256(f.content) for f in files()).encode())[:12]
        assert kept.snapshot_id == f"2023-12-17-{expected}"
        assert store.list() == [kept]
        assert store.open(kept.snapshot_id) == store.open(kept.place) == kept
        assert list(store.files(kept)) == [("a.csv", b"one"), ("b.json.gz", b"{}")], "gz is unpacked, the name stays"
        assert [(f.name, f.bytes, f.address) for f in kept.files] == [
            ("a.csv", 3, ""),
            ("b.json.gz", len(files()[1].content), "https://example.org/b"),
        ]
        store.verify(kept)

    def test_the_same_files_again_are_the_same_snapshot(self, store: SnapshotStore) -> None:
        first = store.add(origin(note="first"), files())
        before = (store.folder(first) / MANIFEST).stat().st_mtime_ns
        assert store.add(origin(note="second"), files()) == first, "what is kept is never changed"
        assert (store.folder(first) / MANIFEST).stat().st_mtime_ns == before
        assert len(store.list()) == 1

    def test_other_bytes_are_another_snapshot(self, store: SnapshotStore) -> None:
        first, second = store.add(origin(), files("one")), store.add(origin(), files("two"))
        assert first.snapshot_id != second.snapshot_id
        assert len(store.list()) == 2
        assert dict(store.files(first))["a.csv"] == b"one"

    @pytest.mark.parametrize("name", ["../up.csv", "a/b.csv", ".hidden", MANIFEST])
    def test_unsafe_names_are_refused(self, store: SnapshotStore, name: str) -> None:
        with pytest.raises(SnapshotError, match="cannot be the name of a kept file"):
            store.add(origin(), [RawFile(name, b"x")])
        assert store.list() == []

    def test_no_file_or_double_names_are_refused(self, store: SnapshotStore) -> None:
        for wrong in ([], [RawFile("a", b"1"), RawFile("a", b"2")]):
            with pytest.raises(SnapshotError, match="needs files with a name each"):
                store.add(origin(), wrong)

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("a file stands where the folder should be")
        with pytest.raises(SnapshotError, match=r"could not be written: .* free the disk or make the folder writable"):
            SnapshotStore(tmp_path / "var" / "snapshots").add(origin(), files())

    def test_a_write_that_breaks_off_leaves_nothing(
        self, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("sources.snapshots.os.fsync", full)
        with pytest.raises(SnapshotError, match="No space left on device"):
            store.add(origin(), files())
        assert store.list() == []
        assert list(store.root.iterdir()) == []

    def test_leftovers_of_interrupted_writers(self, store: SnapshotStore) -> None:
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        kept = store.add(origin(), files())
        for name in (f".partial-{gone.pid}-abc", ".partial-rubbish"):
            (store.root / name).mkdir()
            (store.root / name / MANIFEST).write_text("{")
        running = store.root / ".partial-1-abc"
        running.mkdir()
        assert store.list() == [kept], "leftovers are no snapshots"
        assert set(store.clean()) == {f".partial-{gone.pid}-abc", ".partial-rubbish"}
        assert running.is_dir(), "a writer that runs is left alone"

    def test_unknown_and_ambiguous_names(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        store.add(origin(dataset="other"), files())
        with pytest.raises(SnapshotError, match=r"No snapshot 1999 .*payung status --snapshots"):
            store.open("1999")
        with pytest.raises(SnapshotError, match="name one of them"):
            store.open(kept.snapshot_id)

    def test_the_same_bytes_as_the_answer_to_another_question_are_a_snapshot_of_their_own(
        self, store: SnapshotStore
    ) -> None:
        first, more = store.add(origin(), files()), origin(series_asked=["A", "B", "C"])
        second = store.add(more, files())
        assert second.series_asked == ["A", "B", "C"]
        assert second.snapshot_id != first.snapshot_id
        assert {m.place for m in store.list()} == {first.place, second.place}
        assert store.add(more, files()) == second, "and is kept once"
        assert store.add(origin(series_asked=["B", "A"]), files()) == first, "their order says nothing"
        assert store.set_altered_aside() == ()


class TestDamage:
    def test_an_altered_byte_is_noticed(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        path = store.folder(kept) / "a.csv"
        altered(path, b"onE")
        with pytest.raises(SnapshotError, match=f"{path}: altered or cut: found sha256 .*expected {sha256(b'one')}"):
            store.verify(kept)
        with pytest.raises(SnapshotError, match="altered or cut"):
            list(store.files(kept))
        with pytest.raises(SnapshotError, match="altered or cut"):
            store.add(origin(), files())

    def test_a_missing_file_is_noticed(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        (store.folder(kept) / "a.csv").unlink()
        with pytest.raises(SnapshotError, match=r"a\.csv: the file is missing"):
            store.verify(kept)

    def test_a_file_that_cannot_be_read_is_left_where_it_is_and_told_with_the_others(
        self, store: SnapshotStore
    ) -> None:
        unreadable = store.folder(store.add(origin(), files()))
        (unreadable / "a.csv").unlink()
        (unreadable / "a.csv").mkdir()  # root may read everything else
        cut = store.folder(store.add(origin(dataset="an_earlier_one"), files()))
        altered(cut / "a.csv", b"onE")
        first, second = store.set_altered_aside()
        assert first.folder is not None
        assert "altered or cut" in first.problem
        assert second.folder is None
        assert "a.csv: cannot be read: Is a directory" in second.problem
        assert (unreadable.is_dir(), cut.exists()) == (True, False)

    @pytest.mark.parametrize("spoilt", ["a.csv", MANIFEST])
    @pytest.mark.parametrize("gone", [True, False])
    def test_an_altered_snapshot_is_set_aside_and_makes_room(
        self, store: SnapshotStore, spoilt: str, gone: bool
    ) -> None:
        kept, other = store.add(origin(), files()), store.add(origin(dataset="other"), files())
        path = store.folder(kept) / spoilt
        if gone:
            path.unlink()
        else:
            altered(path, b"onE")
        (found,) = store.set_altered_aside()
        assert found.place == kept.place
        assert str(path) in found.problem
        assert found.folder is not None
        assert store.set_aside() == store.set_aside(kept.provider, kept.dataset) == (found.folder,)
        assert store.set_aside(kept.provider, other.dataset) == ()
        assert (found.folder / spoilt).exists() is not gone, "nothing is lost"
        assert store.list() == [other]
        assert store.set_altered_aside() == ()
        assert store.add(origin(), files()) == kept, "the same may be brought in again"
        assert len(store.list()) == 2
        assert store.set_aside() == (), "it is there again"

    def test_a_snapshot_that_cannot_be_set_aside_is_told(self, store: SnapshotStore) -> None:
        altered(store.folder(store.add(origin(), files())) / "a.csv", b"onE")
        (store.root / ".set_aside").write_text("a file where the folder should be")
        (found,) = store.set_altered_aside()
        assert found.folder is None
        assert re.search(r"altered or cut: .* It could not be set aside: (File exists|Not a directory)", found.problem)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda t: t[:40], "not a manifest as it was written"),
            (lambda t: t.replace('"producer"', '"producers"'), "not a manifest as it was written: producer"),
            (lambda t: t.replace("2023-12-17", "2023-12-18"), "one of them was altered"),
            (lambda t: t.replace(sha256(b"one"), sha256(b"two")), "one of them was altered"),
            (
                lambda t: t.replace('"fetched_at": null', '"fetched_at": "2024-01-01T00:00:00Z"'),
                "the manifest was edited",
            ),
            (lambda t: t.replace('"series_asked": [', '"series_asked": ["SI_COV_MORE",'), "the manifest was edited"),
            (lambda t: t.replace('"a.csv"', r'"a\u0000.csv"'), "cannot be the name of a kept file"),
            (lambda t: t.replace('"a.csv"', '"../a.csv"'), "cannot be the name of a kept file"),
        ],
    )
    def test_an_altered_manifest_is_noticed(
        self, store: SnapshotStore, change: Callable[[str], str], said: str
    ) -> None:
        path = store.folder(store.add(origin(), files())) / MANIFEST
        whole = path.read_text()
        altered(path, change(whole).encode())
        assert path.read_text() != whole
        with pytest.raises(SnapshotError, match=said) as caught:
            store.list()
        assert str(path) in str(caught.value)

    def test_a_manifest_of_before_the_checksum_is_read(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        path = store.folder(kept) / MANIFEST
        told = json.loads(path.read_text())
        del told["checksum"]
        altered(path, json.dumps(told).encode())
        assert store.list() == [kept]

    def test_a_gzip_that_was_kept_damaged(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), [RawFile("a.json.gz", b"<html>")])
        with pytest.raises(SourceError, match=r"a\.json\.gz: the compressed file is cut or damaged"):
            list(store.files(kept))
