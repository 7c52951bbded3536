""".ci/run, which every change must pass: runs the tests on the oldest and the newest supported Python installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from indicator_defs.system import settings

ROOT = Path(__file__).parents[2]
MAKE = """#!/bin/sh
echo "make $*"
case "$*" in *3.13*) echo "1800 passed, 2 skipped in 290.00s";; *) echo "1801 passed, 1 skipped in 280.00s";; esac
"""


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


def run(tmp_path: Path, *versions: str, make: str = MAKE) -> subprocess.CompletedProcess[str]:
    """Runs .ci/run with only these versions of Python; `make` prints its arguments."""
    if not (ROOT / ".ci" / "run").exists():
        pytest.skip("an archive without the folder .ci")
    programs = tmp_path / "bin"
    program(programs, "make", make)
    program(programs, "chromium", "#!/bin/sh\n")
    program(programs, "python3", "#!/bin/sh\nexit 1\n")
    for version in ("3.11", "3.12", "3.13"):
        program(
            programs,
            f"python{version}",
            f"#!/bin/sh\necho {version}\n" if version in versions else "#!/bin/sh\nexit 1\n",
        )
    return subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        env=settings.for_child(HOME=str(tmp_path), PATH=f"{programs}:/usr/bin:/bin"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("installed", "used"),
    [(("3.11", "3.12", "3.13"), ["3.11", "3.13"]), (("3.12", "3.13"), ["3.12", "3.13"]), (("3.12",), ["3.12"])],
    ids=["all", "two", "one"],
)
def test_oldest_and_newest_version_each_have_their_environment(
    installed: tuple[str, ...], used: list[str], tmp_path: Path
) -> None:
    ran = run(tmp_path, *installed)
    assert ran.returncode == 0, ran.stderr
    make_calls = [line for line in ran.stdout.splitlines() if line.startswith("make ")]
    assert make_calls == [f"make test PYTHON=python{v} VENV=.venv-{v}" for v in used]
    closing = ran.stdout.splitlines()[-len(used) :]
    assert [line.split(":")[0] for line in closing] == [f"Python {v}" for v in used]
    assert all(" passed, " in line for line in closing)


def test_missing_python_is_reported(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert ran.returncode == 1
    assert "3.11, 3.12 or 3.13" in ran.stderr


def test_failure_of_one_version_fails_the_run(tmp_path: Path) -> None:
    ran = run(tmp_path, "3.11", "3.13", make="#!/bin/sh\necho '1 failed, 1800 passed in 290.00s'\nexit 2\n")
    assert ran.returncode != 0
