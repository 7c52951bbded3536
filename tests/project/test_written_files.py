"""A file is written completely or not at all: a failed write leaves the old file and nothing else."""

from __future__ import annotations

import ast
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from indicator_defs.system import clock, files
from sources.dataset_refresh import FetchReport, write_report
from sources.http import HttpAnswer
from sources.page_cache import PageCache
from sources.parsing import SourceError
from warehouse.export.export_files import ExportError, written_aside
from warehouse.query.answer_files import write_text
from warehouse.query.read_only import QueryError
from warehouse.release.home_format import mark

ROOT = Path(__file__).parents[2]
PACKAGES = ("indicator_defs", "sources", "warehouse", "assets", "pipelines", "bench", "docs")
LONG = "x" * 100_000


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def small_files() -> object:
    """Limits files to two thousand bytes, like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    yield None
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_text_and_bytes_replace_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.txt"
    files.write(path, "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n", "the line endings of the text are not changed"
    files.write(path, "Lào".encode())
    assert path.read_text(encoding="utf-8") == "Lào"
    assert names(tmp_path) == ["a.txt"]


def test_old_file_remains_on_a_full_disk(tmp_path: Path, small_files: object) -> None:
    path = tmp_path / "a.txt"
    files.write(path, "old")
    with pytest.raises(OSError, match="too large"):
        files.write(path, LONG)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("ours"), KeyboardInterrupt()])
def test_error_while_writing_leaves_only_the_old_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    files.write(path, "old")

    def half() -> None:
        with files.written_aside(path) as aside:
            aside.write_text("half", encoding="utf-8")
            assert names(tmp_path) == sorted([aside.name, "a.txt"])
            assert aside.name.startswith("."), "hidden in listings of the folder"
            raise error

    with pytest.raises(type(error)):
        half()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_two_writers_of_one_file_do_not_conflict(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with files.written_aside(path) as first, files.written_aside(path) as second:
        assert first != second
        second.write_text("second")
        first.write_text("first")
    assert path.read_text() == "first", "the writer that finished last"
    assert names(tmp_path) == ["a.txt"]


def test_link_is_followed_and_long_name_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real" / "a.txt")
    files.write(link, "text")
    assert link.is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "text"
    files.write(tmp_path / ("n" * 250), "text")


def test_file_and_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.write(tmp_path / "a.txt", "text")
    assert len(synced) == 2
    assert synced[0].startswith(".a.txt.")
    assert synced[1] == tmp_path.name
    files.write(tmp_path / "a.txt", "text", durable=False)
    assert len(synced) == 2


def _report(folder: Path) -> None:
    at = "2026-11-22T09:00:00+00:00"
    facts = {"provider": "x", "dataset": "y", "outcome": "failed", "at": at, "requests": 1, "bytes": 1, "message": LONG}
    write_report(folder, FetchReport.model_validate(facts))


def _export(folder: Path) -> None:
    with written_aside(folder / "a.csv") as aside:
        aside.write_text(LONG)


WRITERS: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
    "report of a download": (_report, SourceError),
    "page of an answer": (lambda f: PageCache(f).put(HttpAnswer("http://x", 200, LONG.encode())), SourceError),
    "start of a download": (lambda f: PageCache(f).begin(LONG, clock.now()), SourceError),
    "result of a query": (lambda f: write_text(f / "a.csv", LONG), QueryError),
    "file of an export": (_export, ExportError),
    "format of a home": (lambda f: mark(f, LONG), OSError),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_writer_leaves_no_file_on_a_full_disk(name: str, tmp_path: Path, small_files: object) -> None:
    write, error = WRITERS[name]
    with pytest.raises(error):
        write(tmp_path)
    assert names(tmp_path) == []


def test_only_listed_modules_rename_files() -> None:
    """Renaming and replacing is limited to files.py, the link `current`, and folders."""
    allowed = {
        "indicator_defs/system/files.py",  # all files
        "sources/snapshots.py",  # folders of snapshots
        "warehouse/release/publish.py",  # folders of releases
        "warehouse/release/release_folders.py",  # the link `current`
        "warehouse/release/upkeep.py",  # removal of a release
        "warehouse/edition/freeze.py",  # folders of editions
        "assets/staging_cache.py",  # folders of staged results
    }
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                one = len(node.args) == 1 and not node.keywords  # text.replace has two, and frames rename by keyword
                of_os = isinstance(node.func.value, ast.Name) and node.func.value.id in ("os", "shutil")
                if (one and node.func.attr in ("rename", "replace") and not isinstance(node.args[0], ast.Constant)) or (
                    of_os and node.func.attr in ("rename", "replace", "move", "link")
                ):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == allowed
