"""Notices of a run: failed runs, overdue sources, new vintages, changed or withdrawn values.

Belongs here: making notices from the results of a run, the file log/notices.log, and when a notice is repeated.
Does not belong here: mail and webhook (notice_delivery.py), dagster (sensors.py), the terminal (cli/).

A notice never makes a run fail: problems with sending it are written to the log.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from indicator_defs.errors import PayungError
from indicator_defs.system import clock, files
from pipelines.notice_delivery import Message, send
from pipelines.release_sources import newest_vintages, path_of
from sources.freshness import late_sources
from warehouse.query.read_only import query
from warehouse.release.release_folders import Releases, read_manifest

if TYPE_CHECKING:
    from assets.home import Home
    from sources.dataset_refresh import FetchReport

FILE = "notices.log"
OVERDUE_FILE = "overdue_sources_reported.json"
FORMER_OVERDUE_FILE = "told.json"  # its former name in a home; renamed at the first read
# A source can be overdue for months, so its notice is repeated after this time and not at every run.
REPEAT_AFTER = timedelta(days=30)
REVISIONS = "lineage.revision"
DESCRIPTIONS = "lineage.series_description"
MOST_SHOWN = 10

Event = Literal[
    "failed_run",
    "failed_fetch",
    "late_source",
    "new_vintage",
    "changed_in_place",
    "withdrawn_values",
    "meaning_changed",
    "site_not_made",
    "not_sent",
]


@dataclass(frozen=True)
class Notice:
    """One event that needs attention: a headline of one line, and a text with details and the action to take."""

    event: Event
    headline: str
    text: str = ""

    def block(self, at: datetime) -> str:
        """The notice as text for the log: time, event and headline, with the details indented below."""
        body = "".join(f"  {line}\n" for line in self.text.splitlines())
        return f"{at.isoformat(timespec='seconds')}  {self.event}  {' '.join(self.headline.split())}\n{body}"


def failed_run(what: str, reason: str) -> Notice:
    """The notice of a failed run. `what`: its job and asset."""
    return Notice("failed_run", f"{what} failed", reason)


def site_not_made(problem: str) -> Notice:
    """The notice of a release that was published without its static site. `problem`: the message of the run."""
    return Notice(
        "site_not_made",
        "The release is published, but its static site could not be made",
        f"{problem}\nThe previous site, if there is one, is unchanged. Solve the problem, then run: payung export --only "
        "site",
    )


def fetch_notices(reports: Iterable[FetchReport]) -> list[Notice]:
    """The notices of the downloads of one run: new vintages, changes in place, failed and incomplete downloads."""
    out: list[Notice] = []
    for r in reports:
        if r.outcome == "new_vintage":
            out.append(Notice("new_vintage", f"{r.path}: new vintage {r.vintage_date or r.at.date()}", r.message))
        elif r.outcome == "changed_in_place":
            headline = f"{r.path}: values changed under the same release mark {r.release_tag or ''}".rstrip()
            out.append(Notice("changed_in_place", headline, r.message))
        elif r.outcome == "failed":
            out.append(Notice("failed_fetch", f"{r.path}: download failed", r.message))
        # For an unchanged dataset this was reported when it was downloaded; `payung status` continues to show it.
        if r.left_out and r.outcome not in ("failed", "unchanged"):
            out.append(Notice("failed_fetch", f"{r.path}: download incomplete", "\n".join(r.left_out)))
    return out


def lateness_notices(home: Home, reports: Sequence[FetchReport], today: date) -> list[Notice]:
    """The notices of overdue sources, of providers that received requests from this home.

    A source is reported again only after REPEAT_AFTER, or if its newest vintage changed. `reports`: the last one of each
    dataset. The sources reported are stored in log/overdue_sources_reported.json.
    """
    online_providers = {r.provider for r in reports}
    current = Releases(home.path).current()
    if not online_providers or current is None:
        return []
    path = home.log / OVERDUE_FILE
    reported_before = _reported_before(path)
    late = [
        f for f in late_sources(read_manifest(current)["sources"], today, reports) if f.provider in online_providers
    ]
    out, reported = [], {}
    for f in late:
        last = reported_before.get(f.path, {})
        # a date in the future was written while the clock was ahead, and does not suppress a notice
        if last.get("vintage") == str(f.vintage) and date.fromisoformat(last["on"]) <= today < _repeat_on(last["on"]):
            reported[f.path] = last
            continue
        reported[f.path] = {"vintage": str(f.vintage), "on": today.isoformat()}
        out.append(Notice("late_source", f"{f.path} is overdue (last release {_day(f.vintage)})", f.message))
    if reported != reported_before:
        files.write(path, json.dumps(reported, indent=1) + "\n")
    return out


def _day(day: date | None) -> str:
    return "none" if day is None else f"{day.day} {day:%b %Y}"


def _repeat_on(day: str) -> date:
    """The date from which a source that was reported on `day` is reported again."""
    return date.fromisoformat(day) + REPEAT_AFTER


def _reported_before(path: Path) -> dict[str, dict[str, str]]:
    """The overdue sources reported so far; none if the file is missing or damaged, so that they are reported again."""
    former = path.with_name(FORMER_OVERDUE_FILE)
    if former.exists() and not path.exists():
        files.write(path, former.read_bytes())
        former.unlink()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(k): {"vintage": str(v["vintage"]), "on": str(date.fromisoformat(v["on"]))} for k, v in found.items()
        }
    except (
        FileNotFoundError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ):  # missing, or not a file that Payung wrote
        return {}


def release_notices(release: Path, previous: Path | None) -> list[Notice]:
    """The notices of vintages new in `release`: withdrawn values, and series whose description is not the expected one.

    A first release has none, and neither has a release of an older version without these tables.
    """
    if previous is None:
        return []
    manifest, previous_manifest = read_manifest(release), read_manifest(previous)
    newest = newest_vintages(previous_manifest["sources"])
    # Without older vintages that an archive added later.
    places = {
        s["snapshot"] for s in manifest["sources"] if s["vintage_date"] >= newest.get(path_of(s), s["vintage_date"])
    } - {s["snapshot"] for s in previous_manifest["sources"]}
    tables = manifest["tables"]
    return [
        *(_withdrawn(release, places) if REVISIONS in tables else []),
        *(_meaning_changed(release, places) if DESCRIPTIONS in tables else []),
    ]


def _meaning_changed(release: Path, places: Collection[str]) -> list[Notice]:
    """The notices of series in these snapshots whose title, unit or attributes are not the expected ones."""
    found = query(
        release,
        "SELECT DISTINCT provider, dataset, vintage_date, snapshot_id, series, used_in, CASE finding "
        "WHEN 'attribute_unexpected' THEN 'what sources/providers/' || provider || '.yaml lists under expected' "
        "ELSE coalesce(expected, 'a title') END AS expected, CASE finding "
        "WHEN 'title_changed' THEN 'titled ' || title WHEN 'unit_unknown' THEN 'without the title that states its unit' "
        "WHEN 'unit_changed' THEN 'in unit ' || unit_as_published ELSE 'with ' || unexpected END AS description "
        f"FROM {DESCRIPTIONS} WHERE finding IS NOT NULL ORDER BY provider, dataset, series, used_in, description",
    )
    out = []
    found = found[found["snapshot_id"].isin(places)]
    for (provider, dataset, vintage), rows in found.groupby(["provider", "dataset", "vintage_date"]):
        shown = [
            f"{r['series']}: {r['description']}; expected {r['expected']} ({r['used_in']})"
            for r in rows.head(MOST_SHOWN).to_dict("records")
        ]
        more = [f"and {len(rows) - MOST_SHOWN:,} more: FROM {DESCRIPTIONS}"] if len(rows) > MOST_SHOWN else []
        n = rows["series"].nunique()
        out.append(
            Notice(
                "meaning_changed",
                f"{provider}/{dataset}: vintage {vintage:%Y-%m-%d} describes {n:,} series differently from the definitions",
                "\n".join(
                    [
                        *shown,
                        *more,
                        "These rows are not used. If they are cells of the series itself, its previous vintage remains in "
                        "use. If they mean the same figures, confirm this in the definition.",
                    ]
                ),
            )
        )
    return out


def _withdrawn(release: Path, places: Collection[str]) -> list[Notice]:
    """The notices of values that these snapshots withdrew."""
    withdrawn = query(
        release,
        "SELECT source, dataset, vintage_from, vintage_to, snapshot_to, indicator, ref_area, time_period_from, "
        f"text_from FROM {REVISIONS} WHERE revision_class = 'withdrawn' "
        "ORDER BY source, dataset, vintage_to, indicator, ref_area, time_period_from, text_from",
    )
    withdrawn = withdrawn[withdrawn["snapshot_to"].isin(places)]
    out = []
    for (source, dataset, earlier, later), rows in withdrawn.groupby(
        ["source", "dataset", "vintage_from", "vintage_to"]
    ):
        shown = [
            f"{r['indicator']} {r['ref_area']} {r['time_period_from']}: was {r['text_from']}"
            for r in rows.head(MOST_SHOWN).to_dict("records")
        ]
        more = [f"and {len(rows) - MOST_SHOWN:,} more"] if len(rows) > MOST_SHOWN else []
        query_hint = f"All, withdrawn values first: payung revisions --since {later} --release {release.name}"
        out.append(
            Notice(
                "withdrawn_values",
                f"{source}/{dataset}: {len(rows):,} value{'s' * (len(rows) != 1)} of vintage {earlier} "
                f"withdrawn in {later}",
                "\n".join([*shown, *more, query_hint]),
            )
        )
    return out


def notify_of_results(
    home: Home,
    reports: Sequence[FetchReport],
    published: Path | None = None,
    failures: Sequence[Notice] = (),
    today: date | None = None,
) -> list[str]:
    """Sends the notices of one run: its downloads, its failures, the release it published, and overdue sources.

    `reports`: those of this run. `published`: the folder of the release it made. Returns a message for each problem.
    """
    from assets.online_fetch import last_reports

    problems: list[str] = []
    notices = [*fetch_notices(reports), *failures]
    day = today or clock.today()
    try:
        if published is not None:
            notices += release_notices(published, _previous(Releases(home.path), published))
        notices += lateness_notices(home, last_reports(home.path), day)
    except (PayungError, OSError) as error:
        problems.append(f"The notices of this run may be incomplete: {error}")
    return [*problems, *send_notices(home, notices, problems)]


def _previous(releases: Releases, folder: Path) -> Path | None:
    ids = releases.ids()
    earlier = ids[: ids.index(folder.name)] if folder.name in ids else ids
    return releases.folder / earlier[-1] if earlier else None


def send_notices(home: Home, notices: Sequence[Notice], problems: Sequence[str] = ()) -> list[str]:
    """Writes notices to log/notices.log and sends them as one message; returns a message for each problem."""
    at = clock.now()
    unsent = send(_message(notices, at)) if notices else []
    failed = [Notice("not_sent", p) for p in (*problems, *unsent)]
    try:
        _append(home.log / FILE, [*notices, *failed], at)
    except OSError as error:
        unsent = [*unsent, f"{home.log / FILE} cannot be written: {error.strerror or error}."]
    return unsent


def _message(notices: Sequence[Notice], at: datetime) -> Message:
    kinds = list(dict.fromkeys(n.event.replace("_", " ") for n in notices))
    subject = notices[0].headline if len(notices) == 1 else f"{len(notices)} notices ({', '.join(kinds)})"
    facts: list[dict[str, Any]] = [
        {"event": n.event, "headline": n.headline, "text": n.text, "at": at.isoformat(timespec="seconds")}
        for n in notices
    ]
    return Message(f"Payung: {' '.join(subject.split())}", "\n".join(n.block(at) for n in notices), facts, at)


def _append(path: Path, notices: Sequence[Notice], at: datetime) -> None:
    if not notices:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        handle.write("".join(f"{n.block(at)}\n" for n in notices))
