"""The resource that all assets share: the home folder, the lock and the build of this run."""

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
    """The home and the build of a run. Takes the lock when a run starts and releases it when the run ends."""

    home: str
    force: bool = False
    online: bool = Field(
        default=False, description="Download from the providers first; otherwise use the stored snapshots."
    )
    sources: list[str] = Field(default=[], description="With online: only these providers; empty: all.")
    as_of: str | None = Field(default=None, description="Use only vintages up to this date (2022-12-31); needs `to`.")
    to: str | None = Field(default=None, description="With as_of: the folder for the build; never `current`.")
    dry_run: bool = Field(default=False, description="Build and audit only; publish nothing and keep the build.")
    accept: str = Field(default="", description="Why a release may exceed the tolerances of the catalogue.")
    accepted_by: str = Field(default="", description="With accept: who accepts it.")
    today: str = Field(default="", description="Date for measuring lateness, for example 2026-11-22; empty: today.")

    _lock: FileLock | None = PrivateAttr(default=None)
    _run_id: str = PrivateAttr(default="")
    _inputs: dict[str, str] = PrivateAttr(default_factory=dict)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Locks the home, removes the remains of earlier runs, and creates the folder of this run's build."""
        if bool(self.as_of) != bool(self.to):
            raise PayungError(
                "workplace: found only one of as_of and to, expected both or neither: a build as of a date needs a folder "
                "of its own, because it never becomes the release."
            )
        if bool(self.accept.strip()) != bool(self.accepted_by.strip()):
            raise PayungError(
                "workplace: found only one of accept and accepted_by, expected both or neither: a release is accepted by "
                "a named user with a reason."
            )
        if self.as_of and date.fromisoformat(self.as_of) > clock.today():
            raise PayungError(
                f"workplace.as_of: found {self.as_of}, expected a date up to today, {clock.today()} (UTC)."
            )
        self.use_build(context.run.run_id if context.run else "run")
        self._lock = take_lock(Path(self.home))
        self.home_folders.remove_builds(but=self._run_id)
        clean(self.releases)
        self.build.folder.mkdir(parents=True, exist_ok=True)
        refuse_altered(self.home_folders)
        self._inputs = inputs(self.home_folders)

    def use_build(self, run_id: str) -> None:
        """Sets the run whose build is used; `setup_for_execution` sets that of its own run."""
        self._run_id = run_id

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Ends the worker processes and releases the lock."""
        staging_workers.workers().stop()
        if self._lock is not None:
            self._lock.release()

    @property
    def home_folders(self) -> Home:
        """The folders of the home."""
        return Home(Path(self.home))

    @property
    def build_inputs(self) -> dict[str, str]:
        """The fingerprints of the inputs of this run's build, as in `inputs`.

        Inputs that users may change during the run (definitions, code, the inbox) have the fingerprint of its start, so
        that the next refresh detects the change. Snapshots have that of now: only this run adds any while it holds the
        lock.
        """
        return {**inputs(self.home_folders), **{k: v for k, v in self._inputs.items() if k != SNAPSHOTS}}

    @property
    def day(self) -> date:
        """The date for measuring lateness; in a build as of a date, that date.

        Raises PayungError if `today` is not a date.
        """
        try:
            text = self.today or self.as_of
            return date.fromisoformat(text) if text else clock.today()
        except ValueError as error:
            raise PayungError(f"workplace.today: found {text!r}, expected a date such as 2026-11-22.") from error

    @property
    def vintage_cut(self) -> VintageCut:
        """The selection of snapshots for the build."""
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
        # The release is published: a folder that cannot be removed must not make this run fail; the next run tries again.
        shutil.rmtree(self.build.folder, ignore_errors=True)
