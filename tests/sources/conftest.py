"""Fixtures of the sources tests: the shipped archive, a new store, and servers instead of the providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from providers.servers import Providers, serving

from sources import registry
from sources.manifests import Manifest
from sources.parsing import ParsedDataset
from sources.provider_spec import ProviderSpec
from sources.registry import parse_snapshot
from sources.shipped_archive import shipped_archive
from sources.snapshots import SnapshotStore


@pytest.fixture(scope="session")
def archive() -> SnapshotStore:
    """The store of the shipped archive."""
    return SnapshotStore(shipped_archive())


@pytest.fixture(scope="session")
def archived(archive: SnapshotStore) -> dict[str, Manifest]:
    """The newest shipped snapshot of each dataset, by PROVIDER/DATASET."""
    return {f"{m.provider}/{m.dataset}": m for m in archive.list()}


@pytest.fixture(scope="session")
def parsed(archive: SnapshotStore) -> dict[str, ParsedDataset]:
    """All shipped snapshots, parsed, by PROVIDER/DATASET/SNAPSHOT_ID."""
    return {m.place: parse_snapshot(archive, m) for m in archive.list()}


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    """An empty store."""
    return SnapshotStore(tmp_path / "snapshots")


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """A limit of two million bytes per answer for every provider."""
    real = registry.provider

    def small(name: str) -> ProviderSpec:
        spec = real(name)
        limits = spec.limits and spec.limits.model_copy(update={"answer_megabytes": 2})
        return spec.model_copy(update={"limits": limits})

    monkeypatch.setattr(registry, "provider", small)
    return 2_000_000


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """Servers that answer like the providers; the environment variables have their addresses."""
    with serving() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
