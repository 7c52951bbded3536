"""Staged results of snapshots, kept beside them: a snapshot never changes, so it is parsed and validated once.

Belongs here: the one way from a snapshot to its staged parts, and when a kept result may stand for it.
Does not belong here: parsing (sources), validation (warehouse), and the tables of a build (staged.py).

Folder: HOME/snapshots/.staged/FINGERPRINT/PROVIDER__DATASET__SNAPSHOT_ID/. The fingerprint is taken over the code and
YAML that parse and stage, and over the versions of the libraries that do the work; results of another fingerprint are
removed. A kept result is used only where the snapshot's bytes and its own still have their sha256. Removing the whole
folder `.staged` costs nothing but time.

Snapshots that are new are staged by processes beside the run, one for each further core: `begin_shipped` hands over
what ships with the project before the graph is even loaded, `begin` the others as soon as their bytes are listed;
`staged` takes the result, or does the work itself where it was not begun, and `stop` ends the processes. They start a
fresh Python each, so a script that calls a refresh needs the usual guard (`if __name__ == "__main__"`).
"""

from __future__ import annotations

import atexit
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TypeVar

import pandas as pd

from assets.home import ROOT
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest, SnapshotError
from sources.shipped_archive import archive_folders
from sources.snapshots import SnapshotStore
from warehouse.build import staging
from warehouse.build.engine import Build, preview, read_files, write_frame
from warehouse.metadata import table

T = TypeVar("T")

FOLDER = ".staged"
TOLD = "staged.json"
PARTS = ("rows", "dimensions", "rejected")
# What a staged result depends on, apart from the snapshot: code below these paths (a test compares them with the imports),
# and these libraries.
CODE = (
    "sources",
    "warehouse/build/staging.py",
    "warehouse/metadata.py",
    "warehouse/connection.py",
    "warehouse/build/engine.py",
    "warehouse/tables",
    "indicator_defs/breakdowns.py",
    "indicator_defs/cell_texts.py",
    "indicator_defs/datasets.py",
    "indicator_defs/errors.py",
    "indicator_defs/model.py",
    "indicator_defs/reference_rows.py",
    "indicator_defs/roles.py",
    "indicator_defs/system",
    "indicator_defs/yaml_lines.py",
    "assets/staging_cache.py",
)
FURTHER_CORES = (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) - 1
LIBRARIES = ("pandas", "pandera", "duckdb")


@dataclass(frozen=True)
class Kept:
    """The staged result of one snapshot: its Parquet files, and what is told of it."""

    folder: Path
    row_count: int
    warnings: list[str]
    failures: int
    first_failures: str
    sha256: dict[str, str]

    def path(self, part: str) -> Path:
        """The file of one part: rows, dimensions or rejected."""
        return self.folder / f"{part}.parquet"


# Results under way in other processes, by the folder that they will have.
_under_way: dict[Path, Future[Kept]] = {}


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """sha256 over the code and the libraries that make a staged result from a snapshot."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in LIBRARIES).encode())
    for name in CODE:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            relative = path.relative_to(ROOT)
            if path.suffix in (".py", ".yaml") and relative.parts[:2] != ("sources", "archive"):
                digest.update(relative.as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def staged(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
) -> Kept:
    """The staged result of one snapshot, made now or kept from before; `only`: the series to take, all by default.

    The snapshot's bytes are checked either way. Raises SnapshotError (altered bytes), SourceError (content) and
    PayungError (an answer that no longer fits its structure). A result for some series only is kept on its own.
    """
    folder = _folder(store, manifest, structure, only)
    under_way = _under_way.pop(folder, None)
    if under_way is not None and not under_way.cancel():
        try:
            return under_way.result()
        except BrokenProcessPool:  # a process was ended from outside; what it did is done here
            stop()
    found = _read(folder)
    if found is not None:
        store.verify(manifest)
        return found
    return _make(store, manifest, structure, only, folder)


def begin_shipped(store: SnapshotStore, archive: Path) -> None:
    """Takes in the snapshots that ship with the project and begins to stage them, the largest dataset first.

    The run itself takes a while to start; a snapshot that cannot be taken in is left to it. Only with the lock held:
    what a killed run left half written is removed.
    """
    for left in (store.root / FOLDER).glob("*/.*"):
        # A process of the killed run may still be ending and write here; what stays is removed by a later run.
        shutil.rmtree(left, ignore_errors=True)
    try:
        shipped = [store.import_from(folder) for folder in archive_folders(archive)]
    except (SnapshotError, OSError):  # the asset of the dataset meets it too, and says so
        return
    parts = [
        (s, [m for m in shipped if (m.provider, m.dataset) == (s.provider, s.dataset)]) for s in registry.structures()
    ]
    for structure, manifests in sorted(parts, key=lambda part: -sum(f.bytes for m in part[1] for f in m.files)):
        for manifest in manifests:
            begin(store, manifest, structure)


def begin(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
) -> None:
    """Hands one snapshot to another process to stage, unless its result is kept; `staged` then waits for it.

    Does nothing on one core, and where this process may have no children.
    """
    folder = _folder(store, manifest, structure, only)
    if folder in _under_way or (folder / TOLD).exists():
        return
    if _may_have_children():
        with suppress(BrokenProcessPool):  # a process was ended from outside; `staged` does the work
            _under_way[folder] = _submit(_make, store, manifest, structure, only, folder)


def stop() -> None:
    """Ends the processes of `begin` and forgets what nobody waited for; waits for the snapshot that is being staged.

    So nothing is written into the home after the run has given its lock back.
    """
    for future in _under_way.values():
        future.cancel()
    _under_way.clear()
    if _workers.cache_info().currsize:
        _workers().shutdown(cancel_futures=True)
        _workers.cache_clear()


def _may_have_children() -> bool:
    return FURTHER_CORES > 0 and not multiprocessing.current_process().daemon


@lru_cache(maxsize=1)
def _workers() -> ProcessPoolExecutor:
    # spawn: a fork would take DuckDB's locks along without its threads
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(FURTHER_CORES, mp_context=context, initializer=_end_with_the_run)


def _submit(work: Callable[..., T], *arguments: object) -> Future[T]:
    """Hands work to the other processes; those that start with it take no notice of Ctrl-C.

    It is sent to them too, and each would show a traceback; they end with the run (`_end_with_the_run`).
    """
    resource_tracker.ensure_running()  # by itself it starts with the first process, and lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what a new process inherits
    try:
        return _workers().submit(work, *arguments)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_the_run() -> None:
    """In a process of `begin`: ends it when the run's process is gone, which a kill would not tell it."""
    run = multiprocessing.parent_process()

    def watch() -> None:
        if run is not None:
            run.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    atexit.register(os._exit, 0)  # its results stand in files; waiting for the thread to be cleared away is of no use


def _folder(store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None) -> Path:
    name = f"{structure.key}__{manifest.snapshot_id}"
    if only is not None:
        name += "__" + hashlib.sha256("\n".join(sorted(only)).encode()).hexdigest()[:12]
    return store.root / FOLDER / fingerprint()[:16] / name


def _make(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None, folder: Path
) -> Kept:
    parsed = registry.parse_snapshot(store, manifest)
    frame = parsed.frame if only is None else parsed.frame[parsed.frame["series"].isin(only)]
    more = {c.published_as: c.name for c in parsed.extra_columns if c.role == "dimension"}
    result = staging.stage(frame, structure, manifest.place, more)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    if aside.exists():  # left by an attempt of this very process that failed
        shutil.rmtree(aside)
    build = Build(aside)
    shapes = {
        "rows": (staging.table_of(result.rows, structure), result.rows),
        "dimensions": (table("staged.series_dimension"), result.dimensions),
        "rejected": (table("lineage.rejection"), result.rejected),
    }
    for part, (shape, rows) in shapes.items():
        write_frame(build, shape, rows, aside / f"{part}.parquet")
    kept = Kept(
        folder=folder,
        row_count=len(frame),
        warnings=list(parsed.warnings),
        failures=len(result.failures),
        first_failures=result.failures.head(5).to_string() if len(result.failures) else "",
        sha256={part: _sha256(aside / f"{part}.parquet") for part in PARTS},
    )
    told = {k: v for k, v in asdict(kept).items() if k != "folder"}
    (aside / TOLD).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    if folder.exists():  # spoilt: a whole one would have been taken
        shutil.rmtree(folder)
    aside.rename(folder)
    for other in (store.root / FOLDER).glob("*"):
        if other.name != folder.parent.name:  # made by another state of the code
            # Several processes may be removing it at once; what stays is tried again after the next result.
            shutil.rmtree(other, ignore_errors=True)
    return kept


def _read(folder: Path) -> Kept | None:
    """A kept result that is whole, else None: it is then made anew."""
    try:
        told = json.loads((folder / TOLD).read_text(encoding="utf-8"))
        kept = Kept(folder=folder, **told)
        whole = all(_sha256(kept.path(part)) == kept.sha256[part] for part in PARTS)
    except (OSError, ValueError, TypeError, KeyError):  # not there, cut or altered: the snapshot has it all
        return None
    return kept if whole else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def columns_of(kept: Sequence[Kept]) -> list[str]:
    """The columns of staged results together, in the order in which they first occur."""
    names: dict[str, None] = {}
    for k in kept:
        names |= dict.fromkeys(preview(k.path("rows"), rows=0)[0])
    return list(names)


def rejected_rows(kept: Sequence[Kept]) -> pd.DataFrame:
    """The rejected rows of staged results together (columns of lineage.rejection)."""
    paths = [k.path("rejected") for k in kept]
    return read_files(paths) if paths else pd.DataFrame()
