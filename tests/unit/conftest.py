"""Fixtures of the unit tests: one whole small build, audited, that can be published; and a catalogue to spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_build import SmallBuild, ilo_row, un_row

from indicator_defs.catalog import FOLDER
from indicator_defs.definition_files import definition_files
from sources import registry
from warehouse.build.engine import computed_tables
from warehouse.build.previous_values import write_previous
from warehouse.metadata import Table
from warehouse.release.database import staged_tables
from warehouse.release.publish import audit


@pytest.fixture(scope="session")
def whole_build(tmp_path_factory: pytest.TempPathFactory) -> SmallBuild:
    """Every table of a build from a few published rows; audited (checks that want all indicators fail on it)."""
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
    """A copy of the shipped catalogue that a test may spoil."""
    to = tmp_path / "indicator_defs"
    for path in definition_files(FOLDER):
        copy = to / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return to


@pytest.fixture(scope="session")
def whole_staged(whole_build: SmallBuild) -> list[Table]:
    """The descriptions of its staged tables."""
    return staged_tables(whole_build.build, registry.structures())
