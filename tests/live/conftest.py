"""Fixtures of the live tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.snapshots import SnapshotStore


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    """An empty store."""
    return SnapshotStore(tmp_path / "snapshots")
