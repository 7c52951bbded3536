"""The cache of staged results, next to the snapshots: a snapshot never changes, so it is parsed and validated once.

Belongs here: making the staged parts of a snapshot, and when a cached result is used instead.
Does not belong here: the processes that stage in parallel (staging_workers.py), parsing (sources), validation
(warehouse), and the tables of a build (staged.py).

Folder: HOME/snapshots/.staged/FINGERPRINT/PROVIDER__DATASET__SNAPSHOT_ID/. The fingerprint covers the code and YAML that
parse and stage, and the versions of the libraries; results with another fingerprint are removed. A cached result is used
only if the snapshot's bytes and its own still have their sha256. The folder `.staged` can be removed at any time; the
next refresh then takes longer.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from assets.home import ROOT
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest
from sources.snapshots import SnapshotStore
from warehouse.build import staging, staging_records
from warehouse.build.engine import Build, preview, read_files, write_frame
from warehouse.metadata import table

CACHE_FOLDER = ".staged"
RESULT_FILE = "staged.json"
PARTS = ("rows", "dimensions", "rejected")
# Apart from the snapshot, a staged result depends on the code below these paths (a test compares them with the imports)
# and on these libraries.
STAGING_CODE = (
    "sources",
    "warehouse/build/staging.py",
    "warehouse/build/staging_records.py",
    "warehouse/metadata.py",
    "warehouse/connection.py",
    "warehouse/sql_files.py",
    "warehouse/build/engine.py",
    "warehouse/tables",
    "indicator_defs/breakdowns.py",
    "indicator_defs/cell_texts.py",
    "indicator_defs/codelist_files.py",
    "indicator_defs/codelists",
    "indicator_defs/datasets.py",
    "indicator_defs/errors.py",
    "indicator_defs/model.py",
    "indicator_defs/reference_rows.py",
    "indicator_defs/roles.py",
    "indicator_defs/system",
    "indicator_defs/yaml_lines.py",
    "assets/staging_cache.py",
)
STAGING_LIBRARIES = ("pandas", "pandera", "duckdb")


@dataclass(frozen=True)
class StagedParts:
    """The staged result of one snapshot: its Parquet files, their sha256, row count, warnings and failures."""

    folder: Path
    row_count: int
    warnings: list[str]
    failures: int
    first_failures: str
    sha256: dict[str, str]

    def path(self, part: str) -> Path:
        """The file of one part: rows, dimensions or rejected."""
        return self.folder / f"{part}.parquet"


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """sha256 of the code and the library versions that make a staged result from a snapshot."""
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in STAGING_LIBRARIES).encode())
    for name in STAGING_CODE:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            relative = path.relative_to(ROOT)
            if path.suffix in (".py", ".yaml", ".csv") and relative.parts[:2] != ("sources", "archive"):
                digest.update(relative.as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def folder_of(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
) -> Path:
    """The folder of the staged result of one snapshot; a result for some series only has its own folder."""
    name = f"{structure.key}__{manifest.snapshot_id}"
    if only is not None:
        name += "__" + hashlib.sha256("\n".join(sorted(only)).encode()).hexdigest()[:12]
    return store.root / CACHE_FOLDER / fingerprint()[:16] / name


def is_cached(folder: Path) -> bool:
    """Whether this folder has a result; `read` checks that it is complete."""
    return (folder / RESULT_FILE).exists()


def staged(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None = None
) -> StagedParts:
    """The staged result of one snapshot, made now or read from the cache. `only`: the series to use, by default all.

    The snapshot's bytes are checked in both cases. Raises SnapshotError (altered bytes), SourceError (content) and
    PayungError (an answer that no longer fits its structure). A result for some series only is cached separately.
    """
    folder = folder_of(store, manifest, structure, only)
    found = read(folder)
    if found is not None:
        store.verify(manifest)
        return found
    return make(store, manifest, structure, only, folder)


def make(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None, folder: Path
) -> StagedParts:
    """Parses, validates and writes the result of one snapshot into `folder`; removes results of other code versions."""
    parsed = registry.parse_snapshot(store, manifest)
    frame = parsed.frame if only is None else parsed.frame[parsed.frame["series"].isin(only)]
    if structure.shape == "records":
        result = staging_records.stage_records(frame, structure, manifest.place)
    else:
        dimensions = {c.published_as: c.name for c in parsed.extra_columns if c.role == "dimension"}
        result = staging.stage(frame, structure, manifest.place, dimensions)
    half_written = folder.with_name(f".{folder.name}.{os.getpid()}")
    if half_written.exists():  # left by a failed attempt of this process
        shutil.rmtree(half_written)
    build = Build(half_written)
    shapes = {
        "rows": (staging.table_of(result.rows, structure), result.rows),
        "dimensions": (table("staged.series_dimension"), result.dimensions),
        "rejected": (table("lineage.rejection"), result.rejected),
    }
    for part, (shape, rows) in shapes.items():
        write_frame(build, shape, rows, half_written / f"{part}.parquet")
    parts = StagedParts(
        folder=folder,
        row_count=len(frame),
        warnings=list(parsed.warnings),
        failures=len(result.failures),
        first_failures=result.failures.head(5).to_string() if len(result.failures) else "",
        sha256={part: _sha256(half_written / f"{part}.parquet") for part in PARTS},
    )
    facts = {k: v for k, v in asdict(parts).items() if k != "folder"}
    (half_written / RESULT_FILE).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    if folder.exists():  # damaged: a complete result would have been used
        shutil.rmtree(folder)
    half_written.rename(folder)
    for other in (store.root / CACHE_FOLDER).glob("*"):
        if other.name != folder.parent.name:  # made by another version of the code
            # Several processes may remove it at once; what remains is removed after the next result.
            shutil.rmtree(other, ignore_errors=True)
    return parts


def read(folder: Path) -> StagedParts | None:
    """A cached result if it is complete and unaltered; otherwise None, and the caller makes it again."""
    try:
        facts = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
        parts = StagedParts(folder=folder, **facts)
        is_intact = all(_sha256(parts.path(part)) == parts.sha256[part] for part in PARTS)
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
    ):  # missing, truncated or altered; it can be made again from the snapshot
        return None
    return parts if is_intact else None


def remove_half_written(store: SnapshotStore) -> None:
    """Removes results that a killed run did not finish. The caller must hold the lock."""
    for left in (store.root / CACHE_FOLDER).glob("*/.*"):
        # A process of the killed run may still write here; a later run removes what remains.
        shutil.rmtree(left, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def columns_of(results: Sequence[StagedParts]) -> list[str]:
    """The columns of all these staged results, in the order of their first occurrence."""
    names: dict[str, None] = {}
    for parts in results:
        names |= dict.fromkeys(preview(parts.path("rows"), rows=0)[0])
    return list(names)


def rejected_rows(results: Sequence[StagedParts]) -> pd.DataFrame:
    """The rejected rows of all these staged results (columns of lineage.rejection)."""
    paths = [parts.path("rejected") for parts in results]
    return read_files(paths) if paths else pd.DataFrame()
