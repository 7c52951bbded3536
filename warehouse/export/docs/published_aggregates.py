"""published_aggregates.md: regional figures that the UN and the ILO publish, compared with ours."""

from __future__ import annotations

from typing import Any

from indicator_defs.rounding import half_up
from warehouse.export.docs.markdown import code, table
from warehouse.export.docs.page_templates import rendered
from warehouse.export.release_reader import ReleaseReader

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


def pages(reader: ReleaseReader) -> dict[str, str]:
    """The page with its tables."""
    places = {
        "release": reader.release_id,
        "counts": _counts(reader.query(_COUNTS).rows),
        "newest": _figures(reader.query(_ROWS.format(_NEWEST)).rows),
        "large": _figures(reader.query(_ROWS.format(_LARGE)).rows),
    }
    return {"published_aggregates.md": rendered("published_aggregates.md", **places)}


def _counts(found: list[tuple[Any, ...]]) -> str:
    pairs = sorted({row[:3] for row in found})
    counts = {(row[:3], row[3]): (row[4], row[5]) for row in found}
    rows: list[list[object]] = []
    for reason in REASONS:
        cells = [counts.get((pair, reason), (0, 0)) for pair in pairs]
        if any(count for count, _ in cells):
            rows.append([code(reason), *(f"{n} ({large} large)" if large else n for n, large in cells)])
    return table(["likely reason", *(f"{source} `{area}` and `{group}`" for source, area, group in pairs)], rows)


def _figures(found: list[tuple[Any, ...]]) -> str:
    rows: list[list[object]] = []
    for row in found:
        (
            indicator,
            name,
            source,
            area,
            group,
            year,
            published,
            ours,
            letter,
            difference,
            reason,
            explanation,
            decimals,
        ) = row
        numbers = [str(half_up(v, decimals)) if v is not None else "" for v in (published, ours, difference)]
        label = f"{code(indicator)} {name}"
        pair = f"{source} {area} / {group}"
        rows.append([label, pair, year, numbers[0], numbers[1], letter, numbers[2], explanation or reason])
    head = ["indicator", "published / ours", "year", "published", "ours", "class", "difference", "likely reason"]
    return table(head, rows)
