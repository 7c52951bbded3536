"""Fixtures of the unit tests: a small audited build, a real release with fewer indicators, a copy of the definitions."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from small_build import SmallBuild, ilo_row, un_row

from indicator_defs.catalog import FOLDER
from indicator_defs.definition_files import definition_files
from indicator_defs.system import settings
from sources import registry
from warehouse.build.engine import computed_tables
from warehouse.build.previous_values import write_previous
from warehouse.build.staging import staged_tables
from warehouse.metadata import TableDescription
from warehouse.release.publish import audit


@pytest.fixture(scope="session")
def whole_build(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """Every table of a build from a few published rows, audited (checks that need all indicators fail on it)."""
    small = SmallBuild(tmp_path_factory.mktemp("whole") / "build")
    un = [un_row("SI_COV_PENSN", "608", year, value, sex="BOTHSEX") for year, value in ((2016, "39.8"), (2020, "20.5"))]
    ilo = [ilo_row("PENSION", "PHL", year, value) for year, value in ((2015, "39.8"), (2019, "48"), (2021, "65.6"))]
    small.stage("unsd_sdg", "sdg", "2023-12-17", un)
    small.stage("ilostat", "SDG_0131_SEX_SOC_RT", "2024-09-12", ilo)
    small.staged()
    small.make(*computed_tables())
    write_previous(small.build, None)
    audit(small.build)
    return small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the definitions that a test can change."""
    to = tmp_path / "indicator_defs"
    for path in definition_files(FOLDER):
        copy = to / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return to


@pytest.fixture(scope="session")
def whole_staged(whole_build: SmallBuild) -> list[TableDescription]:
    """The descriptions of the staged tables of the small build."""
    return staged_tables(whole_build.build, registry.structures())


# Priority indicators without data, contingencies, censored values, event counts, superseded vintages, quoted figures.
SELECTED = (
    "i.indicator_group IN ('coverage', 'disasters', 'adequacy', 'nutrition') OR i.indicator LIKE 'ASP_FIN_G%' OR "
)
SELECTED += "i.indicator IN (SELECT indicator FROM reference.indicator WHERE indicator_group = 'documents' LIMIT 2)"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder shared by all processes of the test run."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if settings.of_system("PYTEST_XDIST_WORKER") else root) / "exports"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_release(release: Path, shared_folder: Path) -> Path:
    """The real release with fewer indicators: the same figures, but faster to export."""
    folder = shared_folder / "release"
    with FileLock(str(shared_folder / "release.lock")):
        if not (folder / "manifest.json").exists():
            folder.mkdir()
            shutil.copyfile(release / "warehouse.duckdb", folder / "warehouse.duckdb")
            con = duckdb.connect(str(folder / "warehouse.duckdb"))
            con.execute(
                f"CREATE TEMP TABLE selected AS SELECT indicator FROM reference.indicator AS i WHERE {SELECTED}"
            )
            tables = con.execute(
                "SELECT c.schema_name, c.table_name FROM duckdb_columns() AS c JOIN duckdb_tables() AS t "
                "ON t.schema_name = c.schema_name AND t.table_name = c.table_name AND NOT t.temporary "
                "WHERE c.column_name = 'indicator' ORDER BY c.table_name = 'indicator'"
            ).fetchall()
            for schema, name in tables:
                con.execute(f'DELETE FROM "{schema}"."{name}" WHERE indicator NOT IN (SELECT indicator FROM selected)')
            con.close()
            shutil.copyfile(release / "manifest.json", folder / "manifest.json")
    return folder
