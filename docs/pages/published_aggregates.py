"""docs/published_aggregates.md: published regional aggregates beside ours, from a release.

Belongs here: the tables of that page. Does not belong here: the comparison itself (warehouse) and what is written about it,
which people write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from indicator_defs.rounding import half_up
from warehouse.query.read_only import reader

from .markdown import code, placed, table

REASONS = (
    "agrees",
    "vintage",
    "older_values",
    "weights",
    "membership",
    "imputation",
    "method",
    "censored",
    "unexplained",
    "withheld",
)
_COUNTS = """
SELECT source, published_area, area_group, likely_reason, count(*) AS n, count(*) FILTER (WHERE is_large) AS large
FROM quality.published_aggregate
GROUP BY source, published_area, area_group, likely_reason
"""
_ROWS = """
SELECT
    p.indicator, i.name, p.source, p.published_area, p.area_group, p.time_period, p.published_value, p.our_value,
    p.publication_class, p.difference, p.likely_reason, p.explanation, i.decimals
FROM quality.published_aggregate AS p
JOIN reference.indicator AS i ON i.indicator = p.indicator
WHERE p.is_headline AND {}
ORDER BY i.indicator_group, p.indicator, p.source, p.published_area, p.time_period
"""
_NEWEST = """p.time_period = (
    SELECT max(x.time_period) FROM quality.published_aggregate AS x
    WHERE x.indicator = p.indicator AND x.source = p.source AND x.published_area = p.published_area AND x.is_headline
)"""
_LARGE = "p.is_large"


def pages(release: Path) -> dict[str, str]:
    """The page with its tables taken from a release."""
    with reader(release) as con:
        places = {
            "counts": _counts(con.execute(_COUNTS).fetchall()),
            "newest": _rows(con.execute(_ROWS.format(_NEWEST)).fetchall()),
            "large": _rows(con.execute(_ROWS.format(_LARGE)).fetchall()),
        }
    return placed("published_aggregates.md", places)


def _counts(found: list[tuple[Any, ...]]) -> str:
    areas = sorted({row[:3] for row in found})
    n = {(row[:3], row[3]): (row[4], row[5]) for row in found}
    rows: list[list[object]] = []
    for reason in REASONS:
        cells = [n.get((area, reason), (0, 0)) for area in areas]
        if any(count for count, _ in cells):
            rows.append([code(reason), *(f"{a} ({large} large)" if large else a for a, large in cells)])
    return table(["likely reason", *(f"{s} `{p}` beside `{g}`" for s, p, g in areas)], rows)


def _rows(found: list[tuple[Any, ...]]) -> str:
    rows: list[list[object]] = []
    for (
        indicator,
        name,
        source,
        area,
        group,
        year,
        theirs,
        ours,
        grade,
        difference,
        reason,
        explanation,
        digits,
    ) in found:
        shown = [str(half_up(v, digits)) if v is not None else "" for v in (theirs, ours, difference)]
        label = f"{code(indicator)} {name}"
        rows.append(
            [label, f"{source} {area} / {group}", year, shown[0], shown[1], grade, shown[2], explanation or reason]
        )
    head = ["indicator", "published / ours", "year", "published", "ours", "class", "difference", "likely reason"]
    return table(head, rows)
