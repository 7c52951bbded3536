"""Queries the revisions of a release: what changed between vintages, withdrawn values first.

They are determined in warehouse/sql/lineage/revision.sql and shown by cli/output/revisions_text.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from indicator_defs.breakdowns import BREAKDOWNS
from indicator_defs.errors import WrongUseError
from indicator_defs.rounding import half_up
from warehouse.query.read_only import query, reader

# Rounding, newly stated fields and footnotes do not change a figure, so they are shown only on request.
VALUE_CLASSES = ("withdrawn", "changed", "re_dated", "new")
OTHER_CLASSES = ("precision_only", "field_supplied", "status_only", "footnote_only")
CLASSES = (*VALUE_CLASSES, *OTHER_CLASSES)

SHOWN = f"""
SELECT
    r.revision_class AS class, r.indicator, r.ref_area AS area, r.time_period AS year,
    nullif(concat_ws(', ', {", ".join(f"CASE WHEN r.{b} <> '_T' THEN '{b}=' || r.{b} END" for b in BREAKDOWNS)}), '')
        AS breakdown,
    r.text_from AS "from", r.text_to AS "to", r.size,
    CASE WHEN r.time_period_from <> r.time_period THEN r.time_period_from END AS year_before, r.fields,
    r.source, r.provider_series AS series, r.vintage_from, r.vintage_to
FROM lineage.revision AS r
WHERE ($indicator IS NULL OR r.indicator = $indicator)
    AND ($area IS NULL OR r.ref_area = $area)
    AND ($since IS NULL OR r.vintage_to >= CAST($since AS DATE))
    AND list_contains($classes, r.revision_class)
ORDER BY
    list_position($classes, r.revision_class), abs(coalesce(r.size, 0)) DESC, r.vintage_to DESC, r.indicator,
    r.ref_area, r.time_period, breakdown, r.source, r.observation_id
"""


class RevisionError(WrongUseError):
    """The request names an indicator or an area that the release does not have."""


@dataclass(frozen=True)
class RevisionRequest:
    """The revisions requested; None means all."""

    indicator: str | None = None
    area: str | None = None
    since: date | None = None
    classes: tuple[str, ...] = VALUE_CLASSES


def revisions(release: Path, request: RevisionRequest) -> pd.DataFrame:
    """The revisions requested: withdrawn first, then changed by size, then re-dated, new and the rest.

    Columns: class, indicator, area, year, breakdown, from, to (as published), size, year_before, fields, source,
    series, vintage_from, vintage_to. Raises RevisionError for an unknown indicator or area.
    """
    _refuse_unknown(release, request)
    parameters = {
        "indicator": request.indicator,
        "area": request.area,
        "since": request.since.isoformat() if request.since else None,
        "classes": list(request.classes),
    }
    found = query(release, SHOWN, parameters)
    found["size"] = [v if pd.isna(v) else float(half_up(v, 6)) for v in found["size"]]
    return found


def revision_counts(release: Path, request: RevisionRequest) -> pd.DataFrame:
    """The number of revisions of each class: source, vintage_from, vintage_to, class, n.

    Raises RevisionError as `revisions` does.
    """
    _refuse_unknown(release, request)
    return query(
        release,
        """
        SELECT source, vintage_from, vintage_to, revision_class AS class, count(*) AS n
        FROM lineage.revision
        WHERE ($indicator IS NULL OR indicator = $indicator) AND ($area IS NULL OR ref_area = $area)
            AND ($since IS NULL OR vintage_to >= CAST($since AS DATE))
        GROUP BY source, vintage_from, vintage_to, revision_class
        ORDER BY source, vintage_to, vintage_from, n DESC, revision_class
        """,
        {
            "indicator": request.indicator,
            "area": request.area,
            "since": request.since.isoformat() if request.since else None,
        },
    )


def vintages_with_revisions(release: Path) -> tuple[int, date | None, date | None]:
    """The number of all revisions, and the first and the last vintage that have one."""
    with reader(release) as con:
        return con.execute("SELECT count(*), min(vintage_to), max(vintage_to) FROM lineage.revision").fetchall()[0]


def _refuse_unknown(release: Path, request: RevisionRequest) -> None:
    _refuse_unknown_code(
        release, "reference.indicator", "indicator", request.indicator, 'payung sql "FROM reference.indicator"'
    )
    _refuse_unknown_code(release, "reference.area", "ref_area", request.area, 'payung sql "FROM reference.area"')


def _refuse_unknown_code(release: Path, table: str, column: str, value: str | None, listing: str) -> None:
    if value is None:
        return
    if query(release, f"SELECT 1 FROM {table} WHERE {column} = $value", {"value": value}).empty:
        raise RevisionError(f"The release has no {column.removeprefix('ref_')} {value!r}. For a list: {listing}")
