"""The gaps of a release: which figures are missing, why, and which source could provide them, with counts.

The gaps themselves are determined in warehouse/sql/quality and shown by cli/output/gaps_text.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets.home import Home
from assets.online_fetch import last_reports
from indicator_defs.errors import PayungError, WrongUseError
from indicator_defs.system import clock
from pipelines.frame_records import frame_records
from warehouse.query.read_only import query
from warehouse.release.release_folders import read_manifest

# The figures in scope of a request; $breakdowns adds every expected breakdown to the headline figures.
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
# Whether the release has the table and the column: releases of older versions have not.
HAS_GAPS = """
SELECT 1
FROM duckdb_columns()
WHERE schema_name = 'quality' AND table_name = 'availability' AND column_name = 'shown_as'
    AND EXISTS (SELECT 1 FROM duckdb_tables() WHERE schema_name = 'quality' AND table_name = 'gap')
"""
CODES = "SELECT code FROM reference.code WHERE codelist = '{}'"
NO_GAP = "not_applicable"


class GapError(PayungError):
    """The release is too old to have a table of gaps."""


class UnknownGapCodeError(GapError, WrongUseError):
    """The request names a code that the release does not have, or a file that cannot contain the figure."""


@dataclass(frozen=True)
class GapRequest:
    """The gaps requested; None means all. `breakdowns`: include those by sex, age and other breakdowns."""

    area: str | None = None
    indicator: str | None = None
    group: str | None = None
    reason: str | None = None
    breakdowns: bool = False


@dataclass(frozen=True)
class GapReport:
    """The gaps of a release. Figures that cannot exist are in `rows` only if the request names that reason.

    `rows`: indicator, name, indicator_group, area, area_name, area_type, breakdown, breakdown_name, reason_code, reason,
    detail, shown_as (of members: the letter of the exports), latest_year, filled_by, obtain_from. `expected`: figures
    of members in scope that could exist. `missing`: of them, those without a value that counts, for whatever reason.
    `by_reason`: reason_code, reason, members, groups. `by_area`: area, area_name, missing. `n_members`: Member States.
    """

    release: str
    rows: pd.DataFrame
    expected: int
    missing: int
    by_reason: pd.DataFrame
    by_area: pd.DataFrame
    n_members: int

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values for JSON."""
        return {
            "release": self.release,
            "expected_of_members": self.expected,
            "missing_of_members": self.missing,
            "by_reason": frame_records(self.by_reason),
            "by_area": frame_records(self.by_area),
            "gaps": frame_records(self.rows),
        }


def gap_report(release: Path, request: GapRequest) -> GapReport:
    """The gaps of a release.

    Raises UnknownGapCodeError for a code that the release does not have, GapError for a release without the table.
    """
    if query(release, HAS_GAPS).empty:
        raise GapError(
            f"Release {release.name} was made by an older version and has no table of gaps. Make a new release: "
            "payung refresh --force; the older table is quality.availability."
        )
    parameters = {
        "area": _code(release, AREA, request.area, "SELECT DISTINCT ref_area AS code FROM quality.gap ORDER BY code"),
        "indicator": _code(
            release, "indicator", request.indicator, "SELECT indicator AS code FROM reference.indicator"
        ),
        "indicator_group": _code(release, "group", request.group, CODES.format("indicator_group")),
        "breakdowns": request.breakdowns,
    }
    reason = _code(release, "reason", request.reason, CODES.format("gap_reason"))
    found = query(release, GAPS, parameters)
    found["latest_year"] = found["latest_year"].astype("Int64")
    names = _area_names(release)
    found.insert(list(found.columns).index("area") + 1, "area_name", found["area"].map(names))
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
    order = {area: i for i, area in enumerate(names)}
    by_area = by_area.sort_values("area", key=lambda areas: areas.map(order), ignore_index=True)
    by_area.insert(1, "area_name", by_area["area"].map(names))
    rows = found[found["reason_code"] == reason] if reason else real
    missing = int((real["area_type"] == "country").sum())
    members = query(release, "SELECT count(DISTINCT ref_area) AS n FROM quality.availability")
    return GapReport(
        release.name, rows.reset_index(drop=True), expected, missing, by_reason, by_area, int(members["n"].iloc[0])
    )


def fetched_since(home: Home, release: Path) -> list[str]:
    """Later downloads that concern the gaps of a release, one line each: new failures, and failures now resolved."""
    made = datetime.fromisoformat(str(read_manifest(release)["made_at"]))
    failures = query(release, "SELECT provider || '/' || dataset AS path FROM lineage.fetch WHERE outcome = 'failed'")
    failed = set(failures["path"])
    out = []
    for r in last_reports(home.path):
        since = clock.came_later(r.at, made)
        if since and r.outcome == "failed" and r.path not in failed:
            out.append(f"The last download of {r.path} failed on {r.at:%Y-%m-%d %H:%M}, after this release was made.")
        elif since and r.outcome != "failed" and r.path in failed:
            out.append(
                f"{r.path} was downloaded on {r.at:%Y-%m-%d %H:%M}, after this release was made; to use it: "
                "payung refresh --force."
            )
    return out


def _area_names(release: Path) -> dict[str, str]:
    """Short names of the Member States by code, in the order of reference.area, then of the groups of the set."""
    found = query(
        release,
        "SELECT a.* FROM reference.area AS a LEFT JOIN reference.set_group AS g ON g.area_group = a.ref_area "
        "ORDER BY g.sort_order NULLS FIRST, a.sort_order",
    )
    # Releases made before 0.2 have no short names.
    names = found["short_name"] if "short_name" in found else found["name"]
    return dict(zip(found["ref_area"], names, strict=True))


# The caller has checked that the area exists; only Member States and the groups of the set have gaps.
AREA = "area"


def _code(release: Path, what: str, value: str | None, listing: str) -> str | None:
    """The code that equals this text, ignoring case. Raises UnknownGapCodeError with the close matches otherwise."""
    if value is None:
        return None
    codes = [str(c) for c in query(release, listing)["code"]]
    for code in codes:
        if code.upper() == value.upper():
            return code
    near = [c for c in codes if value.upper() in c.upper()] or codes
    shown = ", ".join(near[:25]) + (", …" if len(near) > 25 else "")
    lacking = "lists no gaps of" if what == AREA else "has no"
    raise UnknownGapCodeError(f"The release {lacking} {what} {value!r}. Expected one of: {shown}.")
