"""Notices of a run: failed runs, late sources, new vintages, changed or withdrawn values.

Belongs here: making notices from what a run left behind, the file log/notices.log, and when a notice is repeated.
Does not belong here: mail and webhook (notice_delivery.py), dagster (sensors.py has the sensors), the terminal (cli/).

A notice never fails a run: what goes wrong in sending it is itself written to the log.
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
LATENESS_FILE = "told.json"
# A source is late for months: its notice is repeated after this, not at every run.
LATE_AGAIN = timedelta(days=30)
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
    "not_told",
]


@dataclass(frozen=True)
class Notice:
    """One event that needs attention: a headline of one line, and what to know and do."""

    event: Event
    headline: str
    text: str = ""

    def block(self, at: datetime) -> str:
        """The notice as it is in the log: when, what; indented below it the details."""
        body = "".join(f"  {line}\n" for line in self.text.splitlines())
        return f"{at.isoformat(timespec='seconds')}  {self.event}  {' '.join(self.headline.split())}\n{body}"


def failed_run(what: str, reason: str) -> Notice:
    """A run that failed. `what`: its job and asset."""
    return Notice("failed_run", f"{what} failed", reason)


def site_not_made(problem: str) -> Notice:
    """A release that was published without its static site. `problem`: in words, from the run."""
    return Notice(
        "site_not_made",
        "The release is published, its static site could not be made",
        f"{problem}\nThe site before, if there is one, stands. Mend what is named, then: payung export --only site",
    )


def fetch_notices(reports: Iterable[FetchReport]) -> list[Notice]:
    """What the providers' answers of one run amount to: new vintages, changes in place, and what was not whole."""
    out: list[Notice] = []
    for r in reports:
        if r.outcome == "new_vintage":
            out.append(Notice("new_vintage", f"{r.path}: a new vintage, {r.vintage_date or r.at.date()}", r.message))
        elif r.outcome == "changed_in_place":
            headline = f"{r.path}: other values under the same release mark {r.release_tag or ''}".rstrip()
            out.append(Notice("changed_in_place", headline, r.message))
        elif r.outcome == "failed":
            out.append(Notice("failed_fetch", f"{r.path} could not be fetched", r.message))
        # Of an unchanged dataset it was reported when it was fetched; `payung status` goes on showing it.
        if r.left_out and r.outcome not in ("failed", "unchanged"):
            out.append(Notice("failed_fetch", f"{r.path} was fetched, but not whole", "\n".join(r.left_out)))
    return out


def lateness_notices(home: Home, reports: Sequence[FetchReport], today: date) -> list[Notice]:
    """The sources that are late, of providers that were ever asked; each again only after LATE_AGAIN or when it moved.

    `reports`: the last one of each dataset. Writes log/told.json, which remembers.
    """
    online_providers = {r.provider for r in reports}
    current = Releases(home.path).current()
    if not online_providers or current is None:
        return []
    path = home.log / LATENESS_FILE
    remembered = _remembered(path)
    late = [
        f for f in late_sources(read_manifest(current)["sources"], today, reports) if f.provider in online_providers
    ]
    out, reported = [], {}
    for f in late:
        last = remembered.get(f.path, {})
        # a day to come was written while the clock ran ahead: it keeps nothing quiet
        if last.get("vintage") == str(f.vintage) and date.fromisoformat(last["on"]) <= today < _again(last["on"]):
            reported[f.path] = last
            continue
        reported[f.path] = {"vintage": str(f.vintage), "on": today.isoformat()}
        out.append(Notice("late_source", f"{f.path} is later than its own calendar", f.message))
    if reported != remembered:
        files.write(path, json.dumps(reported, indent=1) + "\n")
    return out


def _again(day: str) -> date:
    """The day from which a source that is late since `day` is reported once more."""
    return date.fromisoformat(day) + LATE_AGAIN


def _remembered(path: Path) -> dict[str, dict[str, str]]:
    """The late sources reported so far; none where the file is missing or damaged (then they are reported again)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(k): {"vintage": str(v["vintage"]), "on": str(date.fromisoformat(v["on"]))} for k, v in found.items()
        }
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):  # not there, or no such file of ours
        return {}


def release_notices(release: Path, previous: Path | None) -> list[Notice]:
    """What vintages new in `release` did: values withdrawn, series described otherwise than the definitions expect.

    None for a first release; of a release without the table of either, nothing is known.
    """
    if previous is None:
        return []
    manifest, before = read_manifest(release), read_manifest(previous)
    newest = newest_vintages(before["sources"])
    # An older vintage that an archive brought later is history, not news.
    places = {
        s["snapshot"] for s in manifest["sources"] if s["vintage_date"] >= newest.get(path_of(s), s["vintage_date"])
    } - {s["snapshot"] for s in before["sources"]}
    tables = manifest["tables"]
    return [
        *(_withdrawn(release, places) if REVISIONS in tables else []),
        *(_meaning_changed(release, places) if DESCRIPTIONS in tables else []),
    ]


def _meaning_changed(release: Path, places: Collection[str]) -> list[Notice]:
    """The series of these snapshots whose title, unit or attributes are not those that the definitions expect."""
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
                f"{provider}/{dataset}: the vintage of {vintage:%Y-%m-%d} describes {n:,} series otherwise than expected",
                "\n".join(
                    [
                        *shown,
                        *more,
                        "These rows are not used, and the vintage before stays in use where they are cells of the series "
                        "itself. Confirm the definition if they mean the same figures.",
                    ]
                ),
            )
        )
    return out


def _withdrawn(release: Path, places: Collection[str]) -> list[Notice]:
    """The values that these snapshots withdrew."""
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
        query_hint = f"All of them, withdrawn first: payung revisions --since {later} --release {release.name}"
        out.append(
            Notice(
                "withdrawn_values",
                f"{source}/{dataset}: {len(rows):,} value{'s' * (len(rows) != 1)} of {earlier} withdrawn by {later}",
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
    """Sends the notices of one run: its fetches, what failed in it, the release it published, and sources late by now.

    `reports`: of this run. `published`: the folder of the release it made. Returns, in words, what could not be sent.
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
        problems.append(f"Not everything of this run could be looked up for the notices: {error}")
    return [*problems, *send_notices(home, notices, problems)]


def _previous(releases: Releases, folder: Path) -> Path | None:
    earlier = [i for i in releases.ids() if i != folder.name]
    before = releases.ids()
    if folder.name in before:
        earlier = before[: before.index(folder.name)]
    return releases.folder / earlier[-1] if earlier else None


def send_notices(home: Home, notices: Sequence[Notice], problems: Sequence[str] = ()) -> list[str]:
    """Writes notices to log/notices.log and sends them as one message; returns, in words, what could not be done."""
    at = clock.now()
    unsent = send(_message(notices, at)) if notices else []
    failed = [Notice("not_told", p) for p in (*problems, *unsent)]
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
