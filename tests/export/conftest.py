"""A real release cut down to the indicators that show every kind of row, and its exports, made once per test run."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from indicator_defs.system import settings
from warehouse.export import export

# Gaps that stand first, contingencies, censored values, counts of events, superseded vintages, figures of documents.
KEPT = "i.indicator_group IN ('coverage', 'disasters', 'adequacy', 'nutrition') OR i.indicator LIKE 'ASP_FIN_G%' OR "
KEPT += "i.indicator IN (SELECT indicator FROM reference.indicator WHERE indicator_group = 'documents' LIMIT 2)"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of the test run share."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if settings.of_system("PYTEST_XDIST_WORKER") else root) / "exports"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_release(release: Path, shared_folder: Path) -> Path:
    """The real release with fewer indicators: the same figures, in less time."""
    folder = shared_folder / "release"
    with FileLock(str(shared_folder / "release.lock")):
        if not (folder / "manifest.json").exists():
            folder.mkdir()
            shutil.copyfile(release / "warehouse.duckdb", folder / "warehouse.duckdb")
            con = duckdb.connect(str(folder / "warehouse.duckdb"))
            con.execute(f"CREATE TEMP TABLE kept AS SELECT indicator FROM reference.indicator AS i WHERE {KEPT}")
            holders = con.execute(
                "SELECT c.schema_name, c.table_name FROM duckdb_columns() AS c JOIN duckdb_tables() AS t "
                "ON t.schema_name = c.schema_name AND t.table_name = c.table_name AND NOT t.temporary "
                "WHERE c.column_name = 'indicator' ORDER BY c.table_name = 'indicator'"
            ).fetchall()
            for schema, name in holders:
                con.execute(f'DELETE FROM "{schema}"."{name}" WHERE indicator NOT IN (SELECT indicator FROM kept)')
            con.close()
            shutil.copyfile(release / "manifest.json", folder / "manifest.json")
    return folder


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
    """The folder of a data package, of either kind."""
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
