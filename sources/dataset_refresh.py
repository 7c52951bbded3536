"""Refreshes one dataset from its provider: asks what changed, fetches what moved, keeps it when it is whole and new.

Belongs here: the decision between unchanged, same content, new vintage, changed in place and failed, and the report.
Does not belong here: HTTP (http.py), a provider's questions (its module), what to request (the caller's scope), dagster.

Complete or nothing: an answer becomes a snapshot only after it was fetched, parsed and compared with what was asked.
A dataset that fails keeps its last good snapshot; the pages that came whole wait in the work folder for the next try.
"""

from __future__ import annotations

import time
import traceback
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from indicator_defs.errors import PayungError
from indicator_defs.system import files
from sources import registry
from sources.fetching import Fetched, FetchRequest, FetchScope, FetchState, ReleaseMark, ReportProgress, snapshot_origin
from sources.http import Client
from sources.manifests import Manifest
from sources.newest_vintages import current_snapshots
from sources.page_cache import PageCache, write_error
from sources.parsing import (
    SourceError,
    UnreadableError,
    areas_in_file_codes,
    check_requested,
    content_fingerprint,
    decompressed,
    encodable,
    no_collection,
    reading,
    requested_areas_only,
)
from sources.provider_spec import DatasetSpec, ProviderSpec
from sources.snapshots import SnapshotStore

if TYPE_CHECKING:
    import pandas as pd

    from sources.parsing import ParsedDataset

WORK = ".fetch"
STATE = "state.json"
# A clock may differ a little between machines; more than this it went back.
CLOCK_SLACK = timedelta(hours=26)
LONGEST_TRACEBACK = 20_000

# What a provider sent may be part of a message: a report must always be writable.
Line = Annotated[str, BeforeValidator(lambda text: encodable(text) if isinstance(text, str) else text)]

OutcomeOfFetch = Literal["new_vintage", "unchanged", "same_content", "changed_in_place", "failed"]


class FetchReport(BaseModel):
    """What became of one dataset in one online refresh."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    dataset: str
    outcome: OutcomeOfFetch
    at: datetime = Field(description="When, UTC.")
    requests: int = Field(description="Requests sent, tries included.")
    bytes: int = Field(description="Bytes of bodies as they came over the line.")
    rows: int | None = Field(default=None, description="Rows of the parsed table, where one was fetched.")
    release_tag: str | None = Field(default=None, description="The provider's release mark.")
    vintage_date: date | None = None
    snapshot: str | None = Field(default=None, description="The snapshot that holds this content.")
    message: Line = Field(description="One sentence for a reader; for a failure address, status and first bytes.")
    left_out: list[Line] = Field(default_factory=list, description="Series and areas that the provider refused.")
    warnings: list[Line] = Field(default_factory=list)
    seconds: float = 0.0
    traceback: Line | None = Field(
        default=None,
        exclude_if=lambda text: text is None,
        description="Where an error came from that Payung has no message of its own for.",
    )

    @property
    def path(self) -> str:
        """provider/dataset."""
        return f"{self.provider}/{self.dataset}"

    @property
    def is_complete(self) -> bool:
        """True when the dataset is as the provider publishes it today, nothing left out."""
        return self.outcome != "failed" and not self.left_out


def downloadable_datasets(names: list[str] | None = None) -> list[DatasetSpec]:
    """The datasets that have an address, of these providers (all when none is named).

    Raises RegistryError for a provider that is unknown or has nothing to ask.
    """
    for name in names or ():
        registry.fetcher(name)
    return [
        dataset
        for spec in registry.providers().values()
        if not names or spec.provider in names
        for dataset in spec.datasets
        if dataset.endpoint is not None
    ]


def refresh_dataset(
    store: SnapshotStore,
    provider: str,
    dataset: str,
    scope: FetchScope,
    client: Client | None = None,
    force: bool = False,
    report_progress: ReportProgress = lambda _: None,
) -> FetchReport:
    """Brings one dataset up to date and returns a report; a failure is a report too, never an exception.

    `scope`: series and areas in the provider's codes. `client`: by default one with the provider's limits.
    `force`: fetch although the release mark is the same. `report_progress`: called for each page. What a library raises
    while an answer is read ends in the report too, with its traceback: one provider must not end the refresh of the others.
    """
    spec, structure = registry.provider(provider), registry.dataset(provider, dataset)
    if spec.limits is None:
        raise registry.RegistryError(f"{provider} has no address to ask: its files are put in by hand.")
    started = time.monotonic()
    own_client = client is None
    client = Client(spec.limits) if client is None else client
    requests, size = client.tally.requests, client.tally.bytes
    try:
        with reading(structure.path):
            report = _Refresh(store, spec, structure, scope, client, report_progress).run(force)
    except PayungError as error:
        report = FetchReport(
            provider=provider,
            dataset=dataset,
            outcome="failed",
            at=client.now(),
            requests=0,
            bytes=0,
            message=f"{str(error).rstrip('.')}. The last good snapshot stands.",
            traceback=_traceback(error) if isinstance(error, UnreadableError) else None,
        )
    finally:
        if own_client:
            client.close()
    return report.model_copy(
        update={
            "requests": client.tally.requests - requests,
            "bytes": client.tally.bytes - size,
            "seconds": round(time.monotonic() - started, 3),
        }
    )


def _traceback(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:]


def write_report(folder: Path, report: FetchReport) -> Path:
    """Writes the last report of a dataset as FOLDER/PROVIDER__DATASET.json, at once. Raises SourceError as `_write`."""
    path = folder / f"{report.provider}__{report.dataset}.json"
    _write(path, report)
    return path


def _write(path: Path, content: BaseModel) -> None:
    """Writes a file of ours at once; SourceError when the disk does not take it."""
    try:
        files.write(path, content.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise write_error(path, error) from error


def read_reports(folder: Path) -> list[FetchReport]:
    """The last report of each dataset that was ever asked for, by provider and dataset.

    Raises SourceError naming a file that is not as it was written.
    """
    reports = []
    for path in sorted(folder.glob("*.json")):
        try:
            reports.append(FetchReport.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise SourceError(
                f"{path}: not a report of a fetch as it was written: {error.errors()[0]['msg']}. Remove the file; the "
                "next online refresh writes it anew."
            ) from error
    return reports


class _Refresh:
    """One refresh of one dataset."""

    def __init__(
        self,
        store: SnapshotStore,
        provider: ProviderSpec,
        dataset: DatasetSpec,
        scope: FetchScope,
        client: Client,
        report_progress: ReportProgress,
    ) -> None:
        self.store, self.dataset, self.client = store, dataset, client
        folder = store.root / WORK / f"{provider.provider}__{dataset.dataset}"
        self.state_file = folder / STATE
        self.request = FetchRequest(
            client, provider, dataset, scope, PageCache(folder), registry.parser(provider.provider), report_progress
        )
        self.fetcher = registry.fetcher(provider.provider)

    def run(self, force: bool) -> FetchReport:
        """Asks, fetches, compares, keeps. Raises PayungError when the dataset cannot be had whole."""
        self._check_clock()
        state = self._read_state()
        mark = self.fetcher.what_changed(self.request, state)
        if state is not None and not force and self._is_current(state, mark):
            # What was refused then is lacking still: the next quiet refresh must not make it forgotten.
            message = f"{mark.release_tag}: nothing was published since."
            warnings = [*state.warnings, *mark.warnings]
            return self._report("unchanged", mark, state.snapshot, None, message, state.left_out, warnings)
        now = self.client.now()
        self.request.page_cache.begin(f"{mark.release_tag or now.date()} {sorted(self.request.scope.areas)}", now)
        fetched = self._fetched(mark)
        parsed = self._parsed(fetched)
        report = self._keep(state, mark, fetched, parsed)
        self._write_state(mark, fetched, report.snapshot, parsed.warnings)
        self.request.page_cache.clear()
        return report

    def _check_clock(self) -> None:
        """The day of the answer may be the vintage date: a clock that went back would hide a new vintage."""
        now = self.client.now()
        fetched = [(datetime.fromisoformat(m.fetched_at), m.place) for m in self._manifests() if m.fetched_at]
        latest, place = max(fetched, default=(now, ""))
        if now < latest - CLOCK_SLACK:
            raise SourceError(
                f"{self.dataset.path}: the clock of this machine says {now:%Y-%m-%d %H:%M}, but snapshot {place} was "
                f"fetched on {latest:%Y-%m-%d %H:%M}. If the clock is wrong, set it and refresh again. If it was wrong "
                f"then, its date is wrong too: remove the folder {self.store.root / place}, then refresh again."
            )

    def _is_current(self, state: FetchState, mark: ReleaseMark) -> bool:
        """Whether what we hold is still what the provider publishes, as far as its mark tells."""
        same = mark.unchanged or (
            not mark.moved and mark.release_tag is not None and mark.release_tag == state.release_tag
        )
        scope = self.request.scope
        if not same or not set(scope.series) <= set(state.series) or not set(scope.areas) <= set(state.areas):
            return False
        if self._snapshot_is_missing(state) or (mark.listed is not None and not set(state.had) <= mark.listed):
            return False
        days = self.request.provider.calendar.fetch_anyway_after_days
        age = self.client.now() - state.fetched_at  # below zero where the clock ran ahead then: nothing to rely on
        return days is None or -CLOCK_SLACK < age < timedelta(days=days)

    def _snapshot_is_missing(self, state: FetchState) -> bool:
        """Whether the snapshot of the last fetch was set aside or removed since."""
        return state.snapshot is not None and state.snapshot not in {m.place for m in self._manifests()}

    def _fetched(self, mark: ReleaseMark) -> Fetched:
        """The whole dataset. Pages that came wait for the next try, but not after an unforeseen error."""
        try:
            return self.fetcher.fetch(self.request, mark)
        except PayungError:
            raise
        except Exception:
            self.request.page_cache.clear()
            raise

    def _parsed(self, fetched: Fetched) -> ParsedDataset:
        """The table of a fetched dataset, compared with what was asked. What cannot be read is not kept for later."""
        place = f"{self.dataset.path}, {fetched.address}"
        try:
            with reading(place):
                limit = self.client.limits.answer_bytes
                with no_collection():
                    bodies = [(f.name, decompressed(f.name, f.content, limit)) for f in fetched.files]
                    parsed = self.request.parse(self.dataset, bodies)
                parsed = requested_areas_only(self.dataset, parsed, fetched.areas)
                areas = areas_in_file_codes(self.dataset, parsed, fetched.areas, self.request.scope.meaning)
                return check_requested(parsed, fetched.series, areas)
        except SourceError as error:
            self.request.page_cache.clear()
            raise error if str(error).startswith(place) else error.within(place) from error

    def _keep(
        self, state: FetchState | None, mark: ReleaseMark, fetched: Fetched, parsed: ParsedDataset
    ) -> FetchReport:
        count = len(parsed.frame)
        warnings = [*parsed.warnings, *mark.warnings]
        tag = mark.release_tag or "no release mark"
        holder = self._snapshot_of_same_content(fetched, parsed)
        if holder is not None:
            return self._report(
                "same_content",
                mark,
                holder,
                count,
                f"{tag}: {count} rows, the same content as kept; no new vintage.",
                fetched.left_out,
                warnings,
            )
        in_place = self._is_changed_in_place(state, mark, fetched)
        went_back = self._went_back(mark)
        origin = snapshot_origin(self.request, mark, fetched, content_fingerprint(parsed.frame), count)
        if any(m.origin == "fetched" and m.vintage_date == origin.vintage_date for m in self._manifests()):
            # The provider's date was true of what it held before: this state is dated by the day it was seen.
            origin = origin.model_copy(update={"vintage_date": self.client.now().date()})
        manifest = self.store.add(origin, fetched.files)
        message = f"{tag}: {count} rows, kept as {manifest.snapshot_id}."
        if in_place:
            message = f"{tag}: {count} rows, changed under the same mark; kept as {manifest.snapshot_id}."
        if went_back is not None and manifest.vintage_date < went_back:
            message += f" Its date is older than {went_back}, which stays the newest vintage."
        return self._report(
            "changed_in_place" if in_place else "new_vintage",
            mark,
            manifest.place,
            count,
            message,
            fetched.left_out,
            warnings,
        ).model_copy(update={"vintage_date": manifest.vintage_date})

    def _snapshot_of_same_content(self, fetched: Fetched, parsed: ParsedDataset) -> str | None:
        """The newest snapshot of the kept state, when that state says the same about what was asked for."""
        newest = current_snapshots(self._manifests())
        series, areas = set(fetched.series), set(fetched.areas)
        held = {s for c in newest for s in c.series}
        if not series <= held or not newest:
            return None
        if any(c.series & series and not areas >= set(c.manifest.areas_asked) for c in newest):
            return None
        frames = []
        for current in newest:
            if self.dataset.shape == "records":
                frames.append(registry.parse_snapshot(self.store, current.manifest).frame)
            elif current.series & series:
                frame = registry.parse_snapshot(self.store, current.manifest).frame
                frames.append(frame[current.current_rows(frame) & frame["series"].isin(series)])
        return newest[-1].manifest.place if self._content(*frames) == self._content(parsed.frame) else None

    def _content(self, *frames: pd.DataFrame) -> str:
        """Fingerprint of tables together, without the columns that tell of the answer only."""
        import pandas as pd

        together = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        together = together.astype(object).where(together.notna(), None)
        return content_fingerprint(together.drop(columns=[c for c in self.dataset.about_the_answer if c in together]))

    def _is_changed_in_place(self, state: FetchState | None, mark: ReleaseMark, fetched: Fetched) -> bool:
        if state is not None and self._snapshot_is_missing(state):  # what it held cannot be compared
            return False
        if mark.moved:
            return True
        if state is None or mark.release_tag is None or mark.release_tag != state.release_tag:
            return False
        return set(fetched.series) == set(state.series) and set(fetched.areas) == set(state.areas)

    def _went_back(self, mark: ReleaseMark) -> date | None:
        """The newest vintage that was fetched, when the provider's date is before it."""
        dates = [m.vintage_date for m in self._manifests() if m.origin == "fetched"]
        return max(dates) if dates and mark.vintage_date is not None and mark.vintage_date < max(dates) else None

    def _manifests(self) -> list[Manifest]:
        return [
            m for m in self.store.list() if (m.provider, m.dataset) == (self.dataset.provider, self.dataset.dataset)
        ]

    def _read_state(self) -> FetchState | None:
        """What the last whole fetch left behind; None when there is none or it cannot be read (then all is fetched)."""
        try:
            return FetchState.model_validate_json(self.state_file.read_bytes())
        except (OSError, ValidationError):  # costs a fetch, loses nothing
            return None

    def _write_state(self, mark: ReleaseMark, fetched: Fetched, snapshot: str | None, warnings: list[str]) -> None:
        # What was refused counts as asked for here: else it would be asked for anew at every refresh.
        scope = self.request.scope
        state = FetchState(
            release_tag=mark.release_tag,
            series=sorted({*scope.series, *fetched.series}),
            areas=sorted({*scope.areas, *fetched.areas}),
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            snapshot=snapshot,
            fetched_at=self.client.now(),
            left_out=fetched.left_out,
            warnings=warnings,
            had=sorted(fetched.series),
        )
        _write(self.state_file, state)

    def _report(
        self,
        outcome: OutcomeOfFetch,
        mark: ReleaseMark,
        snapshot: str | None,
        rows: int | None,
        message: str,
        left_out: list[str] | None = None,
        warnings: list[str] | None = None,
    ) -> FetchReport:
        return FetchReport(
            provider=self.dataset.provider,
            dataset=self.dataset.dataset,
            outcome=outcome,
            at=self.client.now(),
            requests=0,
            bytes=0,
            rows=rows,
            release_tag=mark.release_tag,
            vintage_date=mark.vintage_date,
            snapshot=snapshot,
            message=message,
            left_out=left_out or [],
            warnings=warnings or [],
        )
