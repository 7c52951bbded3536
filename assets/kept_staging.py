"""Staged results of snapshots, kept beside them: a snapshot never changes, so it is parsed and validated once.

Belongs here: the one way from a snapshot to its staged parts, and when a kept result may stand for it.
Does not belong here: parsing (sources), validation (warehouse), and the tables of a build (staged.py).

Folder: HOME/snapshots/.staged/FINGERPRINT/PROVIDER__DATASET__SNAPSHOT_ID/. The fingerprint is taken over the code and
YAML that parse and stage, and over the versions of the libraries that do the work; results of another fingerprint are
removed. A kept result is used only where the snapshot's bytes and its own still have their sha256. Removing the whole
folder `.staged` costs nothing but time.
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

from assets.inputs import ROOT
from indicator_defs.model import DatasetStructure
from sources import registry
from sources.snapshots import Manifest, SnapshotStore
from warehouse import staging
from warehouse.engine import Build, preview, read_files, write_frame
from warehouse.metadata import table

FOLDER = ".staged"
TOLD = "staged.json"
PARTS = ("rows", "dimensions", "rejected")
# What a staged result depends on beside the snapshot: code below these paths, and these libraries.
CODE = (
    "sources",
    "warehouse/staging.py",
    "warehouse/metadata.py",
    "warehouse/engine.py",
    "warehouse/tables",
    "indicator_defs/model.py",
    "assets/kept_staging.py",
)
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
    name = f"{structure.key}__{manifest.snapshot_id}"
    if only is not None:
        name += "__" + hashlib.sha256("\n".join(sorted(only)).encode()).hexdigest()[:12]
    top = store.root / FOLDER
    folder = top / fingerprint()[:16] / name
    found = _read(folder)
    if found is not None:
        store.verify(manifest)
        return found
    for other in top.glob("*"):
        if other.name != folder.parent.name:
            shutil.rmtree(other, ignore_errors=True)
    return _make(store, manifest, structure, only, folder)


def _make(
    store: SnapshotStore, manifest: Manifest, structure: DatasetStructure, only: Sequence[str] | None, folder: Path
) -> Kept:
    parsed = registry.parse_snapshot(store, manifest)
    frame = parsed.frame if only is None else parsed.frame[parsed.frame["series"].isin(only)]
    more = {c.published_as: c.name for c in parsed.extra_columns if c.role == "dimension"}
    result = staging.stage(frame, structure, manifest.place, more)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
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
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    return kept


def _read(folder: Path) -> Kept | None:
    """A kept result that is whole, else None: it is then made anew."""
    try:
        told = json.loads((folder / TOLD).read_text(encoding="utf-8"))
        kept = Kept(folder=folder, **told)
        whole = all(_sha256(kept.path(part)) == kept.sha256[part] for part in PARTS)
    except (OSError, ValueError, TypeError, KeyError):
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
