"""What `payung gaps` shows: which figures are missing, why, and who could fill them.

Belongs here: the questions put to quality.gap of a release, the counts, the lines for a reader.
Does not belong here: finding gaps (warehouse/sql/quality), drawing (warehouse/export/report_figures.py).
"""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets.online_fetch import last_reports
from indicator_defs.errors import PayungError, WrongUseError
from indicator_defs.system import clock
from pipelines.cli.output.records import records
from pipelines.cli.output.tables import print_table
from warehouse.query.read_only import query
from warehouse.release.release_folders import read_manifest

# In scope of a question; $breakdowns widens it from the headline figures to every expected breakdown.
SCOPE = """
    ($indicator IS NULL OR q.indicator = $indicator) AND ($area IS NULL OR q.ref_area = $area)
    AND ($indicator_group IS NULL OR i.indicator_group = $indicator_group) AND ($breakdowns OR q.breakdown = 'headline')
"""
GAPS = f"""
SELECT
    q.indicator, i.name, i.indicator_group, q.ref_area AS area, q.area_type, q.breakdown,
    coalesce(b.name, q.breakdown) AS breakdown_name, q.reason_code, r.name AS reason, q.reason AS detail,
    v.shown_as, q.latest_year, q.filled_by, q.obtain_from
FROM quality.gap AS q
LEFT JOIN quality.availability AS v
    ON v.indicator = q.indicator AND v.ref_area = q.ref_area AND v.breakdown = q.breakdown
JOIN reference.indicator AS i ON i.indicator = q.indicator
JOIN reference.area AS a ON a.ref_area = q.ref_area
LEFT JOIN reference.set_group AS g ON g.area_group = q.ref_area
LEFT JOIN reference.code AS r ON r.codelist = 'gap_reason' AND r.code = q.reason_code
LEFT JOIN reference.code AS b ON b.codelist = 'breakdown' AND b.code = q.breakdown
WHERE {SCOPE}
ORDER BY i.indicator_group, q.indicator, q.breakdown <> 'headline', q.breakdown, g.sort_order NULLS FIRST, a.sort_order
"""
EXPECTED = f"""
SELECT count(*) AS n
FROM quality.availability AS q
JOIN reference.indicator AS i ON i.indicator = q.indicator
WHERE q.availability <> 'not_applicable' AND {SCOPE}
"""
# A release of this version has the table and the column.
MADE_FOR = """
SELECT 1
FROM duckdb_columns()
WHERE schema_name = 'quality' AND table_name = 'availability' AND column_name = 'shown_as'
    AND EXISTS (SELECT 1 FROM duckdb_tables() WHERE schema_name = 'quality' AND table_name = 'gap')
"""
CODES = "SELECT code FROM reference.code WHERE codelist = '{}'"
NO_GAP = "not_applicable"
# What stands in brackets after the areas: the words of each gap, the years of the last values, or nothing more.
WITH_DETAIL = ("rejected", "source_failed")
OTHER_CELLS = "other_cells"
WITH_YEARS = ("out_of_window", "not_usable")
SAID_BY_LABEL = ("no_source", "suppressed", "not_usable")


class GapError(PayungError):
    """The release is too old for the question."""


class UnknownError(GapError, WrongUseError):
    """The question names what the release does not know, or a file that cannot hold the figure."""


@dataclass(frozen=True)
class Asked:
    """Which gaps are asked for; None means all. `breakdowns`: also those by sex, age and other breakdowns."""

    area: str | None = None
    indicator: str | None = None
    group: str | None = None
    reason: str | None = None
    breakdowns: bool = False


@dataclass(frozen=True)
class Gaps:
    """The answer. What cannot exist stands in `rows` only where it is asked for by its reason.

    `rows`: indicator, name, indicator_group, area, area_type, breakdown, breakdown_name, reason_code, reason, detail,
    shown_as (of members: what the exports show by a letter), latest_year, filled_by, obtain_from. `expected`: figures
    of members in scope that could exist. `missing`: of them, those without a value that counts, for whatever reason.
    `by_reason`: reason_code, reason, members, groups. `by_area`: area, missing. `n_members`: Member States.
    """

    release: str
    rows: pd.DataFrame
    expected: int
    missing: int
    by_reason: pd.DataFrame
    by_area: pd.DataFrame
    n_members: int

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {
            "release": self.release,
            "expected_of_members": self.expected,
            "missing_of_members": self.missing,
            "by_reason": records(self.by_reason),
            "by_area": records(self.by_area),
            "gaps": records(self.rows),
        }

    @property
    def headline(self) -> str:
        """One or two sentences: how much is missing."""
        said = f"{self.missing:,} of {self.expected:,} figures of Member States are missing (release {self.release})."
        if not self.expected:
            said = f"Release {self.release}: no figure of a Member State is in question here."
        members, groups = self.by_reason.loc[self.by_reason["reason_code"] == NO_GAP, ["members", "groups"]].sum()
        impossible = [f"{members:,} more"] * bool(members) + [
            f"{groups:,} figure{'s' * (groups > 1)} of groups"
        ] * bool(groups)
        if not impossible:
            return said
        verb = "is" if members + groups == 1 else "are"
        return f"{said} {' and '.join(impossible)} cannot exist and {verb} not counted as missing."


def gaps(release: Path, asked: Asked) -> Gaps:
    """The gaps of a release.

    Raises UnknownError for a name that it does not know, GapError for a release without the table.
    """
    if query(release, MADE_FOR).empty:
        raise GapError(
            f"Release {release.name} was made by an older version, without the table of gaps. Make a new one: "
            "payung refresh --force; its older table is quality.availability."
        )
    parameters = {
        "area": _known(release, AREA, asked.area, "SELECT DISTINCT ref_area AS code FROM quality.gap ORDER BY code"),
        "indicator": _known(release, "indicator", asked.indicator, "SELECT indicator AS code FROM reference.indicator"),
        "indicator_group": _known(release, "group", asked.group, CODES.format("indicator_group")),
        "breakdowns": asked.breakdowns,
    }
    reason = _known(release, "reason", asked.reason, CODES.format("gap_reason"))
    found = query(release, GAPS, parameters)
    found["latest_year"] = found["latest_year"].astype("Int64")
    expected = int(query(release, EXPECTED, parameters)["n"].iloc[0])
    real = found[found["reason_code"] != NO_GAP]
    is_member = found["area_type"] == "country"
    counts = found.assign(members=is_member.astype(int), groups=(~is_member).astype(int))
    by_reason = (
        counts.groupby(["reason_code", "reason"], as_index=False)[["members", "groups"]]
        .sum()
        .sort_values(["members", "groups", "reason_code"], ascending=[False, False, True], ignore_index=True)
    )
    by_area = real.groupby("area", sort=False).size().rename("missing").reset_index()
    order = {area: i for i, area in enumerate(_areas(release))}
    by_area = by_area.sort_values("area", key=lambda areas: areas.map(order), ignore_index=True)
    rows = found[found["reason_code"] == reason] if reason else real
    missing = int((real["area_type"] == "country").sum())
    members = query(release, "SELECT count(DISTINCT ref_area) AS n FROM quality.availability")
    return Gaps(
        release.name, rows.reset_index(drop=True), expected, missing, by_reason, by_area, int(members["n"].iloc[0])
    )


@dataclass(frozen=True)
class Entry:
    """The gaps of one indicator and breakdown: areas by reason, who could fill them, and from where."""

    title: str
    reasons: list[str]
    who: str
    place: str

    def text(self, width: int) -> str:
        """The entry as lines of at most this width."""
        sources = [f"Who could fill it: {self.who}."] if self.who else []
        sources += [f"From: {self.place.rstrip('.')}."] if self.place else []
        wrapped = [textwrap.fill(self.title, width, subsequent_indent="  ", break_on_hyphens=False)]
        for line in (*self.reasons, " ".join(sources)):
            wrapped.append(
                textwrap.fill(line, width, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
            )
        return "\n".join(w for w in wrapped if w)


def entries(found: Gaps) -> list[Entry]:
    """The gaps by indicator and breakdown, in the order of the rows."""
    out = []
    columns = ["indicator", "name", "breakdown", "breakdown_name"]
    for (indicator, name, breakdown, breakdown_name), of_cell in found.rows.groupby(columns, sort=False):
        by = "" if breakdown == "headline" else f", by {str(breakdown_name).lower()}"
        reasons = [_reason(found, part) for _, part in of_cell.groupby("reason_code", sort=False)]
        who = "; ".join(dict.fromkeys(of_cell["filled_by"].dropna()))
        place = "; ".join(dict.fromkeys(of_cell["obtain_from"].dropna()))
        out.append(Entry(f"{indicator}  {name}{by}", reasons, who, place))
    return out


def _reason(found: Gaps, part: pd.DataFrame) -> str:
    """One reason with its areas: "Out of window: KHM, LAO (last values of 2014 to 2018)"."""
    countries = part.loc[part["area_type"] == "country", "area"].tolist()
    groups = part.loc[part["area_type"] == "group", "area"].tolist()
    areas = [f"all {len(countries)} members"] if len(countries) == found.n_members else countries
    reason, details = part["reason_code"].iloc[0], list(dict.fromkeys(part["detail"].dropna()))
    years = sorted(set(part["latest_year"].dropna()))
    told = ""
    if reason == OTHER_CELLS:  # the label says the rest
        told = "; ".join(f"{a} {d.partition(': ')[2]}" for a, d in zip(part["area"], part["detail"], strict=True))
    elif reason in WITH_DETAIL or (len(details) == 1 and reason not in SAID_BY_LABEL):
        told = "; ".join(details).split(" Obtain from: ")[0].rstrip(".")
    elif years and reason in WITH_YEARS:
        told = f"last values of {years[0]}" + (f" to {years[-1]}" if len(years) > 1 else "")
    return f"{part['reason'].iloc[0]}: {', '.join([*areas, *groups])}" + (f" ({told})" if told else "")


def show(found: Gaps) -> None:
    """Prints the counts, then the gaps by indicator."""
    print(found.headline)
    if found.by_reason.empty:
        return
    print("\nBy reason (figures of Member States, figures of groups):")
    print_table(found.by_reason[["reason_code", "reason", "members", "groups"]])
    print("\nBy area:")
    print_table(found.by_area)
    width = min(max(shutil.get_terminal_size((120, 24)).columns, 60), 160)
    for entry in entries(found):
        print(f"\n{entry.text(width)}")


def fetched_since(home: Path, release: Path) -> list[str]:
    """What fetches since the release was made say of its gaps, a line each: failures, and failures that are over."""
    made = datetime.fromisoformat(str(read_manifest(release)["made_at"]))
    told = query(release, "SELECT provider || '/' || dataset AS path FROM lineage.fetch WHERE outcome = 'failed'")
    failed = set(told["path"])
    out = []
    for r in last_reports(home):
        since = clock.came_later(r.at, made)
        if since and r.outcome == "failed" and r.path not in failed:
            out.append(f"The last fetch of {r.path} failed on {r.at:%Y-%m-%d %H:%M}, after this release was made.")
        elif since and r.outcome != "failed" and r.path in failed:
            out.append(
                f"{r.path} was fetched on {r.at:%Y-%m-%d %H:%M}, after this release was made: payung refresh --force."
            )
    return out


def refuse_ending(to: Path) -> None:
    """Raises UnknownError where a file's name has an ending of no figure."""
    if to.suffix.lower() not in ("", ".png", ".svg"):
        raise UnknownError(f"--figure: found {to.name}, expected a name that ends in .png or .svg, or has no ending.")


def draw(release: Path, to: Path) -> list[Path]:
    """Writes the heat map of indicators by Member States; PNG or SVG by the file's ending, both where it has none.

    Raises UnknownError for another ending, ExportError where the folder cannot be written.
    """
    refuse_ending(to)
    kinds = [to.suffix.lower().removeprefix(".")] if to.suffix else ["png", "svg"]
    from warehouse.export.export_files import make_folder
    from warehouse.export.release_reader import open_release
    from warehouse.export.report_figures import availability, write_figure

    make_folder(to.parent)
    with open_release(release) as reader:
        return write_figure(reader, availability, [to.with_suffix(f".{kind}") for kind in kinds])


def _areas(release: Path) -> list[str]:
    """Members in the given order, then the groups of the set."""
    found = query(
        release,
        "SELECT a.ref_area FROM reference.area AS a LEFT JOIN reference.set_group AS g ON g.area_group = a.ref_area "
        "ORDER BY g.sort_order NULLS FIRST, a.sort_order",
    )
    return [str(a) for a in found["ref_area"]]


# Whether there is such an area at all is asked before; gaps are those of Member States and our groups.
AREA = "area"


def _known(release: Path, what: str, value: str | None, listing: str) -> str | None:
    """The code that was asked for, in any letters; UnknownError with those near it where there is none."""
    if value is None:
        return None
    codes = [str(c) for c in query(release, listing)["code"]]
    for code in codes:
        if code.upper() == value.upper():
            return code
    near = [c for c in codes if value.upper() in c.upper()] or codes
    shown = ", ".join(near[:25]) + (", …" if len(near) > 25 else "")
    lacking = "lists no gaps of" if what == AREA else "knows no"
    raise UnknownError(f"The release {lacking} {what} {value!r}. Expected one of: {shown}.")
