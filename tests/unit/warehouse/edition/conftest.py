"""An edition of the made release, and altered copies of that release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from warehouse.disk import sha256
from warehouse.edition.edition_store import MANIFEST, Edition, Editions, Signature
from warehouse.edition.freeze import freeze

Altered = Callable[..., Path]
SIGNED = Signature("A. Nama", "ACSS")
UNFINISHED = ".first.999999999"


@pytest.fixture(scope="session")
def edition(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """An edition of the made release, in a home with a hidden folder of a killed freeze of the same name."""
    home = tmp_path_factory.mktemp("home")
    unfinished = home / "editions" / UNFINISHED
    (unfinished / "csv").mkdir(parents=True)
    (unfinished / "csv").chmod(0o555)
    assert Editions(home).all() == []
    return freeze(Editions(home), release, "first", SIGNED, "Test of the baseline")


@pytest.fixture
def copied(edition: Edition, tmp_path: Path) -> Edition:
    """A copy of the edition that a test may alter."""
    folder = tmp_path / "editions" / edition.name
    shutil.copytree(edition.folder, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    return Edition(folder)


@pytest.fixture(scope="session")
def altered(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Altered:
    """Makes a copy of the release, altered by SQL; `published`: its manifest has the new checksum, as of a real release."""

    def make(*statements: str, published: bool = True, **manifest_changes: object) -> Path:
        folder = tmp_path_factory.mktemp("release")
        shutil.copyfile(release / "warehouse.duckdb", folder / "warehouse.duckdb")
        if statements:
            with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
                con.execute(";".join(statements))
        manifest = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
        manifest |= {"release": "altered", **manifest_changes}
        if published:
            manifest["files"]["warehouse.duckdb"]["sha256"] = sha256(folder / "warehouse.duckdb")
        (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return make
