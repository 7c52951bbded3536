"""The exports of the small release (tests/unit/conftest.py), written once per test run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from warehouse.export import export


def _exported(release: Path, folder: Path, kind: str) -> Path:
    with FileLock(str(folder / f"{kind}.lock")):
        done = folder / f"{kind}.done"
        if not done.exists():
            done.write_text("\n".join(str(p) for p in export(release, folder / "out", [kind])), encoding="utf-8")
    return folder / "out"


@pytest.fixture(scope="session")
def workbook_path(small_release: Path, shared_folder: Path) -> Path:
    """The workbook."""
    return next(_exported(small_release, shared_folder, "xlsx").glob("payung_*.xlsx"))


@pytest.fixture(scope="session", params=["csv", "parquet"])
def package_folder(request: pytest.FixtureRequest, small_release: Path, shared_folder: Path) -> Path:
    """The folder of a data package, CSV or Parquet."""
    return _exported(small_release, shared_folder, request.param) / str(request.param)


@pytest.fixture(scope="session")
def figure_folder(small_release: Path, shared_folder: Path) -> Path:
    """The folder of the figures."""
    return _exported(small_release, shared_folder, "figures") / "figures"


@pytest.fixture(scope="session")
def site(small_release: Path, shared_folder: Path) -> Path:
    """The folder of the site."""
    return _exported(small_release, shared_folder, "site") / "site"


@pytest.fixture(scope="session")
def database(small_release: Path) -> duckdb.DuckDBPyConnection:
    """The database of the small release, open for reading."""
    return duckdb.connect(str(small_release / "warehouse.duckdb"), read_only=True)
