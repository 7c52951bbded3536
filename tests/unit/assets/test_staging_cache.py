"""The cache of staged results: intact ones are used, damaged ones made again, those of other code removed."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from assets import staging_cache
from assets.home import ROOT
from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest
from sources.snapshots import SnapshotStore


def test_intact_result_is_read_and_not_made_again(
    stored: tuple[SnapshotStore, Manifest], structure: DatasetStructure
) -> None:
    first = staging_cache.staged(*stored, structure)
    at = first.path("rows").stat().st_mtime_ns
    assert staging_cache.is_cached(first.folder)
    assert staging_cache.read(first.folder) == first == staging_cache.staged(*stored, structure)
    assert first.path("rows").stat().st_mtime_ns == at


def test_damaged_result_is_made_again_and_one_of_other_code_removed(
    stored: tuple[SnapshotStore, Manifest], structure: DatasetStructure
) -> None:
    intact = staging_cache.staged(*stored, structure)
    intact.path("rows").write_bytes(b"cut")
    other = intact.folder.parent.with_name("of-other-code")
    (other / "x").mkdir(parents=True)
    again = staging_cache.staged(*stored, structure)
    assert again.sha256 == intact.sha256
    assert again.path("rows").stat().st_size > 1_000
    assert not other.exists()


def test_damaged_result_that_cannot_be_removed_is_reported(
    stored: tuple[SnapshotStore, Manifest], structure: DatasetStructure, monkeypatch: pytest.MonkeyPatch
) -> None:
    intact = staging_cache.staged(*stored, structure)
    intact.path("rows").write_bytes(b"cut")

    def refuse(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        staging_cache.staged(*stored, structure)


def test_fingerprint_covers_all_code_that_makes_a_result() -> None:
    """Compares STAGING_CODE with the imports of parsing and staging; providers' modules are found by their YAML."""
    packages = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
    imports = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    direct = imports.find_modules_directly_imported_by("assets.staging_cache")
    first = (direct - {"assets.home"}) | {f"sources.providers.{name}" for name in registry.providers()}  # only ROOT
    needed = first.union(*(imports.find_upstream_modules(m) for m in first)) | {"assets.staging_cache"}
    assert {"indicator_defs.datasets", "sources.providers.national", "warehouse.build.staging"} <= needed
    covered = {}
    for module in needed:
        path = module.replace(".", "/")
        covered[module] = [c for c in staging_cache.STAGING_CODE if f"{path}.py" == c or f"{path}/".startswith(f"{c}/")]
    assert [m for m, by in sorted(covered.items()) if not by] == [], "add it to staging_cache.STAGING_CODE"
    # data folders that metadata.py and codelist_files.py read
    used = {c for by in covered.values() for c in by} | {"warehouse/tables", "indicator_defs/codelists"}
    assert used == set(staging_cache.STAGING_CODE)
    assert all((ROOT / c).exists() for c in staging_cache.STAGING_CODE)
