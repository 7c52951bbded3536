"""The home ($PAYUNG_HOME): its folders, as one object; and where the code is.

Belongs here: where each thing lies in a home.
Does not belong here: which folder is the home (pipelines/home_folder.py); dagster: every command imports this.
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
    """The folder that holds everything that is not code ($PAYUNG_HOME)."""

    path: Path

    @property
    def snapshots(self) -> SnapshotStore:
        """What providers sent, write-once."""
        from sources.snapshots import SnapshotStore  # here: a query needs the home and no snapshot, and shall be quick

        return SnapshotStore(self.path / "snapshots")

    @property
    def inbox(self) -> Path:
        """Where a statistician puts national files."""
        return self.path / "inbox"

    @property
    def builds(self) -> Path:
        """Builds under way."""
        return self.path / "build"

    def remove_builds(self, but: str | None = None) -> None:
        """Removes the builds that runs left, all `but` one; only with the lock held."""
        for folder in self.builds.glob("*"):
            if folder.name != but:
                # The next run tries again what cannot be removed; until then `payung status` counts it at the disk.
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def log(self) -> Path:
        """Messages of failed runs."""
        return self.path / "log"

    @property
    def dagster(self) -> Path:
        """Dagster's home: runs, events, schedules."""
        return self.path / "dagster"
