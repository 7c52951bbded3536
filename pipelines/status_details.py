"""The details of `payung status` beyond sources and rows: lateness of indicators, discrepancies, rejections, disk.

Belongs here: reading these facts from a release and a home. Does not belong here: what needs attention (home_status.py).
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

# The periodicity is what the members' headline figures show: the median step between two of their years, of today's
# chosen source. Late is measured against the reference year of the set and never against the clock.
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
asked AS (SELECT latest_reference_year AS reference_year FROM reference.settings)
SELECT
    l.indicator, p.periodicity, max(l.latest_year) AS latest_year, a.reference_year, count(*) AS members,
    count(*) FILTER (a.reference_year - l.latest_year > p.periodicity) AS late_members,
    string_agg(l.ref_area || ' ' || l.latest_year, ', ' ORDER BY l.latest_year, o.sort_order)
        FILTER (a.reference_year - l.latest_year > p.periodicity) AS late,
    a.reference_year - max(l.latest_year) > p.periodicity AS is_late
FROM latest AS l
JOIN period AS p ON p.indicator = l.indicator
JOIN reference.area AS o ON o.ref_area = l.ref_area
CROSS JOIN asked AS a
GROUP BY l.indicator, p.periodicity, a.reference_year
ORDER BY l.indicator
"""
DISCREPANCIES = """
SELECT indicator, count(*) AS n, count(DISTINCT ref_area) AS n_areas, max(abs(relative_difference)) AS largest
FROM lineage.discrepancy GROUP BY indicator ORDER BY n DESC, indicator
"""
# What counts today is what the audit warns of: of older vintages rows are refused where a definition does not say what
# they meant, and that needs no attention.
REJECTED_NOW = f"""
SELECT CAST(coalesce(sum(row_count), 0) AS BIGINT) AS n
FROM (
{query_of("rows_rejected")}
)
"""
REJECTIONS = "SELECT reason, count(*) AS n FROM lineage.rejection GROUP BY reason ORDER BY n DESC, reason"


def lateness(release: Path) -> list[dict[str, Any]]:
    """Each indicator with members' values against its periodicity.

    indicator, periodicity (years; None where no member has two values), latest_year, reference_year, members,
    late_members, late (areas and years), is_late (no member has a value recent enough; None without a periodicity).
    """
    return _records(release, LATENESS)


def discrepancies(release: Path) -> list[dict[str, Any]]:
    """Open discrepancies between sources by indicator, most first: indicator, n, n_areas, largest (relative)."""
    return _records(release, DISCREPANCIES)


def rejections(release: Path) -> list[dict[str, Any]]:
    """Rejected rows of all vintages by reason: reason, n."""
    return _records(release, REJECTIONS)


def rejected_now(release: Path) -> int:
    """How many rows of vintages in use or newer were rejected."""
    return int(query(release, REJECTED_NOW)["n"].iloc[0])


def disk(home: Home) -> dict[str, int]:
    """Bytes used by each folder of the home, `other` for files in none of them, and `free` on its disk."""
    out = {p.name: size(p) for p in sorted(home.path.iterdir()) if p.is_dir() and not p.is_symlink()}
    out["other"] = sum(p.lstat().st_size for p in home.path.iterdir() if p.is_symlink() or p.is_file())
    return out | {"free": shutil.disk_usage(home.path).free}


def changed_size(release: Path, files: dict[str, Any]) -> list[str]:
    """Files of a release whose size is no longer the one in the manifest: a quick look; verify compares every byte."""
    return [name for name, file in files.items() if (release / name).stat().st_size != file["bytes"]]


def _records(release: Path, text: str) -> list[dict[str, Any]]:
    return frame_records(query(release, text))
