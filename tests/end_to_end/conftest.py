"""Fixtures of the command line tests: a copy of the project, and a check for refused refreshes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from payung_command import OwnProject, Ran, Refused

from warehouse.release.release_folders import Releases

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_project(tmp_path: Path) -> OwnProject:
    """A copy of the project's packages that a test may change, and the command line that runs from it."""
    folder = tmp_path / "project"
    for package in ("indicator_defs", "sources", "warehouse", "assets", "pipelines"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return OwnProject(folder)


@pytest.fixture
def refused(own_home: Path) -> Refused:
    """A check that a refresh failed with one message and published nothing."""
    before = Releases(own_home).current()
    assert before is not None
    ids = Releases(own_home).ids()

    def check(ran: Ran, code: int = 1, home: Path = own_home) -> str:
        output = ran.stdout + ran.stderr
        assert ran.returncode == code, output
        assert "Traceback" not in output
        assert ran.stderr.startswith("payung: ")
        assert "Published" not in ran.stdout
        current = Releases(home).current()
        assert current is not None
        assert current.name == before.name
        assert Releases(home).ids() == ids
        assert [p.name for p in (home / "releases").iterdir() if p.name.startswith(".")] == []
        return ran.stderr

    return check
