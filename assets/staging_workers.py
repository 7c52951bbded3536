"""Worker processes that stage snapshots in parallel with the run, one for each further core.

Belongs here: submitting snapshots to them, returning their results, and ending them with the run.
Does not belong here: the staging itself and its cache (staging_cache.py).

`begin_shipped` submits the bundled archive before the graph is loaded, `begin` other snapshots as soon as they are
listed. `staged` returns the result, or does the work itself if it was not submitted. `stop` ends the processes. Each
process starts a new Python, so a script that calls a refresh needs the usual guard (`if __name__ == "__main__"`).
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import lru_cache
from multiprocessing import resource_tracker
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from assets import staging_cache
from assets.staging_cache import StagedParts
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest, SnapshotError
from sources.shipped_archive import archive_folders
from sources.snapshots import SnapshotStore

T = TypeVar("T")

FURTHER_CORES = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) - 1


class StagingWorkers:
    """A pool of at most `processes` worker processes, started with the first snapshot."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._in_progress: dict[Path, Future[StagedParts]] = {}

    @property
    def in_progress(self) -> Mapping[Path, Future[StagedParts]]:
        """Results in progress or not yet fetched by `staged`, by their future folder, in the order of submission."""
        return MappingProxyType(self._in_progress)

    def begin_shipped(self, store: SnapshotStore, archive: Path) -> None:
        """Imports the snapshots of the bundled archive and begins to stage them, the largest dataset first.

        This uses the time in which the run starts; the run reports snapshots that cannot be imported. Also removes
        results that a killed run did not finish, so the caller must hold the lock.
        """
        staging_cache.remove_half_written(store)
        try:
            shipped = [store.import_from(folder) for folder in archive_folders(archive)]
        except (SnapshotError, OSError):  # the asset of the dataset meets the same error and reports it
            return
        by_dataset = [
            (s, [m for m in shipped if (m.provider, m.dataset) == (s.provider, s.dataset)])
            for s in registry.structures()
        ]
        for structure, manifests in sorted(by_dataset, key=lambda d: -sum(f.bytes for m in d[1] for f in m.files)):
            for manifest in manifests:
                self.begin(store, manifest, structure)

    def begin(
        self, store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
    ) -> None:
        """Submits one snapshot to a worker process, unless its result is cached; `staged` then waits for it.

        Does nothing on a machine with one core, and in a process that must not have children.
        """
        folder = staging_cache.folder_of(store, manifest, structure, only)
        if folder in self._in_progress or staging_cache.is_cached(folder):
            return
        if self._processes > 0 and not multiprocessing.current_process().daemon:
            with suppress(BrokenProcessPool):  # a worker process was killed; `staged` does the work
                self._in_progress[folder] = self.submit(staging_cache.make, store, manifest, structure, only, folder)

    def staged(
        self, store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
    ) -> StagedParts:
        """The staged result of one snapshot, from the worker process or from `staging_cache.staged`.

        Raises what that raises. `only`: the series to use, by default all.
        """
        future = self._in_progress.pop(staging_cache.folder_of(store, manifest, structure, only), None)
        if future is not None and not future.cancel():
            try:
                return future.result()
            except BrokenProcessPool:  # a worker process was killed; its work is done here
                self.stop()
        return staging_cache.staged(store, manifest, structure, only)

    def stop(self) -> None:
        """Ends the processes and drops results that were not used; waits for the snapshot that is being staged.

        So nothing is written into the home after the run has released its lock.
        """
        for future in self._in_progress.values():
            future.cancel()
        self._in_progress.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def submit(self, work: Callable[..., T], *arguments: object) -> Future[T]:
        """Submits work to the worker processes. Processes started here ignore Ctrl-C.

        The terminal sends it to them too, and each would print a traceback; they end with the run (`_end_with_the_run`).
        """
        resource_tracker.ensure_running()  # otherwise it starts with the first process and unblocks the signal
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # new processes inherit this
        try:
            if self._pool is None:
                # spawn: a fork would copy DuckDB's locks without its threads
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_end_with_the_run)
            return self._pool.submit(work, *arguments)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@lru_cache(maxsize=1)
def workers() -> StagingWorkers:
    """The workers of this process, shared by the refresh that submits snapshots and the assets that use the results."""
    return StagingWorkers(FURTHER_CORES)


def _end_with_the_run() -> None:
    """Runs in each worker process: ends it when the run's process has ended, because a killed one sends no signal."""
    run = multiprocessing.parent_process()

    def watch() -> None:
        if run is not None:
            run.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    atexit.register(os._exit, 0)  # the results are in files, so there is no need to wait for the thread
