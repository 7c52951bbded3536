"""The lineage of a regional figure: method, weight, class, and each member with the lineage of its value.

Belongs here: reading the lineage of one row of indicator_set.aggregate, or why there is no such row.
Does not belong here: computing the figure (sql/indicator_set/aggregate.sql) and values of one area (explanation.py).
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import duckdb

from warehouse.explain.explanation_parts import (
    AbsentMember,
    ClassTest,
    FigureMember,
    FigureWeight,
    MemberBreak,
    RegionalFigure,
    RequestedCell,
    ValueLineage,
    WeightRow,
    WeightSource,
)
from warehouse.query import release_codes
from warehouse.query.result_records import object_of, objects, one_record, records
from warehouse.release.former_names import name_in_release


def find_group(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> RegionalFigure | None:
    """The regional figure of a cell, published or withheld; None where no member has a usable value."""
    parameters = {"indicator": cell.indicator, "area": cell.ref_area, "year": cell.time_period, "cell": cell.key}
    figures = records(con, FIGURE, parameters)
    if not figures:
        return None
    members_query = MEMBERS.format(view=name_in_release(con, "aggregate_lineage"))
    members = [
        object_of(FigureMember, lines[0], values=[object_of(ValueLineage, line) for line in lines])
        for lines in (list(g) for _, g in groupby(records(con, members_query, parameters), key=lambda r: r["ref_area"]))
    ]
    has_no_weight = "no_weight" in (figures[0]["flags"] or "").split("; ")
    return object_of(
        RegionalFigure,
        figures[0],
        area_names=release_codes.named_areas(con, figures[0]["areas"]),
        class_tests=objects(con, CLASS_TESTS, ClassTest, parameters),
        # the flag no_weight: the figure was computed without weights
        weight=None if has_no_weight else _weight(con, parameters),
        members=members,
        breaks=objects(con, BREAKS, MemberBreak, parameters),
        absent=[_absent_member(line) for line in records(con, ABSENT, parameters)],
    )


def reason_without_figure(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> str:
    """Why there is no regional figure of a cell."""
    limits = one_record(con, LIMITS, {"indicator": cell.indicator, "area": cell.ref_area})
    first, last = limits["first_reference_year"], limits["latest_reference_year"]
    if limits["status"] == "declared":
        return f"No values yet: {limits['gap_reason']} Obtain from: {limits['gap_obtain_from']}"
    if limits["kind"] == "none":
        return f"No regional figures are computed for this indicator: {limits['title']}"
    if not limits["is_in_set"]:
        return f"No regional figures are computed for {cell.ref_area}"
    if not (first <= cell.time_period <= last or cell.time_period == limits["baseline_year"]):
        return f"Regional figures are computed for {first} to {last} only"
    return f"No member has a usable value of this breakdown in the window of {cell.time_period}"


def _weight(con: duckdb.DuckDBPyConnection, parameters: dict[str, Any]) -> FigureWeight | None:
    weights = records(con, WEIGHT, parameters)
    if not weights:
        return None
    return object_of(
        FigureWeight,
        weights[0],
        made_of=objects(con, MADE_OF, WeightSource, parameters),
        rows=objects(con, ROWS, WeightRow, parameters),
    )


def _absent_member(line: dict[str, Any]) -> AbsentMember:
    """A member with the text of its reason, including the years of the baseline period and the status."""
    reason = line["reason"].format(baseline_from=line["baseline_from"], baseline_to=line["baseline_to"])
    if line["status"] is not None:
        reason += f" (status {line['status']})"
    return object_of(AbsentMember, line, reason=reason)


FIGURE = """
SELECT
    a.*, m.title AS method_title, m.formula, m.kind, m.event_count, i.lookback_years,
    a.time_period = s.baseline_year AS is_baseline, s.baseline_from, s.baseline_to
FROM indicator_set.aggregate AS a
CROSS JOIN reference.settings AS s
JOIN reference.indicator AS i ON i.indicator = a.indicator
JOIN reference.method AS m ON m.method = a.method
WHERE a.indicator = $indicator AND a.ref_area = $area AND a.time_period = $year AND a.cell = $cell
"""

CLASS_TESTS = """
SELECT t.threshold, t.criterion, r.title, t.value, r.bound, t.limit_value, r.unit, t.years, t.passed, r.needs
FROM indicator_set.class_test AS t
JOIN reference.class_criterion AS r ON r.criterion = t.criterion
WHERE t.indicator = $indicator AND t.area_group = $area AND t.reference_year = $year AND t.cell = $cell
ORDER BY t.threshold, r.sort_order
"""

MEMBERS = """
SELECT *
FROM main.{view} AS m
WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
ORDER BY (SELECT sort_order FROM reference.area AS a WHERE a.ref_area = m.ref_area), time_period
"""

BREAKS = """
SELECT ref_area, break_year, why, break_file AS place
FROM indicator_set.member_break AS m
WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
ORDER BY (SELECT sort_order FROM reference.area AS a WHERE a.ref_area = m.ref_area), break_year
"""

ABSENT = """
SELECT
    m.ref_area, k.name AS reason, m.newest_year, m.newest_text,
    CASE WHEN m.absence IN ('kept_out', 'kept_out_at_baseline') THEN m.newest_status END AS status,
    s.baseline_from, s.baseline_to
FROM indicator_set.absent_member AS m
JOIN reference.code AS k ON k.codelist = 'sentence' AND k.code = m.absence
CROSS JOIN reference.settings AS s
WHERE m.indicator = $indicator AND m.area_group = $area AND m.reference_year = $year AND m.cell = $cell
ORDER BY (SELECT sort_order FROM reference.area AS a WHERE a.ref_area = m.ref_area)
"""

LIMITS = """
SELECT
    i.status, i.gap_reason, i.gap_obtain_from, m.kind, m.title, s.first_reference_year, s.latest_reference_year,
    s.baseline_year,
    EXISTS (SELECT 1 FROM reference.set_group AS g WHERE g.area_group = $area) AS is_in_set
FROM reference.indicator AS i
JOIN reference.method AS m ON m.method = i.method
CROSS JOIN reference.settings AS s
WHERE i.indicator = $indicator
"""

WEIGHT = """
SELECT
    w.weight, w.title, w.source, w.filling, w.coverage_indicator,
    coalesce(i.weight_is_proxy AND i.weight = w.weight, FALSE) AS is_proxy,
    CASE WHEN i.weight = w.weight THEN i.proxy_accepted END AS proxy_accepted
FROM indicator_set.weight_cell AS c
JOIN reference.weight AS w ON w.weight = c.weight
JOIN reference.indicator AS i ON i.indicator = c.indicator
WHERE c.indicator = $indicator AND c.cell = $cell
"""

# The published rows from which the weights of the figure's cell are made, by member and reference year.
INPUTS = """
SELECT i.time_period AS reference_year, s.*
FROM indicator_set.weight_cell AS c
JOIN lineage.weight_input AS i
    ON i.weight = c.weight AND i.sex = c.sex AND i.age = c.age AND i.urbanisation = c.urbanisation
JOIN lineage.weight_source AS s
    ON s.role = i.role AND s.ref_area = i.ref_area AND s.time_period IN (i.first_year, i.last_year)
WHERE c.indicator = $indicator AND c.cell = $cell
"""

# The series of the weight, for all years and members.
MADE_OF = f"""
SELECT DISTINCT
    i.provider_series AS series, n.producer, n.vintage_date, n.snapshot_id, n.address, n.files, n.is_rebuilt
FROM ({INPUTS}) AS i
JOIN lineage.snapshot AS n ON n.snapshot_id = i.snapshot_id
ORDER BY series, n.snapshot_id
"""

# The rows of the weight, for the members of the figure.
ROWS = f"""
SELECT
    i.ref_area, i.provider_series AS series, i.time_period, i.row_count AS n_rows, i.value_text, i.snapshot_id, i.file,
    nullif(split_part(split_part('; ' || n.files, '; ' || i.file || ' ', 2), ';', 1), '') AS sha256,
    i.first_row, i.last_row
FROM ({INPUTS}) AS i
JOIN lineage.snapshot AS n ON n.snapshot_id = i.snapshot_id
SEMI JOIN indicator_set.aggregate_member AS m
    ON m.indicator = $indicator AND m.area_group = $area AND m.reference_year = $year AND m.cell = $cell
    AND m.ref_area = i.ref_area AND m.reference_year = i.reference_year
ORDER BY (SELECT sort_order FROM reference.area AS a WHERE a.ref_area = i.ref_area), series, i.time_period
"""
