"""Keeps the page of docs/ whose tables are figures: published aggregates beside ours, from one release.

Belongs here: what needs a release to be written. Does not belong here: what the definitions alone say (make.py).

    python docs/make_figures.py            writes the page from the current release
    python docs/make_figures.py --check    writes nothing; exit code 1 where the page is out of date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from indicator_defs.errors import PayungError
from pipelines.settings import home
from sources.papers import filled
from warehouse.query import reader
from warehouse.releases import Releases

PAGE = Path(__file__).parent / "published_aggregates.md"
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


def page(release: Path) -> str:
    """The text of the page with its tables taken from a release."""
    text = PAGE.read_text(encoding="utf-8")
    with reader(release) as con:
        found = {
            "counts": _counts(con.execute(_COUNTS).fetchall()),
            "newest": _rows(con.execute(_ROWS.format(_NEWEST)).fetchall()),
            "large": _rows(con.execute(_ROWS.format(_LARGE)).fetchall()),
        }
    for place, table in found.items():
        text = filled(text, place, table)
    return text


def _table(head: list[str], rows: list[list[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(str(c).replace('|', ' ') for c in row)} |" for row in rows)])


def _counts(found: list[tuple[Any, ...]]) -> str:
    areas = sorted({row[:3] for row in found})
    n = {(row[:3], row[3]): (row[4], row[5]) for row in found}
    rows: list[list[object]] = []
    for reason in REASONS:
        cells = [n.get((area, reason), (0, 0)) for area in areas]
        if any(count for count, _ in cells):
            rows.append([f"`{reason}`", *(f"{a} ({large} large)" if large else a for a, large in cells)])
    return _table(["likely reason", *(f"{s} `{p}` beside `{g}`" for s, p, g in areas)], rows)


def _rows(found: list[tuple[Any, ...]]) -> str:
    rows: list[list[object]] = []
    for code, name, source, area, group, year, theirs, ours, grade, difference, reason, said, digits in found:
        shown = [f"{round(v, digits) + 0.0:.{digits}f}" if v is not None else "" for v in (theirs, ours, difference)]
        label = f"`{code}` {name}"
        rows.append([label, f"{source} {area} / {group}", year, shown[0], shown[1], grade, shown[2], said or reason])
    head = ["indicator", "published / ours", "year", "published", "ours", "class", "difference", "likely reason"]
    return _table(head, rows)


def main() -> int:
    """Writes the page, or with --check tells whether it is up to date."""
    parser = argparse.ArgumentParser(description="Keeps the tables of docs/published_aggregates.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where it is out of date")
    only_check = parser.parse_args().check
    try:
        text = page(Releases(home()).find())
    except PayungError as error:
        print(f"make_figures: {error}", file=sys.stderr)
        return 1
    if PAGE.read_text(encoding="utf-8") == text:
        return 0
    if only_check:
        print("docs/published_aggregates.md is not up to date; run python docs/make_figures.py")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print("docs/published_aggregates.md written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
