"""The one resource of the graph: the home folder, the lock and the build of this run.

Belongs here: what every asset needs of its surroundings.
Does not belong here: what the assets do, and what is shown of it (progress_listeners.py, table_metadata.py).
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import dagster as dg
from filelock import FileLock
from pydantic import Field, PrivateAttr

from assets import staging_workers
from assets.altered_snapshots import refuse_altered
from assets.home import Home
from assets.refresh_lock import take_lock
from assets.release_inputs import SNAPSHOTS, inputs
from assets.vintage_cut import VintageCut
from indicator_defs.errors import PayungError
from indicator_defs.system import clock
from warehouse.build.engine import Build
from warehouse.release.release_folders import Releases, clean


class Workplace(dg.ConfigurableResource):
    """Where a run works. Takes the lock when a run starts and gives it back when the run ends."""

    home: str
    force: bool = False
    online: bool = Field(default=False, description="Ask the providers; otherwise the kept snapshots are used.")
    sources: list[str] = Field(default=[], description="With online: ask only these providers; empty: all.")
    as_of: str | None = Field(default=None, description="Take vintages up to this date only (2022-12-31); needs `to`.")
    to: str | None = Field(default=None, description="With as_of: the folder that gets the build; never `current`.")
    dry_run: bool = Field(default=False, description="Build and audit only; publish nothing and leave the build.")
    accept: str = Field(default="", description="Why a release may go beyond the tolerances of the catalogue.")
    accepted_by: str = Field(default="", description="With accept: who says so.")
    today: str = Field(default="", description="Day against which lateness is measured, as 2026-11-22; empty: today.")

    _lock: FileLock | None = PrivateAttr(default=None)
    _run_id: str = PrivateAttr(default="")
    _inputs: dict[str, str] = PrivateAttr(default_factory=dict)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Locks the home, clears what earlier runs left and makes the folder of this run's build."""
        if bool(self.as_of) != bool(self.to):
            raise PayungError(
                "workplace: as_of and to belong together: a build as of a date never becomes the release."
            )
        if bool(self.accept.strip()) != bool(self.accepted_by.strip()):
            raise PayungError("workplace: accept and accepted_by belong together: who accepts a release, and why.")
        if self.as_of and date.fromisoformat(self.as_of) > clock.today():
            raise PayungError(
                f"workplace.as_of: found {self.as_of}, expected a day up to today, {clock.today()} (UTC)."
            )
        self.use_build(context.run.run_id if context.run else "run")
        self._lock = take_lock(Path(self.home))
        self.home_folders.remove_builds(but=self._run_id)
        clean(self.releases)
        self.build.folder.mkdir(parents=True, exist_ok=True)
        refuse_altered(self.home_folders)
        self._inputs = inputs(self.home_folders)

    def use_build(self, run_id: str) -> None:
        """Works on the build of this run; without it, `setup_for_execution` chooses that of its own."""
        self._run_id = run_id

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Ends the processes that stage snapshots and gives the lock back."""
        staging_workers.workers().stop()
        if self._lock is not None:
            self._lock.release()

    @property
    def home_folders(self) -> Home:
        """The folders of the home."""
        return Home(Path(self.home))

    @property
    def build_inputs(self) -> dict[str, str]:
        """The fingerprints of what this run's build is made from, as `inputs` has them.

        Of what people may change while the run goes on (definitions, code, the inbox) those of its start: the next
        refresh then sees the difference. Snapshots are those of now: with the lock held this run alone brings them in.
        """
        return {**inputs(self.home_folders), **{k: v for k, v in self._inputs.items() if k != SNAPSHOTS}}

    @property
    def day(self) -> date:
        """The day against which lateness is measured; of a build as of a date, that date.

        Raises PayungError where `today` is no day.
        """
        try:
            text = self.today or self.as_of
            return date.fromisoformat(text) if text else clock.today()
        except ValueError as error:
            raise PayungError(f"workplace.today: found {text!r}, expected a day such as 2026-11-22.") from error

    @property
    def vintage_cut(self) -> VintageCut:
        """Which snapshots the build takes."""
        return VintageCut(date.fromisoformat(self.as_of) if self.as_of else None)

    @property
    def releases(self) -> Releases:
        """The releases of the home."""
        return Releases(Path(self.home))

    @property
    def build(self) -> Build:
        """The build of this run."""
        return Build(self.home_folders.builds / self._run_id)

    def finish(self) -> None:
        """Removes the build after its release is in place."""
        # The release is out: what cannot be removed must not make this run a failed one; the next run tries again.
        shutil.rmtree(self.build.folder, ignore_errors=True)
