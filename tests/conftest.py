"""What all tests share: the project's root, and one real release made by the command line once per test run."""

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
    """Puts what needs the made home last, but for one test: so one process makes it while the others do the rest."""
    needs = [i for i in items if "made_home" in getattr(i, "fixturenames", ())]
    others = [i for i in items if "made_home" not in getattr(i, "fixturenames", ())]
    items[:] = needs[:1] + others + needs[1:]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one release from the shipped archive, made by `payung refresh`; shared by all test processes.

    Read-only by agreement: a test that changes a home copies it first (fixture `own_home`).
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
    """The browser that draws pages; skips where none is installed, for the project itself needs none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here, and the project needs none: its pages were not drawn")
    return found


# Days on which date arithmetic goes wrong, and the day itself (None).
DAYS = (date(2026, 12, 31), date(2027, 2, 28), date(2028, 2, 29), date(2030, 1, 1), None)


@pytest.fixture(params=DAYS, ids=lambda d: str(d or "the day itself"))
def day(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    """A test that must hold on any day runs on each of these: the clock is set, also for child processes."""
    chosen: date | None = request.param
    if chosen is None:
        yield clock.today()
        return
    monkeypatch.setenv("PAYUNG_NOW", chosen.isoformat())
    with clock.set_to(chosen):
        yield chosen


def original(name: str) -> Path:
    """A file or folder of the originals; skips, naming it, where it is not beside the project, as on most machines."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path.relative_to(ROOT.parent)} is not beside the project; this test reads the originals")
    return path


@pytest.fixture(scope="session")
def figures() -> Path:
    """The gathered figures from which the archive was rebuilt."""
    return original("figures")


@pytest.fixture(scope="session")
def evidence() -> Path:
    """Recorded answers of the real interfaces."""
    return original("api_evidence")


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The lists the project began with."""
    return original("seeds")


@pytest.fixture(scope="session")
def philippine_file() -> Path:
    """Figures as the Philippine Statistics Authority published them."""
    return original("national/phl/1E3DF130.csv")
