"""The details of `payung status`: lateness of indicators, discrepancies, rejections, disk; read from release and home.

home_status.py decides what needs attention.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from assets.home import Home
from pipelines.frame_records import frame_records
from warehouse.build.audit_checks import query_of
from warehouse.query.read_only import query
from warehouse.release.upkeep import size

# The periodicity is the median number of years between two headline figures of a member, from the source chosen today.
# Lateness is measured against the reference year of the set, never against the clock.
LATENESS = """
WITH headline AS (
    SELECT DISTINCT v.indicator, v.ref_area, v.time_period
    FROM indicator_set.value AS v
    JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
    WHERE v.is_headline AND v.dataset_kind <> 'document'
        AND (v.obs_value IS NOT NULL OR v.lower_bound IS NOT NULL OR v.upper_bound IS NOT NULL)
),
step AS (
    SELECT
        indicator, ref_area, time_period,
        time_period - lag(time_period) OVER (PARTITION BY indicator, ref_area ORDER BY time_period) AS years
    FROM headline
),
period AS (SELECT indicator, CAST(ceil(median(years)) AS INTEGER) AS periodicity FROM step GROUP BY indicator),
latest AS (SELECT indicator, ref_area, max(time_period) AS latest_year FROM headline GROUP BY indicator, ref_area),
settings AS (SELECT latest_reference_year AS reference_year FROM reference.settings)
SELECT
    l.indicator, p.periodicity, max(l.latest_year) AS latest_year, s.reference_year, count(*) AS members,
    count(*) FILTER (s.reference_year - l.latest_year > p.periodicity) AS late_members,
    string_agg(l.ref_area || ' ' || l.latest_year, ', ' ORDER BY l.latest_year, o.sort_order)
        FILTER (s.reference_year - l.latest_year > p.periodicity) AS late,
    s.reference_year - max(l.latest_year) > p.periodicity AS is_late
FROM latest AS l
JOIN period AS p ON p.indicator = l.indicator
JOIN reference.area AS o ON o.ref_area = l.ref_area
CROSS JOIN settings AS s
GROUP BY l.indicator, p.periodicity, s.reference_year
ORDER BY l.indicator
"""
DISCREPANCIES = """
SELECT indicator, count(*) AS n, count(DISTINCT ref_area) AS n_areas, max(abs(relative_difference)) AS largest
FROM lineage.discrepancy GROUP BY indicator ORDER BY n DESC, indicator
"""
# Only rows that the audit warns of. Rejected rows of older vintages whose meaning no definition states need no attention.
REJECTED_NOW = f"""
SELECT CAST(coalesce(sum(row_count), 0) AS BIGINT) AS n
FROM (
{query_of("rows_rejected")}
)
"""
REJECTIONS = "SELECT reason, count(*) AS n FROM lineage.rejection GROUP BY reason ORDER BY n DESC, reason"


def lateness(release: Path) -> list[dict[str, Any]]:
    """The lateness of each indicator that has values of Member States, measured by its periodicity.

    indicator, periodicity (years; None where no member has two values), latest_year, reference_year, members,
    late_members, late (areas and years), is_late (no member has a recent enough value; None without a periodicity).
    """
    return _records(release, LATENESS)


def discrepancies(release: Path) -> list[dict[str, Any]]:
    """Open discrepancies between sources by indicator, largest number first: indicator, n, n_areas, largest (relative)."""
    return _records(release, DISCREPANCIES)


def rejections(release: Path) -> list[dict[str, Any]]:
    """Rejected rows of all vintages by reason: reason, n."""
    return _records(release, REJECTIONS)


def rejected_now(release: Path) -> int:
    """The number of rejected rows of vintages in use or newer."""
    return int(query(release, REJECTED_NOW)["n"].iloc[0])


def disk(home: Home) -> dict[str, int]:
    """Bytes used by each folder of the home, by its other files (`other`), and free on its disk (`free`)."""
    out = {p.name: size(p) for p in sorted(home.path.iterdir()) if p.is_dir() and not p.is_symlink()}
    out["other"] = sum(p.lstat().st_size for p in home.path.iterdir() if p.is_symlink() or p.is_file())
    return out | {"free": shutil.disk_usage(home.path).free}


def changed_size(release: Path, files: dict[str, Any]) -> list[str]:
    """Files of a release whose size differs from the manifest: a quick check; verify compares every byte."""
    return [name for name, file in files.items() if (release / name).stat().st_size != file["bytes"]]


def _records(release: Path, text: str) -> list[dict[str, Any]]:
    return frame_records(query(release, text))
