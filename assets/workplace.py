"""The one resource of the graph: the home folder, the lock and the build of this run.

Belongs here: what every asset needs of its surroundings, and what the UI shows of a table.
Does not belong here: what the assets do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from filelock import FileLock
from pydantic import Field, PrivateAttr

from assets import staging_cache
from assets.altered_snapshots import refuse_altered
from assets.home import Home
from assets.refresh_lock import take_lock
from assets.release_inputs import SNAPSHOTS, inputs
from assets.vintage_cut import Cut
from indicator_defs.errors import PayungError
from indicator_defs.system import clock
from sources.fetching import FetchProgress
from warehouse.build.engine import Build, preview
from warehouse.metadata import Table
from warehouse.release.release_folders import Releases, clean

# The command line sets a listener to show progress; the UI needs none.
Listener = Callable[[str, str, FetchProgress | None], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Adds a function that is told (asset, what it made, None) of each asset, and (dataset, what, step) of a fetch."""
    _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Takes away a listener that was added."""
    _listeners.remove(listener)


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
        self._run_id = context.run.run_id if context.run else "run"
        self._lock = take_lock(Path(self.home))
        self.place.remove_builds(but=self._run_id)
        clean(self.releases)
        self.build.folder.mkdir(parents=True, exist_ok=True)
        refuse_altered(self.place)
        self._inputs = inputs(self.place)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Ends what works beside the run and gives the lock back."""
        staging_cache.stop()
        if self._lock is not None:
            self._lock.release()

    @property
    def place(self) -> Home:
        """The folders of the home."""
        return Home(Path(self.home))

    @property
    def made_from(self) -> dict[str, str]:
        """The fingerprints of what this run's build is made from, as `inputs` has them.

        Of what people may change while the run goes on (definitions, code, the inbox) those of its start: the next
        refresh then sees the difference. Snapshots are those of now: with the lock held this run alone brings them in.
        """
        return {**inputs(self.place), **{k: v for k, v in self._inputs.items() if k != SNAPSHOTS}}

    @property
    def day(self) -> date:
        """The day against which lateness is measured; of a build as of a date, that date.

        Raises PayungError where `today` is no day.
        """
        try:
            told = self.today or self.as_of
            return date.fromisoformat(told) if told else clock.today()
        except ValueError as error:
            raise PayungError(f"workplace.today: found {told!r}, expected a day such as 2026-11-22.") from error

    @property
    def cut(self) -> Cut:
        """Which snapshots the build takes."""
        return Cut(date.fromisoformat(self.as_of) if self.as_of else None)

    @property
    def releases(self) -> Releases:
        """The releases of the home."""
        return Releases(Path(self.home))

    @property
    def build(self) -> Build:
        """The build of this run."""
        return Build(self.place.builds / self._run_id)

    def finish(self) -> None:
        """Removes the build after its release stands."""
        # The release is out: what cannot be removed must not make this run a failed one; the next run tries again.
        shutil.rmtree(self.build.folder, ignore_errors=True)


def described(workplace: Workplace, description: Table, rows: int) -> dict[str, Any]:
    """What the UI shows of a table: rows, columns, a preview in Markdown; also tells the listeners."""
    told(description.full_name, f"{rows:,} rows")
    return {
        "dagster/row_count": rows,
        "dagster/column_schema": dg.TableSchema(
            columns=[dg.TableColumn(c.name, c.type, description=c.comment) for c in description.columns]
        ),
        "preview": dg.MetadataValue.md(markdown(*preview(workplace.build.path(description.full_name)))),
    }


def markdown(names: list[str], rows: list[tuple[Any, ...]], most_columns: int = 12) -> str:
    """A small table in Markdown; only columns that say something, at most `most_columns` of them."""
    if not rows:
        return "(no rows)"
    telling = [i for i in range(len(names)) if any(row[i] not in (None, "_T") for row in rows)][:most_columns]

    def cell(value: object) -> str:
        text = "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
        return text if len(text) <= 60 else text[:57] + "..."

    head = f"| {' | '.join(names[i] for i in telling)} |\n|{'---|' * len(telling)}\n"
    return head + "\n".join(f"| {' | '.join(cell(row[i]) for i in telling)} |" for row in rows)


def told(asset: str, what: str, step: FetchProgress | None = None) -> None:
    """Tells the listeners of an asset that is not a table, or of a step of a fetch."""
    for listener in _listeners:
        listener(asset, what, step)
