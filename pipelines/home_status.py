"""The status of a home, as `payung status` reports it: its release, sources, failures, and what needs attention.

status_details.py has the details, cli/output/status_text.py shows them.
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
    -- releases of older versions have no column for the records
    coalesce(sum(rows_in - harmonised - out_of_scope - rejected - difference), 0)::BIGINT AS records,
    coalesce(sum(out_of_scope), 0)::BIGINT AS out_of_scope, coalesce(sum(rejected), 0)::BIGINT AS rejected
FROM quality.row_account
"""
INDICATORS = "SELECT status, count(*) AS n FROM reference.indicator GROUP BY status ORDER BY status"
CORRECTIONS = "correction_applies"
FAILED_SINCE = "the last refresh failed"


@dataclass(frozen=True)
class HomeStatus:
    """The status of one home. `attention`: problems that need action. `to_do`: the actions, at the end of the report."""

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
        """The fields as plain values for JSON."""
        return asdict(self)


def home_status(home: Home, today: date | None = None) -> HomeStatus:
    """Reads the status of a home, also of one without a release. `today`: by default the date of this machine.

    An overdue source needs attention only if this home has sent requests to its provider: the bundled archive is
    historical, so before the first request an overdue source is listed but needs no attention.
    """
    state, late = _read(home, today or clock.today())
    return replace(state, to_do=to_do(state, late))


def _read(home: Home, today: date) -> tuple[HomeStatus, list[Freshness]]:
    """The status of a home without `to_do`, and its overdue sources."""
    releases, reports, editions = Releases(home.path), last_reports(home.path), list_editions(home)
    state = HomeStatus(
        str(home.path),
        None,
        None,
        fetches=[r.model_dump(mode="json") for r in reports],
        last_failure=last_failure(home.log),
        editions=[e.as_dict() for e in editions],
    )
    problems = [*_settings(), *_broken(reports, editions), *_spreadsheets(home), *_set_aside(home)]
    current = releases.current()
    if current is None:
        return replace(state, attention=["no release yet; run: payung refresh", *problems]), []
    try:
        manifest = read_manifest(current)
    except DamagedError as error:
        return replace(state, release=current.name, attention=[str(error), *problems]), []
    late = late_sources(manifest["sources"], today, reports)
    online_providers = {r.provider for r in reports}
    problems += [f"{f.path} is overdue: {f.message}" for f in late if f.provider in online_providers]
    problems += dated_ahead(manifest)
    state = replace(
        state,
        release=manifest["release"],
        made_at=manifest["made_at"],
        sources=_with_lateness(manifest["sources"], late),
        accepted=manifest["accepted"],
        history=[asdict(e) for e in history.events(releases.folder)],
        disk=details.disk(home),
    )
    damage = _damage(current, manifest["files"])
    if damage is not None:
        return replace(state, attention=[damage, *problems]), late
    rows, kinds, warnings = query(current, ROWS).iloc[0], query(current, INDICATORS), query(current, WARNINGS)
    problems += [
        f"corrections that do not apply, because the value they expect is no longer published: {w.n_problems} ({w.sample})"
        for w in warnings.itertuples()
        if w.check_name == CORRECTIONS
    ]
    complete = replace(
        state,
        rows={str(name): int(n) for name, n in rows.items()},
        indicators=dict(zip(kinds["status"].astype(str), kinds["n"].astype(int).tolist(), strict=True)),
        warnings=[f"{w.finding} ({w.check_name}), for example {w.sample}" for w in warnings.itertuples()],
        lateness=details.lateness(current),
        discrepancies=details.discrepancies(current),
        rejections=details.rejections(current),
        attention=[*problems, *_open_points(current, state)],
    )
    return complete, late


def to_do(state: HomeStatus, late: Sequence[Freshness]) -> list[str]:
    """What to do about the points of the report, one sentence each; they end the report."""
    indicators = sum(1 for i in state.lateness if i["is_late"])
    pinned = [f for f in late if f.pinned is not None]
    sources = len(late) - len(pinned)
    out = []
    if state.attention:
        out.append(f"{_counted(len(state.attention), 'point needs', 'points need')} attention: see above.")
    if indicators:
        counted = _counted(indicators, "indicator is", "indicators are")
        out.append(f"{counted} overdue in all Member States: run payung gaps for the sources that could fill them.")
    out += [f"{f.path} is overdue: {f.advice}" for f in pinned]
    if late and not state.attention:
        out.append(
            "Overdue sources change the exit code to 4 only after the first payung refresh --online of this home."
        )
    if sources:
        out.append(f"{_counted(sources, 'source is', 'sources are')} overdue: run payung refresh --online.")
    return out or ["No action needed."]


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _settings() -> list[str]:
    """Environment variables with invalid values, and those with unknown names."""
    return [*settings.wrong_variables(), *settings.unknown_variables(registry.address_variables())]


def _broken(reports: list[FetchReport], editions: list[ListedEdition]) -> list[str]:
    """Downloads that failed or are incomplete, and editions that differ from what was signed."""
    fetches = [
        f"the last download of {r.path} {'failed' if r.outcome == 'failed' else 'is incomplete'} "
        f"({r.at:%Y-%m-%d %H:%M}): {' '.join([r.message, *r.left_out])}"
        for r in reports
        if not r.is_complete
    ]
    return fetches + [f"edition {e.edition} differs from what was signed: {e.problem}" for e in editions if e.problem]


def _spreadsheets(home: Home) -> list[str]:
    """Spreadsheets in the inbox, which cannot be read; no other command reports them."""
    names = [path.name for path in inbox_sheets(home.inbox)]
    return (
        [f"spreadsheets in the inbox were not read: {', '.join(names)}; save as CSV (docs/national_format.md)"]
        if names
        else []
    )


def _set_aside(home: Home) -> list[str]:
    """Snapshots that were altered and not restored: the next build is refused until they are."""
    return [f"snapshot altered and set aside: {f}. {HOW_TO_RESTORE}" for f in home.snapshots.set_aside()]


def _open_points(current: Path, state: HomeStatus) -> list[str]:
    """Open points of a release with intact files: a rollback, rejected rows, a refresh that failed since."""
    out = []
    replaced = history.rolled_back_from(current.parent, current.name)
    if replaced:
        out.append(
            f"the current release was restored by rollback from {replaced[0]}; the next refresh publishes only if inputs "
            "changed, or with --force"
        )
    rejected = details.rejected_now(current)
    if rejected:
        out.append(f"{rejected} rows of vintages in use or newer were rejected; list: SELECT * FROM lineage.rejection")
    published = [str(state.made_at), *(e["at"] for e in state.history if e["what"] == "published")]
    if state.last_failure is not None and failed_since(state.last_failure, published):
        out.append(f"{FAILED_SINCE}; see log/failures.log in the home")
    return out


def failed_since(failure: str, published: list[str]) -> bool:
    """Whether a message of failures.log, which begins with its time, is later than every publication."""
    try:
        at = datetime.fromisoformat(failure[:25])
        return all(clock.came_later(at, datetime.fromisoformat(p)) for p in published)
    except ValueError:  # a line without a valid time, for example an edited one, is shown too
        return True


def dated_ahead(manifest: dict[str, Any]) -> list[str]:
    """The problem of a release dated after now: the clock is or was wrong. Empty if there is none."""
    made, at = datetime.fromisoformat(manifest["made_at"]), clock.now()
    if made <= at + CLOCK_SLACK:
        return []
    return [
        f"release {manifest['release']} was made on {made:%Y-%m-%d %H:%M}, and the clock of this machine shows "
        f"{at:%Y-%m-%d %H:%M}: set the clock if it is wrong; if it was wrong then, do nothing: later releases get later "
        "IDs"
    ]


def _damage(current: Path, files: dict[str, Any]) -> str | None:
    """Missing or damaged files of the current release, in one message; None if all are intact."""
    missing = [name for name in files if not (current / name).exists()]
    if missing:
        return f"files of the release are missing: {', '.join(missing[:3])}; publish again: payung refresh --force"
    altered = details.changed_size(current, files)
    if not altered:
        try:
            query(current, "SELECT release FROM main.release")
        except QueryError:
            altered = [DATABASE]
    if altered:
        return (
            f"files of the release are damaged: {', '.join(altered[:3])}; see payung releases verify, and publish again: "
            "payung refresh --force"
        )
    return None


def _with_lateness(sources: list[dict[str, Any]], late: list[Freshness]) -> list[dict[str, Any]]:
    """The sources of a release; the newest vintage of each overdue dataset has the message about it as `late`."""
    messages = {f.path: f.message for f in late}
    newest = newest_vintages(sources)
    return [
        {**s, "late": messages.get(path_of(s)) if s["vintage_date"] == newest[path_of(s)] else None} for s in sources
    ]
