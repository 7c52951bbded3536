"""Which series and areas of a snapshot are current, and which snapshots are completely replaced."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pandas as pd
from snapshot_samples import origin

from sources.manifests import Manifest, sha256
from sources.newest_vintages import current_snapshots, unreplaced_snapshots
from sources.shipped_archive import shipped_archive


def manifest(vintage: str, series: str, areas: str = "K T", **other: object) -> Manifest:
    """A manifest like those of the store, with these series and areas."""
    fields = origin(vintage_date=vintage, series_asked=series.split(), areas_asked=areas.split(), **other)
    number = sha256(f"{vintage}{series}{areas}{other}".encode())[:12]
    return Manifest(snapshot_id=f"{vintage}-{number}", files=[], **fields.model_dump())


class TestCurrentSnapshots:
    def test_each_series_is_current_in_its_newest_vintage(self) -> None:
        old, middle, new = manifest("2018-09-30", "A B C"), manifest("2021-09-15", "B"), manifest("2024-06-28", "C D")
        current = current_snapshots([new, old, middle])
        assert [(c.manifest, sorted(c.series), c.is_complete) for c in current] == [
            (old, ["A"], False),
            (middle, ["B"], True),
            (new, ["C", "D"], True),
        ]
        frame = pd.DataFrame({"series": ["A", "B", "C"], "ref_area": ["K", "K", "T"]}, dtype=object)
        assert list(current[0].current_rows(frame)) == [True, False, False]

    def test_vintage_without_current_series_is_left_out(self) -> None:
        assert [
            c.manifest for c in current_snapshots([manifest("2022-10-31", "A"), manifest("2024-06-28", "A B")])
        ] == [manifest("2024-06-28", "A B")]

    def test_as_of_leaves_out_later_vintages(self) -> None:
        old, new = manifest("2022-10-31", "A"), manifest("2024-06-28", "A B")
        assert [c.manifest for c in current_snapshots([old, new], as_of=date(2023, 1, 1))] == [old]

    def test_later_download_of_the_same_date_is_current(self) -> None:
        first = manifest("2026-01-01", "A", fetched_at="2026-01-02T00:00:00+00:00")
        second = manifest("2026-01-01", "A", fetched_at="2026-01-03T00:00:00+00:00")
        assert [c.manifest for c in current_snapshots([second, first])] == [second]

    def test_national_file_replaces_only_its_own_areas(self) -> None:
        khm = manifest("2026-01-01", "A B", "K", supersedes="series_and_area")
        tha = manifest("2026-02-01", "A", "T", supersedes="series_and_area")
        khm_update = manifest("2026-03-01", "A", "K", supersedes="series_and_area")
        current = current_snapshots([khm, tha, khm_update])
        assert [(c.manifest, c.is_complete) for c in current] == [(khm, False), (tha, True), (khm_update, True)]
        frame = pd.DataFrame({"series": ["A", "B"], "ref_area": ["K", "K"]}, dtype=object)
        assert list(current[0].current_rows(frame)) == [False, True]

    def test_datasets_are_independent(self) -> None:
        one, other = manifest("2024-01-01", "A"), manifest("2025-01-01", "A", dataset="other")
        assert {c.manifest.dataset for c in current_snapshots([one, other])} == {"dataset_a", "other"}


def test_later_download_of_a_date_replaces_the_rebuilt_answer(archived: dict[str, Manifest]) -> None:
    old = max(archived.values(), key=lambda m: len(m.areas_asked))
    new = old.model_copy(update={"fetched_at": "2026-11-22T00:00:00+00:00", "snapshot_id": "x", "origin": "fetched"})
    part = new.model_copy(update={"areas_asked": old.areas_asked[:1]})
    assert unreplaced_snapshots([old, new]) == [new]
    assert unreplaced_snapshots([old, part]) == [old, part], "it has areas that the later one did not request"


def test_current_snapshots_need_neither_pandas_nor_http() -> None:
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
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert (process.stdout, process.stderr) == ("[]\n", "")
