"""Building the archive: same bytes each time, only archives are replaced (skipped without the gathered figures)."""

from __future__ import annotations

import gzip
import pkgutil
import shutil
from pathlib import Path

import pytest
from messages import assert_reports

from sources.archive_tools import providers as rebuilders
from sources.archive_tools.build import main
from sources.archive_tools.gathered_data import ArchiveError
from sources.archive_tools.rebuild import build
from sources.manifests import MANIFEST
from sources.registry import providers
from sources.snapshots import SnapshotStore


@pytest.fixture(scope="module")
def few(figures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of each file of figures, with the list of countries next to them."""
    folder = tmp_path_factory.mktemp("gathered") / "figures"
    for path in figures.rglob("*.csv.gz"):
        copy = folder / path.relative_to(figures)
        copy.parent.mkdir(parents=True, exist_ok=True)
        lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
        copy.write_bytes(gzip.compress("".join(lines[:200]).encode()))
    shutil.copytree(figures.parent / "codelists", folder.parent / "codelists")
    return folder


class TestBuilding:
    def test_two_builds_give_the_same_bytes(self, few: Path, tmp_path: Path) -> None:
        built = [build(few, tmp_path / name) for name in ("one", "two")]
        assert built[0] == built[1]
        contents = [
            {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
            for n in ("one", "two")
        ]
        assert contents[0] == contents[1]
        assert build(few, tmp_path / "one") == built[0], "an existing archive is replaced"
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []

    def test_folder_with_other_content_is_not_replaced(self, few: Path, tmp_path: Path) -> None:
        (tmp_path / "letters").mkdir()
        with pytest.raises(ArchiveError) as error:
            build(few, tmp_path)
        assert_reports(
            str(error.value), place="letters", found="other content than an archive", remedy="name another folder"
        )
        assert (tmp_path / "letters").is_dir()

    def test_missing_file_leaves_the_archive_unchanged(
        self, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        build(few, tmp_path / "archive")
        before = sorted(tmp_path.rglob(MANIFEST))
        parts = sorted(p.name for p in few.iterdir() if p.name != "tidy")  # not used for rebuilt answers
        assert len(parts) > 1
        for part in parts:
            other = tmp_path / f"without_{part}" / "figures"
            shutil.copytree(few, other, ignore=shutil.ignore_patterns(part))
            shutil.copytree(few.parent / "codelists", other.parent / "codelists")
            assert main([str(other), "--to", str(tmp_path / "archive")]) == 1
            error = capsys.readouterr().err
            assert str(other / part) in error
            assert "no figures found" in error or "cannot be read" in error
            assert "Traceback" not in error
            assert sorted(tmp_path.rglob(MANIFEST)) == before


def test_every_rebuilt_provider_has_a_module_of_its_name(archive: SnapshotStore) -> None:
    modules = {module.name for module in pkgutil.iter_modules(rebuilders.__path__)}
    assert modules <= set(providers())
    assert modules >= {m.provider for m in archive.list() if m.rebuilt}
