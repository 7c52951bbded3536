"""The state of a home, as `payung status` reports it: its release, sources, failures, and what needs attention.

Belongs here: collecting it, and what is to be done about it. Does not belong here: its details (status_details.py),
showing it (cli/output/status_text.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assets.altered_snapshots import HOW_TO_RESTORE
from assets.home import Home
from assets.online_fetch import last_reports
from indicator_defs.system import clock, settings
from pipelines import status_details as details
from pipelines.edition_list import ListedEdition, list_editions
from pipelines.release_sources import newest_vintages, path_of
from pipelines.release_summary import WARNINGS
from pipelines.run_failures import last_failure
from sources import registry
from sources.dataset_refresh import CLOCK_SLACK, FetchReport
from sources.freshness import Freshness, late_sources
from sources.submissions.inbox import inbox_sheets
from warehouse.query.read_only import QueryError, query
from warehouse.release import history
from warehouse.release.release_folders import DATABASE, DamagedError, Releases, read_manifest

ROWS = """
SELECT
    coalesce(sum(rows_in), 0)::BIGINT AS rows_in, coalesce(sum(harmonised), 0)::BIGINT AS harmonised,
    -- a release of an older version has no column for it
    coalesce(sum(rows_in - harmonised - out_of_scope - rejected - difference), 0)::BIGINT AS records,
    coalesce(sum(out_of_scope), 0)::BIGINT AS out_of_scope, coalesce(sum(rejected), 0)::BIGINT AS rejected
FROM quality.row_account
"""
INDICATORS = "SELECT status, count(*) AS n FROM reference.indicator GROUP BY status ORDER BY status"
CORRECTIONS = "correction_applies"
FAILED_SINCE = "the last refresh failed"


@dataclass(frozen=True)
class HomeStatus:
    """The state of one home; `attention` lists what to look at, and `to_do` ends the report: what to do about it all."""

    home: str
    release: str | None
    made_at: str | None
    sources: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    fetches: list[dict[str, Any]] = field(default_factory=list)
    last_failure: str | None = None
    lateness: list[dict[str, Any]] = field(default_factory=list)
    discrepancies: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    disk: dict[str, int] = field(default_factory=dict)
    attention: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)
    editions: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return asdict(self)


def home_status(home: Home, today: date | None = None) -> HomeStatus:
    """Reads the state of a home; a home without a release is a state too. `today`: by default the machine's day.

    A late source needs attention where its provider was ever asked online: the bundled archive is historical, and only
    who asks expects news. Until then it is a thing to do.
    """
    state, late = _read(home, today or clock.today())
    return replace(state, to_do=to_do(state, late))


def _read(home: Home, today: date) -> tuple[HomeStatus, list[Freshness]]:
    """The state of a home but for what to do, and its late sources."""
    releases, reports, editions = Releases(home.path), last_reports(home.path), list_editions(home)
    state = HomeStatus(
        str(home.path),
        None,
        None,
        fetches=[r.model_dump(mode="json") for r in reports],
        last_failure=last_failure(home.log),
        editions=[e.as_dict() for e in editions],
    )
    broken = [*_settings(), *_broken(reports, editions), *_not_taken(home), *_set_aside(home)]
    current = releases.current()
    if current is None:
        return replace(state, attention=["there is no release yet: payung refresh", *broken]), []
    try:
        manifest = read_manifest(current)
    except DamagedError as error:
        return replace(state, release=current.name, attention=[str(error), *broken]), []
    late = late_sources(manifest["sources"], today, reports)
    online_providers = {r.provider for r in reports}
    broken += [f"{f.path} is late: {f.message}" for f in late if f.provider in online_providers]
    broken += dated_ahead(manifest)
    state = replace(
        state,
        release=manifest["release"],
        made_at=manifest["made_at"],
        sources=_with_lateness(manifest["sources"], late),
        accepted=manifest["accepted"],
        history=[asdict(e) for e in history.events(releases.folder)],
        disk=details.disk(home),
    )
    lost = _lost(current, manifest["files"])
    if lost is not None:
        return replace(state, attention=[lost, *broken]), late
    rows, kinds, warnings = query(current, ROWS).iloc[0], query(current, INDICATORS), query(current, WARNINGS)
    broken += [
        f"corrections that do not apply, as the value they expect is gone: {w.n_problems} ({w.sample})"
        for w in warnings.itertuples()
        if w.check_name == CORRECTIONS
    ]
    whole = replace(
        state,
        rows={str(name): int(n) for name, n in rows.items()},
        indicators=dict(zip(kinds["status"].astype(str), kinds["n"].astype(int).tolist(), strict=True)),
        warnings=[f"{w.finding} ({w.check_name}), as {w.sample}" for w in warnings.itertuples()],
        lateness=details.lateness(current),
        discrepancies=details.discrepancies(current),
        rejections=details.rejections(current),
        attention=[*broken, *_outstanding(current, state)],
    )
    return whole, late


def to_do(state: HomeStatus, late: Sequence[Freshness]) -> list[str]:
    """What to do about all that the report shows, a sentence each; the last one ends the report."""
    indicators = sum(1 for i in state.lateness if i["is_late"])
    pinned = [f for f in late if f.pinned is not None]
    sources = len(late) - len(pinned)
    out = []
    if state.attention:
        out.append(f"{_counted(len(state.attention), 'point needs', 'points need')} attention: see above.")
    if indicators:
        counted = _counted(indicators, "indicator is", "indicators are")
        out.append(f"{counted} overdue in all Member States: run payung gaps to see who could fill them.")
    out += [f"{f.path} is overdue: {f.advice}" for f in pinned]
    if late and not state.attention:
        out.append(
            "No overdue provider was asked from here yet, and the bundled archive is historical: so far this counts as "
            "fine (exit code 0)."
        )
    if sources:
        out.append(f"{_counted(sources, 'source is', 'sources are')} overdue: run payung refresh --online.")
    return out or ["No action needed."]


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _settings() -> list[str]:
    """Variables of the environment that are wrong, and those that nothing reads."""
    return [*settings.wrong_variables(), *settings.unknown_variables(registry.address_variables())]


def _broken(reports: list[FetchReport], editions: list[ListedEdition]) -> list[str]:
    """Fetches that were not whole, and editions that are not as they were signed."""
    fetches = [
        f"the last fetch of {r.path} was not whole ({r.at:%Y-%m-%d %H:%M}): {' '.join([r.message, *r.left_out])}"
        for r in reports
        if not r.is_complete
    ]
    return fetches + [f"edition {e.edition} is not as it was signed: {e.problem}" for e in editions if e.problem]


def _not_taken(home: Home) -> list[str]:
    """Spreadsheets in the inbox: no other command reports that they were not taken."""
    names = [path.name for path in inbox_sheets(home.inbox)]
    return [f"not taken from the inbox: {', '.join(names)}; save as CSV (docs/national_format.md)"] if names else []


def _set_aside(home: Home) -> list[str]:
    """Snapshots that were altered and did not come back: the next build waits for them."""
    return [f"altered and set aside: {f}. {HOW_TO_RESTORE}" for f in home.snapshots.set_aside()]


def _outstanding(current: Path, state: HomeStatus) -> list[str]:
    """What is open about a release whose files are well: a rollback, rows rejected, a refresh that failed since."""
    out = []
    left = history.rolled_back_from(current.parent, current.name)
    if left:
        out.append(
            f"the current release was gone back to from {left[0]}; a refresh publishes when something changed, or with "
            "--force"
        )
    rejected = details.rejected_now(current)
    if rejected:
        out.append(f"{rejected} rows of vintages in use or newer were rejected: SELECT * FROM lineage.rejection")
    published = [str(state.made_at), *(e["at"] for e in state.history if e["what"] == "published")]
    if state.last_failure is not None and failed_since(state.last_failure, published):
        out.append(f"{FAILED_SINCE}; see log/failures.log in the home")
    return out


def failed_since(failure: str, published: list[str]) -> bool:
    """Whether a message of failures.log, which begins with its moment, is younger than what was published."""
    try:
        at = datetime.fromisoformat(failure[:25])
        return all(clock.came_later(at, datetime.fromisoformat(p)) for p in published)
    except ValueError:  # a line that was edited: better shown than passed over
        return True


def dated_ahead(manifest: dict[str, Any]) -> list[str]:
    """A release that is dated after now: the clock is wrong, or was."""
    made, at = datetime.fromisoformat(manifest["made_at"]), clock.now()
    if made <= at + CLOCK_SLACK:
        return []
    return [
        f"release {manifest['release']} was made on {made:%Y-%m-%d %H:%M}, and the clock of this machine says "
        f"{at:%Y-%m-%d %H:%M}: set the clock if it is wrong; if it was wrong then, go on: later releases have later IDs"
    ]


def _lost(current: Path, files: dict[str, Any]) -> str | None:
    """What is wrong with the files of the current release, so that they need not be read; None where they are well."""
    missing = [name for name in files if not (current / name).exists()]
    if missing:
        return f"files of the release are missing: {', '.join(missing[:3])}; publish anew: payung refresh --force"
    altered = details.changed_size(current, files)
    if not altered:
        try:
            query(current, "SELECT release FROM main.release")
        except QueryError:
            altered = [DATABASE]
    if altered:
        return (
            f"files of the release are damaged: {', '.join(altered[:3])}; see payung releases verify, and publish anew: "
            "payung refresh --force"
        )
    return None


def _with_lateness(sources: list[dict[str, Any]], late: list[Freshness]) -> list[dict[str, Any]]:
    """The sources of a release, the newest vintage of each late dataset with the message about it."""
    messages = {f.path: f.message for f in late}
    newest = newest_vintages(sources)
    return [
        {**s, "late": messages.get(path_of(s)) if s["vintage_date"] == newest[path_of(s)] else None} for s in sources
    ]
