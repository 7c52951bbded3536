"""Fixtures of the command line tests: what a command answered, and a copy of the project that may be spoilt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.releases import Releases

ROOT = Path(__file__).parents[2]
Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def own_project(tmp_path: Path) -> Callable[..., Ran]:
    """A copy of the project's packages that a test may change, and the command line that runs from it.

    The function has an attribute `folder`.
    """
    folder = tmp_path / "project"
    for package in ("indicator_defs", "sources", "warehouse", "assets", "pipelines"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dagster.yaml", folder)

    def run(home: Path, *arguments: str) -> Ran:
        return subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            env={**os.environ, "PAYUNG_HOME": str(home), "PYTHONPATH": str(folder), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=180,
            cwd=folder,
            check=False,
        )

    run.folder = folder  # type: ignore[attr-defined]
    return run


@pytest.fixture
def refused(own_home: Path) -> Callable[..., str]:
    """A function that checks that a refresh failed in good order; returns its message.

    One message on stderr, no traceback, the exit code, nothing published, nothing half written, and the release of
    before still readable.
    """
    before = Releases(own_home).current()
    assert before is not None
    ids = Releases(own_home).ids()

    def check(ran: Ran, code: int = 1, home: Path = own_home) -> str:
        said = ran.stdout + ran.stderr
        assert ran.returncode == code, said
        assert "Traceback" not in said
        assert ran.stderr.startswith("payung: ")
        assert "Published" not in ran.stdout
        current = Releases(home).current()
        assert current is not None
        assert current.name == before.name
        assert Releases(home).ids() == ids
        assert [p.name for p in (home / "releases").iterdir() if p.name.startswith(".")] == []
        return ran.stderr

    return check
