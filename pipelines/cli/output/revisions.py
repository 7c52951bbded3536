"""What `payung revisions` shows: what changed between vintages, what hurts most first.

Belongs here: the question put to lineage.revision of a release, and the words for an empty answer.
Does not belong here: finding revisions (warehouse/sql/lineage/revision.sql) and printing (commands/asking.py).
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

# Rounding, newly stated fields and footnotes are shown on demand: they are no news about a figure.
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
    """The question names what the release does not know."""


@dataclass(frozen=True)
class Asked:
    """Which revisions are asked for; None means all."""

    indicator: str | None = None
    area: str | None = None
    since: date | None = None
    classes: tuple[str, ...] = VALUE_CLASSES

    def words(self) -> str:
        """The question in words, for an empty answer."""
        parts = [f"of {self.indicator}" if self.indicator else "", f"for {self.area}" if self.area else ""]
        parts.append(f"in vintages since {self.since}" if self.since else "")
        return " ".join(p for p in parts if p)


def revisions(release: Path, asked: Asked) -> pd.DataFrame:
    """The revisions asked for: withdrawn first, then changed by size, then re-dated, new and the rest.

    Columns: class, indicator, area, year, breakdown, from, to (as published), size, year_before, fields, source,
    series, vintage_from, vintage_to. Raises RevisionError for an indicator or an area that the release does not know.
    """
    _refuse_unknown(release, asked)
    parameters = {
        "indicator": asked.indicator,
        "area": asked.area,
        "since": asked.since.isoformat() if asked.since else None,
        "classes": list(asked.classes),
    }
    found = query(release, SHOWN, parameters)
    found["size"] = [v if pd.isna(v) else float(half_up(v, 6)) for v in found["size"]]
    return found


def counts(release: Path, asked: Asked) -> pd.DataFrame:
    """How many revisions of each class there are: source, vintage_from, vintage_to, class, n.

    Raises RevisionError as `revisions` does.
    """
    _refuse_unknown(release, asked)
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
            "indicator": asked.indicator,
            "area": asked.area,
            "since": asked.since.isoformat() if asked.since else None,
        },
    )


def nothing_found(release: Path, asked: Asked) -> str:
    """One or two sentences for an empty answer: what there is instead."""
    with reader(release) as con:
        row = con.execute("SELECT count(*), min(vintage_to), max(vintage_to) FROM lineage.revision").fetchall()[0]
    said = f"No revision {asked.words()}".rstrip() + f" ({', '.join(asked.classes)})."
    if not row[0]:
        return f"{said} The release holds one vintage of each series only, so there is nothing to compare."
    return f"{said} The release holds {row[0]:,} revisions, in vintages from {row[1]} to {row[2]}."


def _refuse_unknown(release: Path, asked: Asked) -> None:
    _known(release, "reference.indicator", "indicator", asked.indicator, 'payung sql "FROM reference.indicator"')
    _known(release, "reference.area", "ref_area", asked.area, 'payung sql "FROM reference.area"')


def _known(release: Path, table: str, column: str, value: str | None, listing: str) -> None:
    if value is None:
        return
    if query(release, f"SELECT 1 FROM {table} WHERE {column} = $value", {"value": value}).empty:
        raise RevisionError(f"The release knows no {column.removeprefix('ref_')} {value!r}. See: {listing}")
