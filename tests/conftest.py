"""Shared fixtures: one real release, made by the command line once per test run, days, and files next to the project."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock
from payung_command import run_payung

from indicator_defs.system import clock, settings

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests that need the made home last, except one: one process makes the home while others run the rest."""
    needs = [i for i in items if "made_home" in getattr(i, "fixturenames", ())]
    others = [i for i in items if "made_home" not in getattr(i, "fixturenames", ())]
    items[:] = needs[:1] + others + needs[1:]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one release of the bundled archive, made by `payung refresh`; shared by all test processes.

    Tests must not change it: a test that changes a home uses the fixture `own_home`.
    """
    root = tmp_path_factory.getbasetemp()
    shared = (root.parent if settings.of_system("PYTEST_XDIST_WORKER") else root) / "made"
    shared.mkdir(exist_ok=True)
    home = shared / "home"
    with FileLock(str(shared / "lock")):
        if not (shared / "done").exists():
            ran = run_payung(home, "refresh")
            (shared / "refresh.out").write_text(ran.stdout + ran.stderr, encoding="utf-8")
            assert ran.returncode == 0, ran.stdout + ran.stderr
            (shared / "done").touch()
    return home


@pytest.fixture(scope="session")
def release(made_home: Path) -> Path:
    """The folder of that release."""
    return (made_home / "current").resolve()


@pytest.fixture
def own_home(made_home: Path, tmp_path: Path) -> Path:
    """A copy of the made home that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(made_home, home, symlinks=True)
    return home


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that renders pages; skips where none is installed, since the project itself needs none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("found no Chromium, so the pages are not rendered; install chromium to run this test")
    return found


# Days on which date arithmetic often fails, and the current day (None).
DAYS = (date(2026, 12, 31), date(2027, 2, 28), date(2028, 2, 29), date(2030, 1, 1), None)


@pytest.fixture(params=DAYS, ids=lambda d: str(d or "current day"))
def day(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    """Each of these days, for tests that must pass on any day: sets the clock, also for child processes."""
    chosen: date | None = request.param
    if chosen is None:
        yield clock.today()
        return
    monkeypatch.setenv("PAYUNG_NOW", chosen.isoformat())
    with clock.set_to(chosen):
        yield chosen


def original(name: str) -> Path:
    """A file or folder of the originals; skips where it is not next to the project, as on most machines."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"found no {path.relative_to(ROOT.parent)} next to the project; this test reads the originals")
    return path


@pytest.fixture(scope="session")
def figures() -> Path:
    """The collected figures from which the archive was rebuilt."""
    return original("figures")


@pytest.fixture(scope="session")
def evidence() -> Path:
    """Recorded answers of the real interfaces."""
    return original("api_evidence")


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The lists from which the project started."""
    return original("seeds")


@pytest.fixture(scope="session")
def philippine_file() -> Path:
    """Figures as the Philippine Statistics Authority published them."""
    return original("national/phl/1E3DF130.csv")
