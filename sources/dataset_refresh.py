"""Refreshes one dataset from its provider: checks the release mark, downloads, and stores a complete new vintage.

Belongs here: the decision between unchanged, same content, new vintage, changed in place and failed, and the report.
Does not belong here: HTTP (http.py), a provider's addresses (its module), what to request (the caller's scope), dagster.

Only complete datasets are stored: an answer becomes a snapshot after it was downloaded, parsed and compared with the
request. A dataset that fails keeps its last good snapshot; complete pages stay in the work folder for the next attempt.
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
# Clocks of machines differ a little; a larger step back is an error.
CLOCK_SLACK = timedelta(hours=26)
LONGEST_TRACEBACK = 20_000

# A message may contain text of a provider: a report must always be writable.
Line = Annotated[str, BeforeValidator(lambda text: encodable(text) if isinstance(text, str) else text)]

OutcomeOfFetch = Literal["new_vintage", "unchanged", "same_content", "changed_in_place", "failed"]


class FetchReport(BaseModel):
    """The result of one online refresh of one dataset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    dataset: str
    outcome: OutcomeOfFetch
    at: datetime = Field(description="Time of the refresh, UTC.")
    requests: int = Field(description="Requests sent, retries included.")
    bytes: int = Field(description="Bytes of bodies as received, before they are unpacked.")
    rows: int | None = Field(default=None, description="Rows of the parsed table, if it was downloaded.")
    release_tag: str | None = Field(default=None, description="The provider's release mark.")
    vintage_date: date | None = None
    snapshot: str | None = Field(default=None, description="The snapshot with this content.")
    message: Line = Field(description="One sentence for readers; for a failure address, status and first bytes.")
    left_out: list[Line] = Field(default_factory=list, description="Series and areas that the provider refused.")
    warnings: list[Line] = Field(default_factory=list)
    seconds: float = 0.0
    traceback: Line | None = Field(
        default=None,
        exclude_if=lambda text: text is None,
        description="Traceback of an unexpected error.",
    )

    @property
    def path(self) -> str:
        """provider/dataset."""
        return f"{self.provider}/{self.dataset}"

    @property
    def is_complete(self) -> bool:
        """True if the stored dataset is the one that the provider publishes now, with nothing left out."""
        return self.outcome != "failed" and not self.left_out


def downloadable_datasets(names: list[str] | None = None) -> list[DatasetSpec]:
    """The datasets with an endpoint, of these providers (of all if `names` is empty).

    Raises RegistryError for a provider that is unknown or has no endpoint.
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
    """Updates one dataset and returns a report; a failure is also a report, not an exception.

    `scope`: series and areas in the provider's codes. `client`: by default one with the provider's limits.
    `force`: download although the release mark is the same. `report_progress`: called for each page. Errors of
    libraries are reported with their traceback, so that a fault of one provider does not stop the refresh of others.
    """
    spec, structure = registry.provider(provider), registry.dataset(provider, dataset)
    if spec.limits is None:
        raise registry.RegistryError(registry.no_endpoint(provider))
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
            message=f"{str(error).rstrip('.')}. The last good snapshot stays in use.",
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
    """Writes the report of a dataset to FOLDER/PROVIDER__DATASET.json. Raises SourceError if it cannot be written."""
    path = folder / f"{report.provider}__{report.dataset}.json"
    _write(path, report)
    return path


def _write(path: Path, content: BaseModel) -> None:
    """Writes a JSON file in one step. Raises SourceError if it cannot be written."""
    try:
        files.write(path, content.model_dump_json(indent=2) + "\n")
    except OSError as error:
        raise write_error(path, error) from error


def read_reports(folder: Path) -> list[FetchReport]:
    """The last report of each dataset that was ever refreshed online, by provider and dataset.

    Raises SourceError with the name of a damaged file.
    """
    reports = []
    for path in sorted(folder.glob("*.json")):
        try:
            reports.append(FetchReport.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise SourceError(
                f"{path}: invalid report of a download: {error.errors()[0]['msg']}. Remove the file; the next online "
                "refresh writes it again."
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
        """Checks the mark, downloads, compares and stores. Raises PayungError if no complete dataset is available."""
        self._check_clock()
        state = self._read_state()
        mark = self.fetcher.what_changed(self.request, state)
        if state is not None and not force and self._is_current(state, mark):
            # Codes that the provider refused at the last fetch are still missing: the report names them again.
            message = f"{mark.release_tag}: no newer release."
            warnings = [*state.warnings, *mark.warnings]
            return self._report("unchanged", mark, state.snapshot, None, message, state.left_out, warnings)
        now = self.client.now()
        self.request.page_cache.begin(f"{mark.release_tag or now.date()} {sorted(self.request.scope.areas)}", now)
        fetched = self._fetched(mark)
        parsed = self._parsed(fetched)
        report = self._store(state, mark, fetched, parsed)
        self._write_state(mark, fetched, report.snapshot, parsed.warnings)
        self.request.page_cache.clear()
        return report

    def _check_clock(self) -> None:
        """Raises SourceError if the clock is before the last fetch: vintage dates may come from it."""
        now = self.client.now()
        fetched = [(datetime.fromisoformat(m.fetched_at), m.place) for m in self._manifests() if m.fetched_at]
        latest, place = max(fetched, default=(now, ""))
        if now < latest - CLOCK_SLACK:
            raise SourceError(
                f"{self.dataset.path}: the clock of this machine shows {now:%Y-%m-%d %H:%M}, expected a time after the "
                f"download of snapshot {place} on {latest:%Y-%m-%d %H:%M}. If the clock is wrong now, set it and refresh "
                "again. If it was wrong at the download, the snapshot's date is wrong too: remove the folder "
                f"{self.store.root / place}, then refresh again."
            )

    def _is_current(self, state: FetchState, mark: ReleaseMark) -> bool:
        """Whether the stored dataset is still the one that the provider publishes, according to its release mark."""
        same = mark.unchanged or (
            not mark.moved and mark.release_tag is not None and mark.release_tag == state.release_tag
        )
        scope = self.request.scope
        if not same or not set(scope.series) <= set(state.series) or not set(scope.areas) <= set(state.areas):
            return False
        if self._snapshot_is_missing(state) or (mark.listed is not None and not set(state.had) <= mark.listed):
            return False
        days = self.request.provider.calendar.fetch_anyway_after_days
        age = self.client.now() - state.fetched_at  # negative if the clock was ahead at the last fetch
        return days is None or -CLOCK_SLACK < age < timedelta(days=days)

    def _snapshot_is_missing(self, state: FetchState) -> bool:
        """Whether the snapshot of the last fetch was set aside or removed after it."""
        return state.snapshot is not None and state.snapshot not in {m.place for m in self._manifests()}

    def _fetched(self, mark: ReleaseMark) -> Fetched:
        """The complete dataset. After an error pages stay cached for the next attempt, except after an unexpected one."""
        try:
            return self.fetcher.fetch(self.request, mark)
        except PayungError:
            raise
        except Exception:
            self.request.page_cache.clear()
            raise

    def _parsed(self, fetched: Fetched) -> ParsedDataset:
        """The table of a fetched dataset, compared with the request. Pages that cannot be read are dropped."""
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

    def _store(
        self, state: FetchState | None, mark: ReleaseMark, fetched: Fetched, parsed: ParsedDataset
    ) -> FetchReport:
        count = len(parsed.frame)
        warnings = [*parsed.warnings, *mark.warnings]
        tag = mark.release_tag or "no release mark"
        same_content = self._snapshot_of_same_content(fetched, parsed)
        if same_content is not None:
            return self._report(
                "same_content",
                mark,
                same_content,
                count,
                f"{tag}: {count} rows, same content as the stored snapshot; no new vintage.",
                fetched.left_out,
                warnings,
            )
        in_place = self._is_changed_in_place(state, mark, fetched)
        newer_vintage = self._newer_vintage(mark)
        origin = snapshot_origin(self.request, mark, fetched, content_fingerprint(parsed.frame), count)
        if any(m.origin == "fetched" and m.vintage_date == origin.vintage_date for m in self._manifests()):
            # Another vintage has the provider's date already: this one gets the day of the download.
            origin = origin.model_copy(update={"vintage_date": self.client.now().date()})
        manifest = self.store.add(origin, fetched.files)
        message = f"{tag}: {count} rows, stored as {manifest.snapshot_id}."
        if in_place:
            message = f"{tag}: {count} rows, changed under the same release mark; stored as {manifest.snapshot_id}."
        if newer_vintage is not None and manifest.vintage_date < newer_vintage:
            message += f" Its date is before {newer_vintage}, which remains the newest vintage."
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
        """The newest current snapshot, if the stored content of the requested series and areas is the same."""
        newest = current_snapshots(self._manifests())
        series, areas = set(fetched.series), set(fetched.areas)
        stored_series = {s for c in newest for s in c.series}
        if not series <= stored_series or not newest:
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
        """Fingerprint of the joined tables, without the columns that describe the answer (`about_the_answer`)."""
        import pandas as pd

        together = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        together = together.astype(object).where(together.notna(), None)
        return content_fingerprint(together.drop(columns=[c for c in self.dataset.about_the_answer if c in together]))

    def _is_changed_in_place(self, state: FetchState | None, mark: ReleaseMark, fetched: Fetched) -> bool:
        if state is not None and self._snapshot_is_missing(state):  # its content cannot be compared
            return False
        if mark.moved:
            return True
        if state is None or mark.release_tag is None or mark.release_tag != state.release_tag:
            return False
        return set(fetched.series) == set(state.series) and set(fetched.areas) == set(state.areas)

    def _newer_vintage(self, mark: ReleaseMark) -> date | None:
        """The newest fetched vintage, if it is after the provider's date."""
        dates = [m.vintage_date for m in self._manifests() if m.origin == "fetched"]
        return max(dates) if dates and mark.vintage_date is not None and mark.vintage_date < max(dates) else None

    def _manifests(self) -> list[Manifest]:
        return [
            m for m in self.store.list() if (m.provider, m.dataset) == (self.dataset.provider, self.dataset.dataset)
        ]

    def _read_state(self) -> FetchState | None:
        """The result of the last complete fetch; None if there is none or it cannot be read (all is then fetched)."""
        try:
            return FetchState.model_validate_json(self.state_file.read_bytes())
        except (OSError, ValidationError):  # the only effect is one more fetch
            return None

    def _write_state(self, mark: ReleaseMark, fetched: Fetched, snapshot: str | None, warnings: list[str]) -> None:
        # Refused codes count as requested, so that they are not requested again at every refresh.
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
