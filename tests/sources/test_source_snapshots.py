"""The snapshot store: write-once, checked, whole or absent; and what makes up the newest state."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from assets.release_inputs import in_use
from indicator_defs.model import Snapshot
from sources.manifests import MANIFEST, Manifest, RawFile, SnapshotError, SnapshotOrigin, read_manifest, sha256
from sources.newest_vintages import current_snapshots
from sources.parsing import SourceError
from sources.shipped_archive import archive_folders, shipped_archive
from sources.snapshots import SnapshotStore


def origin(**other: object) -> SnapshotOrigin:
    told: dict[str, object] = {
        "provider": "unsd_sdg",
        "dataset": "sdg",
        "producer": "UN",
        "vintage_date": date(2023, 12, 17),
        "address": "https://example.org/Series/Data",
        "series_asked": ["A", "B"],
        "areas_asked": ["1"],
        "licence": "terms",
        "attribution": "UN",
        "origin": "fetched",
    }
    return SnapshotOrigin.model_validate(told | other)


def files(text: str = "one") -> list[RawFile]:
    return [
        RawFile("a.csv", text.encode()),
        RawFile("b.json.gz", gzip.compress(b"{}", mtime=0), "https://example.org/b"),
    ]


def altered(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def taken_in(store: SnapshotStore, archive: Path) -> list[Manifest]:
    """Takes an archive in; the snapshots of the newest state."""
    for folder in archive_folders(archive):
        store.import_from(folder)
    return [current.manifest for current in current_snapshots(in_use(store, archive))]


class TestKeeping:
    def test_add_open_list_files(self, store: SnapshotStore) -> None:
        kept = store.add(origin(), files())
        assert isinstance(kept, Snapshot)
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
        path = next(copy.rglob("data_page_001.json.gz"))
        altered(path, path.read_bytes()[:-5])
        with pytest.raises(SnapshotError, match="altered or cut"):
            taken_in(store, copy)

    def test_a_missing_archive(self, store: SnapshotStore, tmp_path: Path) -> None:
        with pytest.raises(SnapshotError, match="no snapshot found"):
            taken_in(store, tmp_path / "nothing")

    def test_an_archive_that_is_no_longer_shipped_is_left_out(self, store: SnapshotStore, copy: Path) -> None:
        taken_in(store, copy)
        gone = next(f for f in archive_folders(copy) if f.parts[-3] == "ilostat")
        shutil.rmtree(gone)
        fetched = store.add(origin(vintage_date=date(2026, 9, 1), series_asked=["SI_COV_PENSN"]), files())
        places = {m.place for m in taken_in(store, copy)}
        assert f"ilostat/SDG_0131_SEX_SOC_RT/{gone.name}" not in places
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
            assert m.rebuilt == (m.provider != "national")
            assert m.origin == "archive"
        assert [(m.provider, str(m.vintage_date)) for m in kept if m.provider in ("ilostat", "unsd_sdg")] == [
            ("ilostat", "2024-09-12"),
            ("unsd_sdg", "2018-10-15"),
            ("unsd_sdg", "2020-12-27"),
            ("unsd_sdg", "2022-12-25"),
            ("unsd_sdg", "2023-12-17"),
        ]
        bank = [(str(m.vintage_date), m.release_tag) for m in kept if m.provider == "world_bank"]
        assert bank == [
            ("2018-09-30", "lastupdated 2018-09"),
            ("2021-09-15", "lastupdated 2021-09-15"),
            ("2022-10-31", "lastupdated 2022-10"),
            ("2024-06-28", "lastupdated 2024-06-28"),
        ]

    def test_no_manifest_names_a_place_on_a_machine(self, archive: SnapshotStore) -> None:
        for folder in archive_folders(archive.root):
            text = (folder / MANIFEST).read_text()
            assert str(Path.home()) not in text
            assert str(archive.root) not in text


def manifest(vintage: str, series: str, areas: str = "K T", **other: object) -> Manifest:
    """A manifest as the store would write it, of the series and areas named."""
    told = origin(vintage_date=vintage, series_asked=series.split(), areas_asked=areas.split(), **other)
    number = sha256(f"{vintage}{series}{areas}{other}".encode())[:12]
    return Manifest(snapshot_id=f"{vintage}-{number}", files=[], **told.model_dump())


class TestNewestState:
    def test_each_series_belongs_to_its_newest_vintage(self) -> None:
        old, middle, new = manifest("2018-09-30", "A B C"), manifest("2021-09-15", "B"), manifest("2024-06-28", "C D")
        state = current_snapshots([new, old, middle])
        assert [(c.manifest, sorted(c.series), c.whole) for c in state] == [
            (old, ["A"], False),
            (middle, ["B"], True),
            (new, ["C", "D"], True),
        ]
        frame = pd.DataFrame({"series": ["A", "B", "C"], "ref_area": ["K", "K", "T"]}, dtype=object)
        assert list(state[0].keep(frame)) == [True, False, False]

    def test_a_vintage_of_which_nothing_is_left_is_dropped(self) -> None:
        assert [
            c.manifest for c in current_snapshots([manifest("2022-10-31", "A"), manifest("2024-06-28", "A B")])
        ] == [manifest("2024-06-28", "A B")]

    def test_as_of_leaves_out_what_came_later(self) -> None:
        old, new = manifest("2022-10-31", "A"), manifest("2024-06-28", "A B")
        assert [c.manifest for c in current_snapshots([old, new], as_of=date(2023, 1, 1))] == [old]

    def test_of_one_date_the_later_fetch_stands(self) -> None:
        first = manifest("2026-01-01", "A", fetched_at="2026-01-02T00:00:00+00:00")
        second = manifest("2026-01-01", "A", fetched_at="2026-01-03T00:00:00+00:00")
        assert [c.manifest for c in current_snapshots([second, first])] == [second]

    def test_national_files_replace_only_their_own_areas(self) -> None:
        khm = manifest("2026-01-01", "A B", "K", supersedes="series_and_area")
        tha = manifest("2026-02-01", "A", "T", supersedes="series_and_area")
        again = manifest("2026-03-01", "A", "K", supersedes="series_and_area")
        state = current_snapshots([khm, tha, again])
        assert [(c.manifest, c.whole) for c in state] == [(khm, False), (tha, True), (again, True)]
        frame = pd.DataFrame({"series": ["A", "B"], "ref_area": ["K", "K"]}, dtype=object)
        assert list(state[0].keep(frame)) == [False, True]

    def test_datasets_do_not_mix(self) -> None:
        one, other = manifest("2024-01-01", "A"), manifest("2025-01-01", "A", dataset="other")
        assert {c.manifest.dataset for c in current_snapshots([one, other])} == {"sdg", "other"}

    def test_the_shipped_state(self, archive: SnapshotStore) -> None:
        state = {c.manifest.place.rsplit("-", 1)[0]: c for c in current_snapshots(archive.list())}
        assert state["unsd_sdg/sdg/2023-12-17"].whole
        assert state["unsd_sdg/sdg/2018-10-15"].series >= {"SL_ISV_IFRM", "SI_COV_LMKTPQ"}, "never asked for again"
        assert not state["unsd_sdg/sdg/2018-10-15"].series & state["unsd_sdg/sdg/2023-12-17"].series
        assert "world_bank/wdi/2022-10-31" not in state, "its one series stands in a newer extract"


def test_deciding_needs_neither_pandas_nor_http() -> None:
    code = (
        "import sys, pathlib, tempfile\n"
        "from assets.release_inputs import in_use\n"
        "from sources.newest_vintages import current_snapshots\n"
        "from sources.shipped_archive import archive_folders, shipped_archive\n"
        "from sources.snapshots import SnapshotStore\n"
        "store = SnapshotStore(pathlib.Path(tempfile.mkdtemp()))\n"
        "for folder in archive_folders(shipped_archive()): store.import_from(folder)\n"
        "assert current_snapshots(in_use(store, shipped_archive()))\n"
        "print(sorted({'pandas', 'requests', 'urllib3', 'numpy'} & set(sys.modules)))\n"
    )
    root = shipped_archive().parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_manifest_is_plain_json(archive: SnapshotStore) -> None:
    for folder in archive_folders(archive.root):
        told = json.loads((folder / MANIFEST).read_text())
        assert told["snapshot_id"] == folder.name == read_manifest(folder).snapshot_id
        assert told["checksum"], "every manifest that ships has one"
