"""One snapshot of the bundled archive in its own store, for the tests of staging."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicator_defs.datasets import DatasetStructure
from sources import registry
from sources.manifests import Manifest
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore

ILO = ("ilostat", "SDG_0131_SEX_SOC_RT")


@pytest.fixture
def structure() -> DatasetStructure:
    return next(s for s in registry.structures() if (s.provider, s.dataset) == ILO)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[SnapshotStore, Manifest]:
    """A store with one snapshot of the dataset."""
    archive, store = SnapshotStore(shipped_archive()), SnapshotStore(tmp_path / "store")
    shipped = next(m for m in archive.list() if (m.provider, m.dataset) == ILO)
    return store, store.import_from(archive.folder(shipped))
