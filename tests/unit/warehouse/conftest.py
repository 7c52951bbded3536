"""Fixtures of the tests of warehouse: a home with three releases.

The folders are those of warehouse/, and each test file has the name of the module that it tests; sql/ tests the results
of files of warehouse/sql. The figures of a complete release of the bundled archive are tested in tests/golden.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from payung_command import writable
from small_build import SmallBuild

from indicator_defs.system import clock
from warehouse.metadata import TableDescription
from warehouse.release.publish import Provenance, publish
from warehouse.release.release_folders import Releases

ACCEPTED = [{"at": "2026-11-22T00:00:00+00:00", "by": "N. Tran", "reason": "new survey", "exceeded": []}]
DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def three(
    whole_build: SmallBuild, whole_staged: Sequence[TableDescription], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home with three releases of the same build, made from inputs c1, c2, c3; the third was accepted."""
    folder = tmp_path_factory.mktemp("three")
    with clock.set_to(DAY):
        for number in (1, 2, 3):
            publish(
                whole_build.build,
                Releases(folder),
                whole_staged,
                Provenance({"code": f"c{number}"}, [], "0.1.0"),
                ACCEPTED if number == 3 else (),
            )
    return folder


@pytest.fixture
def home(three: Path, tmp_path: Path) -> Path:
    """A copy of that home for one test."""
    writable(Path(shutil.copytree(three, tmp_path / "home", symlinks=True)))
    return tmp_path / "home"
