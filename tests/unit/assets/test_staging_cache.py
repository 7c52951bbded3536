"""Staging beside the run: the same result as in the run itself, the same errors, and no harm from a killed process."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets import staging_cache
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest, SnapshotError
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

ILO = ("ilostat", "SDG_0131_SEX_SOC_RT")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(staging_cache, "FURTHER_CORES", 1)
    yield
    staging_cache.stop()


@pytest.fixture
def structure() -> DatasetStructure:
    return next(s for s in registry.structures() if (s.provider, s.dataset) == ILO)


def imported(root: Path) -> tuple[SnapshotStore, Manifest]:
    archive, store = SnapshotStore(shipped_archive()), SnapshotStore(root)
    shipped = next(m for m in archive.list() if (m.provider, m.dataset) == ILO)
    return store, store.import_from(archive.folder(shipped))


def test_a_result_made_beside_the_run_is_the_same(tmp_path: Path, structure: DatasetStructure) -> None:
    alone = staging_cache.staged(*imported(tmp_path / "alone"), structure)
    store, manifest = imported(tmp_path / "beside")
    staging_cache.begin(store, manifest, structure)
    (under_way,) = staging_cache._under_way.values()
    under_way.result()
    beside = staging_cache.staged(store, manifest, structure)
    assert beside.row_count == alone.row_count > 1_000
    assert beside.sha256 == alone.sha256
    staging_cache.begin(store, manifest, structure)
    assert not staging_cache._under_way, "what is kept is not made again"


def test_what_ships_is_begun_before_the_run_with_the_largest_dataset_first(tmp_path: Path) -> None:
    archive, store = shipped_archive(), SnapshotStore(tmp_path / "store")
    staging_cache.begin_shipped(store, archive)
    shipped = SnapshotStore(archive).list()
    begun = [folder.name for folder in staging_cache._under_way]
    assert sorted(begun) == sorted(f"{m.provider}__{m.dataset}__{m.snapshot_id}" for m in shipped)
    assert begun[0].startswith("unsd_sdg__")
    assert [m.place for m in store.list()] == [m.place for m in shipped]


def test_after_the_end_nothing_more_is_staged(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "store")
    staging_cache.begin_shipped(store, shipped_archive())
    begun = dict(staging_cache._under_way)
    staging_cache.stop()
    made = [folder for folder in begun if folder.exists()]
    assert len(made) <= 2, "the one under way, and the one already handed to the process"
    assert all(future.done() for future in begun.values())
    time.sleep(0.5)
    assert [folder for folder in begun if folder.exists()] == made


def test_an_altered_archive_is_left_to_the_run(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(shipped_archive(), archive)
    shipped = SnapshotStore(archive).list()[-1]
    path = SnapshotStore(archive).folder(shipped) / shipped.files[0].name
    path.write_bytes(path.read_bytes()[:-10])
    staging_cache.begin_shipped(SnapshotStore(tmp_path / "store"), archive)
    assert not staging_cache._under_way


def test_altered_bytes_are_told_by_name(tmp_path: Path, structure: DatasetStructure) -> None:
    store, manifest = imported(tmp_path / "store")
    path = store.folder(manifest) / manifest.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    staging_cache.begin(store, manifest, structure)
    next(iter(staging_cache._under_way.values())).exception()  # begun, so that it is not done here instead
    with pytest.raises(SnapshotError, match="altered or cut"):
        staging_cache.staged(store, manifest, structure)


def test_a_killed_process_costs_time_only(tmp_path: Path, structure: DatasetStructure) -> None:
    store, manifest = imported(tmp_path / "store")
    staging_cache.begin(store, manifest, structure)
    for process in staging_cache._workers()._processes.values():
        process.kill()
    assert staging_cache.staged(store, manifest, structure).row_count > 1_000


def test_a_spoilt_result_is_made_anew_and_one_of_other_code_goes(tmp_path: Path, structure: DatasetStructure) -> None:
    store, manifest = imported(tmp_path / "store")
    whole = staging_cache.staged(store, manifest, structure)
    whole.path("rows").write_bytes(b"cut")
    other = whole.folder.parent.with_name("of-other-code")
    (other / "x").mkdir(parents=True)
    again = staging_cache.staged(store, manifest, structure)
    assert again.sha256 == whole.sha256
    assert again.path("rows").stat().st_size > 1_000
    assert not other.exists()


def test_what_cannot_be_removed_is_told_and_not_mixed_in(
    tmp_path: Path, structure: DatasetStructure, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, manifest = imported(tmp_path / "store")
    whole = staging_cache.staged(store, manifest, structure)
    whole.path("rows").write_bytes(b"cut")

    def refuse(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(staging_cache.shutil, "rmtree", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        staging_cache.staged(store, manifest, structure)


def test_other_processes_take_no_notice_of_ctrl_c() -> None:
    own = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    blocked = staging_cache._submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result(timeout=60)
    assert signal.SIGINT in blocked
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == own, "the run itself still hears it"
