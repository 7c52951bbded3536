"""Staging in other processes: the same result as in the run itself, the same errors, no harm from a killed process."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets import staging_cache, staging_workers
from assets.staging_workers import StagingWorkers
from indicator_defs.datasets import DatasetStructure
from sources.manifests import Manifest, SnapshotError
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

Stored = tuple[SnapshotStore, Manifest]


@pytest.fixture
def workers() -> Iterator[StagingWorkers]:
    """One further process, as on two cores."""
    one = StagingWorkers(processes=1)
    yield one
    one.stop()


def test_a_result_of_another_process_is_the_same(
    workers: StagingWorkers, stored: Stored, structure: DatasetStructure, tmp_path: Path
) -> None:
    store, manifest = stored
    other_store = SnapshotStore(tmp_path / "of the run itself")
    in_the_run = staging_cache.staged(other_store, other_store.import_from(store.folder(manifest)), structure)
    workers.begin(store, manifest, structure)
    (under_way,) = workers.under_way.values()
    under_way.result()
    in_another = workers.staged(store, manifest, structure)
    assert in_another.row_count == in_the_run.row_count > 1_000
    assert in_another.sha256 == in_the_run.sha256
    workers.begin(store, manifest, structure)
    assert not workers.under_way, "what is cached is not made again"


def test_what_ships_is_begun_before_the_run_with_the_largest_dataset_first(
    workers: StagingWorkers, tmp_path: Path
) -> None:
    archive, store = shipped_archive(), SnapshotStore(tmp_path / "store")
    workers.begin_shipped(store, archive)
    shipped = SnapshotStore(archive).list()
    begun = [folder.name for folder in workers.under_way]
    assert sorted(begun) == sorted(f"{m.provider}__{m.dataset}__{m.snapshot_id}" for m in shipped)
    assert begun[0].startswith("unsd_sdg__")
    assert [m.place for m in store.list()] == [m.place for m in shipped]


def test_after_the_end_nothing_more_is_staged(workers: StagingWorkers, tmp_path: Path) -> None:
    workers.begin_shipped(SnapshotStore(tmp_path / "store"), shipped_archive())
    begun = dict(workers.under_way)
    workers.stop()
    assert not workers.under_way
    made = [folder for folder in begun if folder.exists()]
    assert len(made) <= 2, "the one under way, and the one already handed to the process"
    assert all(future.done() for future in begun.values())
    time.sleep(0.5)
    assert [folder for folder in begun if folder.exists()] == made


def test_an_altered_archive_is_left_to_the_run(workers: StagingWorkers, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(shipped_archive(), archive)
    shipped = SnapshotStore(archive).list()[-1]
    path = SnapshotStore(archive).folder(shipped) / shipped.files[0].name
    path.write_bytes(path.read_bytes()[:-10])
    workers.begin_shipped(SnapshotStore(tmp_path / "store"), archive)
    assert not workers.under_way


def test_altered_bytes_are_told_by_name(workers: StagingWorkers, stored: Stored, structure: DatasetStructure) -> None:
    store, manifest = stored
    path = store.folder(manifest) / manifest.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    workers.begin(store, manifest, structure)
    (under_way,) = workers.under_way.values()
    under_way.exception()  # begun, so that it is not done here instead
    with pytest.raises(SnapshotError, match="altered or cut"):
        workers.staged(store, manifest, structure)


@pytest.mark.parametrize("is_staging", [False, True])
def test_a_killed_process_costs_time_only(
    workers: StagingWorkers, stored: Stored, structure: DatasetStructure, is_staging: bool
) -> None:
    store, manifest = stored
    process = workers.submit(os.getpid).result(timeout=60)
    workers.begin(store, manifest, structure)
    (under_way,) = workers.under_way.values()
    while is_staging and not (under_way.running() or under_way.done()):
        time.sleep(0.001)
    os.kill(process, signal.SIGKILL)
    if is_staging:
        assert under_way.exception(timeout=60) is not None, "killed in the middle of it"
    assert workers.staged(store, manifest, structure).row_count > 1_000
    assert not workers.under_way


def test_on_one_core_the_run_does_it_all(stored: Stored, structure: DatasetStructure) -> None:
    alone = StagingWorkers(processes=0)
    alone.begin(*stored, structure)
    assert not alone.under_way
    assert alone.staged(*stored, structure).row_count > 1_000


def test_one_process_has_one_set_of_workers() -> None:
    assert staging_workers.workers() is staging_workers.workers()


def test_other_processes_take_no_notice_of_ctrl_c(workers: StagingWorkers) -> None:
    own = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    blocked = workers.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result(timeout=60)
    assert signal.SIGINT in blocked
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == own, "the run itself still hears it"
