"""The contents and requirements of a wheel: every package and data file, every library that the code imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from warehouse.query.read_only import run_query

ROOT = Path(__file__).parents[2]
PACKAGES = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Libraries that a dependency needs for the features used here, but does not require itself.
AT_RUN_TIME = {"pytz": "duckdb, for times with a zone"}


def files_of_packages() -> list[Path]:
    """The paths of all files below the packages, without hidden and compiled ones."""
    found = (p.relative_to(ROOT) for package in PACKAGES for p in (ROOT / package).rglob("*") if p.is_file())
    return sorted(p for p in found if not any(part.startswith((".", "__pycache__")) for part in p.parts))


def imported(folders: tuple[str, ...]) -> dict[str, str]:
    """The third-party modules that Python files import, each with one importing file."""
    own = {*PACKAGES, "bench", "docs", "tests"}
    own |= {p.stem for folder in folders for p in (ROOT / folder).rglob("*.py")}
    own |= {p.name for folder in folders for p in (ROOT / folder).rglob("*") if p.is_dir()}
    found: dict[str, str] = {}
    for path in (p for folder in folders for p in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for top in (name.partition(".")[0] for name in names):
                if top not in own and top not in sys.stdlib_module_names:
                    found.setdefault(top, path.relative_to(ROOT).as_posix())
    return found


def declared(*extras: str) -> set[str]:
    """The distributions that pyproject.toml declares."""
    lines = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        lines += PROJECT["project"]["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def _undeclared(folders: tuple[str, ...], declared_names: set[str]) -> dict[str, str]:
    by_module = packages_distributions()
    # stubs: only the type checker imports them
    missing = {m: f for m, f in imported(folders).items() if not m.startswith("_typeshed")}
    return {
        module: file
        for module, file in missing.items()
        if not {canonicalize_name(d) for d in by_module.get(module, [])} & declared_names
    }


def test_every_imported_library_is_declared() -> None:
    assert len(imported(PACKAGES)) > 10
    assert _undeclared(PACKAGES, declared()) == {}


def test_every_library_of_tests_and_tools_is_declared() -> None:
    assert _undeclared(("tests", "bench", "docs"), declared("dev")) == {}


def test_libraries_needed_at_run_time_are_declared() -> None:
    assert set(AT_RUN_TIME) <= declared()


def test_query_returns_a_time_with_a_zone(release: Path) -> None:
    from warehouse.query.read_only import reader

    with reader(release) as con:
        answer = run_query(con, "SELECT TIMESTAMPTZ '2026-11-30 12:00:00+07' AS at")
    assert answer.types == ("TIMESTAMP WITH TIME ZONE",)
    assert str(answer.rows[0][0]).startswith("2026-11-30")


def test_every_declared_library_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(re.split("[=; ]", line)[0]) for line in lines if line and not line.startswith("#")}
    assert declared("dev") - pinned == set()


def test_every_folder_with_code_is_a_package() -> None:
    folders = {p.parent for p in files_of_packages() if p.suffix == ".py"}
    assert [f.as_posix() for f in sorted(folders) if not (ROOT / f / "__init__.py").is_file()] == []


def test_every_data_file_has_a_packaged_extension() -> None:
    packaged_extensions = {p.rpartition("*")[2] for p in PROJECT["tool"]["setuptools"]["package-data"]["*"]}
    assert {p.suffix for p in files_of_packages() if p.suffix != ".py"} <= packaged_extensions
    found = PROJECT["tool"]["setuptools"]["packages"]["find"]
    assert found == {"include": [f"{p}*" for p in PACKAGES], "namespaces": False}


def test_packages_read_no_file_outside_themselves_except_to_detect_a_checkout() -> None:
    outside = re.compile(r"\bROOT / (?!package\b|name\b)(\"[^\"]+\")")
    named = {
        (path.as_posix(), found)
        for path in files_of_packages()
        if path.suffix == ".py"
        for found in outside.findall((ROOT / path).read_text(encoding="utf-8"))
    }
    assert {found for _, found in named} <= {'"pyproject.toml"', '"var"'}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel of the project, and the bin folder of an environment with the wheel and its declared dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=300)
    (wheel,) = folder.glob("payung-*.whl")
    venv.create(folder / "bare", with_pip=True)
    commands = folder / "bare" / "bin"
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    bare = [str(commands / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*bare, "install", *constraints, str(wheel)], check=True, timeout=600)
    return wheel, commands


def _run(commands: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{commands}:/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    return subprocess.run(
        [str(commands / "payung"), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.long
def test_wheel_contains_exactly_the_files_of_the_packages(installed: tuple[Path, Path]) -> None:
    wheel, _ = installed
    contents = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert contents == {p.as_posix() for p in files_of_packages()}


@pytest.mark.long
def test_installed_wheel_runs_help_refresh_query_and_export(installed: tuple[Path, Path], tmp_path: Path) -> None:
    import click

    from pipelines.cli.main import main

    _, commands = installed

    def calls(command: click.Command, *path: str) -> list[tuple[str, ...]]:
        below = command.commands.items() if isinstance(command, click.Group) else ()
        return [path, *(call for name, sub in below for call in calls(sub, *path, name))]

    all_commands = calls(main)
    assert ("edition", "freeze") in all_commands
    for call in all_commands:
        ran = _run(commands, tmp_path, *call, "--help")
        assert (ran.returncode, ran.stderr) == (0, ""), call
    ran = _run(commands, tmp_path, "refresh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "data" / "payung" / "current").exists()
    ran = _run(
        commands, tmp_path, "sql", "--format", "csv", "SELECT count(*) > 0, now() IS NOT NULL FROM regional_baseline"
    )
    assert ran.stdout.splitlines()[1:] == ["True,True"], ran.stderr
    ran = _run(commands, tmp_path, "export", "--to", "exports")
    assert ran.returncode == 0, ran.stderr
    ran = _run(
        commands, tmp_path, "edition", "freeze", "2026", "--signed-by", "The test, its body", "--note", "From a wheel"
    )
    assert ran.returncode == 0, ran.stderr
