"""Import rules: indicator_defs.system imports no other module, and tests use only public names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import grimp
import pytest

TESTS = Path(__file__).parents[1]
PACKAGES = ("indicator_defs", "sources", "warehouse", "assets", "pipelines")
# Functions that take the name of an attribute, or the path of an object, as a text.
BY_NAME = ("getattr", "setattr", "delattr", "patch", "object")
OWN = ("self", "cls")
PROCESS_INTERNALS = ("multiprocessing", "concurrent.futures.process")


def test_system_modules_import_no_other_module() -> None:
    imports = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    for module in imports.find_descendants("indicator_defs.system"):
        others = {m for m in imports.find_modules_directly_imported_by(module) if "indicator_defs.system" not in m}
        assert others <= {"indicator_defs.errors"}, module


def is_private(path: str) -> bool:
    """Whether a name, or a part of a dotted path, begins with one underscore."""
    return any(part.startswith("_") and not part.startswith("__") and part != "_" for part in path.split("."))


def of_packages(path: str) -> bool:
    return path.partition(".")[0] in PACKAGES


def private_names(code: str) -> Iterator[str]:
    """Line and name of each private name of the packages, and of process internals, that a test uses."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            for name in (f"{module}.{a.name}".strip(".") for a in node.names):
                if (of_packages(name) and is_private(name)) or name.startswith(PROCESS_INTERNALS):
                    yield f"{node.lineno}: {name}"
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            # Types are unknown here, so every private attribute counts, except those of a test's own classes.
            if not (isinstance(node.value, ast.Name) and node.value.id in OWN):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            for text in texts if called in BY_NAME else []:
                if is_private(text) and text.replace(".", "").isidentifier():
                    yield f"{node.lineno}: {text}"


def test_tests_use_only_public_names() -> None:
    found = {
        path.relative_to(TESTS).as_posix(): names
        for path in sorted(TESTS.rglob("*.py"))
        if (names := list(private_names(path.read_text(encoding="utf-8"))))
    }
    assert found == {}, "test behaviour through a public function, or add the missing one"


@pytest.mark.parametrize(
    "code",
    [
        "from pipelines.sensors import _failure",
        "from pipelines._hidden import x",
        "import warehouse._hidden",
        "cache._in_progress.clear()",
        "pool()._processes.values()",
        "monkeypatch.setattr(checks, '_result', f)",
        "monkeypatch.setattr('warehouse.build.checks._result', f)",
        "getattr(checks, '_result')",
        "import multiprocessing",
        "from multiprocessing import active_children",
        "from concurrent.futures.process import BrokenProcessPool",
    ],
)
def test_each_private_name_is_found(code: str) -> None:
    assert list(private_names(code))


@pytest.mark.parametrize(
    "code",
    [
        "from __future__ import annotations",
        "from dagster._core.errors import DagsterError",
        "self._cell = x.__name__",
        "getattr(x, 'result')",
        "from concurrent.futures import Future",
    ],
)
def test_public_names_are_allowed(code: str) -> None:
    assert not list(private_names(code))


def test_pytest_collects_every_folder_of_tests(pytestconfig: pytest.Config) -> None:
    """By default pytest skips folders with some names, among them `build`, without a message."""
    patterns = pytestconfig.getini("norecursedirs")
    folders = {path.parent for path in TESTS.rglob("test_*.py")}
    names = {part for folder in folders for part in folder.relative_to(TESTS).parts}
    assert "build" in names
    assert [name for name in names if any(fnmatch(name, pattern) for pattern in patterns)] == []
