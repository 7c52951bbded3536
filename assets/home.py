"""The home ($PAYUNG_HOME) as an object with its folders, and the folder of the code.

pipelines/home_folder.py finds the home. Does not import dagster, because every command imports this module.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sources.snapshots import SnapshotStore

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Home:
    """The folder of all data, logs and releases ($PAYUNG_HOME)."""

    path: Path

    @property
    def snapshots(self) -> SnapshotStore:
        """The snapshots: answers of providers, write-once."""
        from sources.snapshots import (
            SnapshotStore,
        )  # not at the top: a query needs the home but no snapshots, and must be quick

        return SnapshotStore(self.path / "snapshots")

    @property
    def inbox(self) -> Path:
        """The folder into which statisticians put national files."""
        return self.path / "inbox"

    @property
    def builds(self) -> Path:
        """The folders of builds in progress."""
        return self.path / "build"

    def remove_builds(self, but: str | None = None) -> None:
        """Removes the builds of earlier runs, except `but`. The caller must hold the lock."""
        for folder in self.builds.glob("*"):
            if folder.name != but:
                # If a folder cannot be removed, the next run tries again; until then `payung status` counts its bytes.
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        """The folder of failures.log and notices.log."""
        return self.path / "log"

    @property
    def dagster(self) -> Path:
        """Dagster's home: runs, events, schedules."""
        return self.path / "dagster"
