"""Staging in worker processes: same results and errors as in the run; a killed process does no harm."""

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
    """One worker process, as on two cores."""
    one = StagingWorkers(processes=1)
    yield one
    one.stop()


def test_worker_process_gives_the_same_result(
    workers: StagingWorkers, stored: Stored, structure: DatasetStructure, tmp_path: Path
) -> None:
    store, manifest = stored
    other_store = SnapshotStore(tmp_path / "store of the run")
    in_the_run = staging_cache.staged(other_store, other_store.import_from(store.folder(manifest)), structure)
    workers.begin(store, manifest, structure)
    (in_progress,) = workers.in_progress.values()
    in_progress.result()
    from_worker = workers.staged(store, manifest, structure)
    assert from_worker.row_count == in_the_run.row_count > 1_000
    assert from_worker.sha256 == in_the_run.sha256
    workers.begin(store, manifest, structure)
    assert not workers.in_progress, "a cached result is not made again"


def test_bundled_archive_begins_with_the_largest_dataset(workers: StagingWorkers, tmp_path: Path) -> None:
    archive, store = shipped_archive(), SnapshotStore(tmp_path / "store")
    workers.begin_shipped(store, archive)
    shipped = SnapshotStore(archive).list()
    submitted = [folder.name for folder in workers.in_progress]
    assert sorted(submitted) == sorted(f"{m.provider}__{m.dataset}__{m.snapshot_id}" for m in shipped)
    assert submitted[0].startswith("unsd_sdg__")
    assert [m.place for m in store.list()] == [m.place for m in shipped]


def test_nothing_is_staged_after_stop(workers: StagingWorkers, tmp_path: Path) -> None:
    workers.begin_shipped(SnapshotStore(tmp_path / "store"), shipped_archive())
    submitted = dict(workers.in_progress)
    workers.stop()
    assert not workers.in_progress
    made = [folder for folder in submitted if folder.exists()]
    assert len(made) <= 2, "one in progress, and one already sent to the process"
    assert all(future.done() for future in submitted.values())
    time.sleep(0.5)
    assert [folder for folder in submitted if folder.exists()] == made


def test_altered_archive_is_left_to_the_run(workers: StagingWorkers, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(shipped_archive(), archive)
    shipped = SnapshotStore(archive).list()[-1]
    path = SnapshotStore(archive).folder(shipped) / shipped.files[0].name
    path.write_bytes(path.read_bytes()[:-10])
    workers.begin_shipped(SnapshotStore(tmp_path / "store"), archive)
    assert not workers.in_progress


def test_altered_bytes_are_reported(workers: StagingWorkers, stored: Stored, structure: DatasetStructure) -> None:
    store, manifest = stored
    path = store.folder(manifest) / manifest.files[0].name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-10])
    workers.begin(store, manifest, structure)
    (in_progress,) = workers.in_progress.values()
    in_progress.exception()  # wait until it has begun, otherwise this process does the work
    with pytest.raises(SnapshotError, match="altered or cut"):
        workers.staged(store, manifest, structure)


@pytest.mark.parametrize("is_staging", [False, True])
def test_work_of_a_killed_process_is_done_by_the_run(
    workers: StagingWorkers, stored: Stored, structure: DatasetStructure, is_staging: bool
) -> None:
    store, manifest = stored
    process = workers.submit(os.getpid).result(timeout=60)
    workers.begin(store, manifest, structure)
    (in_progress,) = workers.in_progress.values()
    while is_staging and not (in_progress.running() or in_progress.done()):
        time.sleep(0.001)
    os.kill(process, signal.SIGKILL)
    if is_staging:
        assert in_progress.exception(timeout=60) is not None, "killed while staging"
    assert workers.staged(store, manifest, structure).row_count > 1_000
    assert not workers.in_progress


def test_run_does_all_work_on_one_core(stored: Stored, structure: DatasetStructure) -> None:
    alone = StagingWorkers(processes=0)
    alone.begin(*stored, structure)
    assert not alone.in_progress
    assert alone.staged(*stored, structure).row_count > 1_000


def test_workers_are_shared_within_a_process() -> None:
    assert staging_workers.workers() is staging_workers.workers()


def test_worker_processes_ignore_ctrl_c(workers: StagingWorkers) -> None:
    own = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    blocked = workers.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result(timeout=60)
    assert signal.SIGINT in blocked
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == own, "the run still receives it"
