"""Processes that stage snapshots while the run does other work, one for each further core.

Belongs here: handing snapshots to them, taking their results, and ending them with the run.
Does not belong here: the staging itself and where its results are cached (staging_cache.py).

`begin_shipped` hands over what ships with the project before the graph is even loaded, `begin` the others as soon as
their bytes are listed; `staged` takes the result, or does the work itself where it was not begun, and `stop` ends the
processes. They start a fresh Python each, so a script that calls a refresh needs the usual guard
(`if __name__ == "__main__"`).
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
    """Up to so many processes; they start with the first snapshot that is handed over."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._under_way: dict[Path, Future[StagedParts]] = {}

    @property
    def under_way(self) -> Mapping[Path, Future[StagedParts]]:
        """Results that were begun and not taken yet, by the folder that they will have, in the order of their begin."""
        return MappingProxyType(self._under_way)

    def begin_shipped(self, store: SnapshotStore, archive: Path) -> None:
        """Takes in the snapshots that ship with the project and begins to stage them, the largest dataset first.

        The run itself takes a while to start; a snapshot that cannot be taken in is left to it. Only with the lock held:
        what a killed run left half written is removed.
        """
        staging_cache.remove_half_written(store)
        try:
            shipped = [store.import_from(folder) for folder in archive_folders(archive)]
        except (SnapshotError, OSError):  # the asset of the dataset meets it too, and says so
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
        """Hands one snapshot to another process to stage, unless its result is cached; `staged` then waits for it.

        Does nothing on one core, and where this process may have no children.
        """
        folder = staging_cache.folder_of(store, manifest, structure, only)
        if folder in self._under_way or staging_cache.is_cached(folder):
            return
        if self._processes > 0 and not multiprocessing.current_process().daemon:
            with suppress(BrokenProcessPool):  # a process was ended from outside; `staged` does the work
                self._under_way[folder] = self.submit(staging_cache.make, store, manifest, structure, only, folder)

    def staged(
        self, store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
    ) -> StagedParts:
        """The staged result of one snapshot: of the process that began it, else as `staging_cache.staged` has it.

        Raises what that raises; `only`: the series to take, all by default.
        """
        future = self._under_way.pop(staging_cache.folder_of(store, manifest, structure, only), None)
        if future is not None and not future.cancel():
            try:
                return future.result()
            except BrokenProcessPool:  # a process was ended from outside; what it did is done here
                self.stop()
        return staging_cache.staged(store, manifest, structure, only)

    def stop(self) -> None:
        """Ends the processes and drops results that were not taken; waits for the snapshot that is being staged.

        So nothing is written into the home after the run has given its lock back.
        """
        for future in self._under_way.values():
            future.cancel()
        self._under_way.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def submit(self, work: Callable[..., T], *arguments: object) -> Future[T]:
        """Hands any work to the other processes; those that start with it take no notice of Ctrl-C.

        It is sent to them too, and each would show a traceback; they end with the run (`_end_with_the_run`).
        """
        resource_tracker.ensure_running()  # by itself it starts with the first process, and lets the signal through
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what a new process inherits
        try:
            if self._pool is None:
                # spawn: a fork would take DuckDB's locks along without its threads
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_end_with_the_run)
            return self._pool.submit(work, *arguments)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@lru_cache(maxsize=1)
def workers() -> StagingWorkers:
    """The workers of this process: those that a refresh begins are those whose results its assets take."""
    return StagingWorkers(FURTHER_CORES)


def _end_with_the_run() -> None:
    """In another process: ends it when the run's process is gone, for a killed one sends no sign."""
    run = multiprocessing.parent_process()

    def watch() -> None:
        if run is not None:
            run.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    atexit.register(os._exit, 0)  # its results are in files; waiting for the thread to be cleared away is of no use
