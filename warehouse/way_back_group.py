"""The way back of a regional figure: method, weight, class, and each member with its own way back in short.

Belongs here: finding what a release knows of one row of indicator_set.aggregate, and why there is none.
Does not belong here: computing the figure (sql/indicator_set/aggregate.sql) and values of one area (way_back.py).
"""

from __future__ import annotations

from itertools import groupby

import duckdb

from warehouse.way_back_parts import Absent, Cell, Group, Member, Short, Weight, WeightSource
from warehouse.way_back_rows import one, picked, records, rows


def find_group(con: duckdb.DuckDBPyConnection, cell: Cell) -> Group | None:
    """The regional figure of a cell, also a withheld one; None where no member has a value that counts."""
    asked = {"indicator": cell.indicator, "area": cell.ref_area, "year": cell.time_period, "cell": cell.key}
    found = records(con, FIGURE, asked)
    if not found:
        return None
    members = [
        picked(Member, lines[0], values=[picked(Short, line) for line in lines])
        for lines in (list(g) for _, g in groupby(records(con, MEMBERS, asked), key=lambda r: r["ref_area"]))
    ]
    return picked(
        Group,
        found[0],
        weight=_weight(con, found[0]["weight_name"], cell),
        members=members,
        absent=rows(con, ABSENT, Absent, asked),
    )


def find_without_group(con: duckdb.DuckDBPyConnection, cell: Cell) -> str:
    """Why there is no regional figure of a cell."""
    found = one(con, LIMITS, {"indicator": cell.indicator, "area": cell.ref_area})
    first, last = found["first_reference_year"], found["latest_reference_year"]
    if found["status"] == "declared":
        return f"No values yet: {found['gap_reason']} Obtain from: {found['gap_obtain_from']}"
    if found["kind"] == "none":
        return f"No regional figures are made of this indicator: {found['title']}"
    if not found["is_in_set"]:
        return f"No regional figures are made for {cell.ref_area}"
    if not (first <= cell.time_period <= last or cell.time_period == found["baseline_year"]):
        return f"Regional figures are made for {first} to {last} only"
    return f"No member has a usable value of this breakdown in the window of {cell.time_period}"


def _weight(con: duckdb.DuckDBPyConnection, name: str | None, cell: Cell) -> Weight | None:
    if name is None:
        return None
    found = one(con, WEIGHT, {"weight": name, "indicator": cell.indicator})
    is_whole = found["kind"] == "population" and found["age_from"] is None and cell.breakdowns["sex"] == "_T"
    parameters = {
        "weight": name,
        "by_age_and_sex": found["kind"] == "population" and not (is_whole and cell.is_headline),
        "urbanisation": cell.breakdowns["urbanisation"] != "_T",
    }
    return picked(Weight, found, made_of=rows(con, MADE_OF, WeightSource, parameters))


FIGURE = """
SELECT a.*, m.title AS method_title, m.formula, m.kind, i.lookback_years
FROM indicator_set.aggregate AS a
JOIN reference.indicator AS i ON i.indicator = a.indicator
JOIN reference.method AS m ON m.method = a.method
WHERE a.indicator = $indicator AND a.ref_area = $area AND a.time_period = $year AND a.cell = $cell
"""

MEMBERS = """
SELECT *
FROM main.way_back_members
WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
ORDER BY ref_area, time_period
"""

ABSENT = """
WITH newest AS (
    SELECT ref_area, max(time_period) AS newest_year
    FROM indicator_set.value
    WHERE indicator = $indicator AND cell = $cell AND time_period <= $year
    GROUP BY ref_area
)
SELECT
    g.ref_area,
    CASE
        WHEN v.observation_id IS NULL THEN 'no value of this breakdown up to the year'
        WHEN NOT v.in_aggregates THEN
            'its newest value is kept out of regional figures'
            || coalesce(' (status ' || coalesce(v.obs_status, v.published_status) || ')', '')
        WHEN v.sex <> '_T' AND i.headline_sex = '_T' AND v.time_period >= $year - i.lookback_years
            THEN 'figures by sex count only where an area has both and the total'
        ELSE 'its newest value lies before the window'
    END AS reason,
    n.newest_year, v.value_text AS newest_text
FROM reference.area_group AS g
JOIN reference.indicator AS i ON i.indicator = $indicator
LEFT JOIN newest AS n ON n.ref_area = g.ref_area
LEFT JOIN indicator_set.value AS v
    ON v.indicator = $indicator AND v.cell = $cell AND v.ref_area = g.ref_area AND v.time_period = n.newest_year
WHERE g.area_group = $area AND g.is_member_today AND NOT EXISTS (
    SELECT 1 FROM indicator_set.aggregate_member AS m
    WHERE m.indicator = $indicator AND m.area_group = $area AND m.reference_year = $year AND m.cell = $cell
        AND m.ref_area = g.ref_area
)
ORDER BY g.ref_area
"""

LIMITS = """
SELECT
    i.status, i.gap_reason, i.gap_obtain_from, m.kind, m.title, s.first_reference_year, s.latest_reference_year,
    s.baseline_year,
    EXISTS (SELECT 1 FROM reference.set_group AS g WHERE g.area_group = $area) AS is_in_set
FROM reference.indicator AS i
JOIN reference.method AS m ON m.method = i.method
JOIN reference.indicator_set AS s ON s.set_name = 'asean_indicator_set'
WHERE i.indicator = $indicator
"""

WEIGHT = """
SELECT
    w.weight, w.title, w.source, w.filling, w.kind, w.age_from, w.coverage_indicator,
    coalesce(i.weight_is_proxy AND i.weight = w.weight, FALSE) AS is_proxy,
    CASE WHEN i.weight = w.weight THEN i.proxy_accepted END AS proxy_accepted
FROM reference.weight AS w
JOIN reference.indicator AS i ON i.indicator = $indicator
WHERE w.weight = $weight
"""

# The series that sql/indicator_set/weight_value.sql makes each kind of weight of, in the vintage that it takes.
MADE_OF = """
WITH made AS (
    SELECT w.provider_series AS series FROM reference.weight AS w WHERE w.weight = $weight AND w.kind = 'series'
    UNION
    SELECT unnest(CASE
        WHEN w.kind IN ('population', 'beneficiaries') THEN ['TPopulation1July']
        WHEN w.kind = 'births' THEN ['Births']
        WHEN w.kind IN ('labour_force', 'employed', 'unemployed')
            THEN ['SL.TLF.TOTL.IN', 'SL.TLF.TOTL.FE.ZS', 'SL.UEM.TOTL.ZS', 'SL.UEM.TOTL.MA.ZS']
        ELSE []
    END) AS series
    FROM reference.weight AS w
    WHERE w.weight = $weight
    UNION
    SELECT unnest(CASE WHEN $by_age_and_sex THEN ['PopFemale', 'PopMale'] ELSE [] END) AS series
    UNION
    SELECT unnest(CASE WHEN $urbanisation THEN ['SP.URB.TOTL.IN.ZS'] ELSE [] END) AS series
)
SELECT DISTINCT
    v.series, n.producer, n.vintage_date, n.snapshot_id, n.address, n.files, n.is_rebuilt
FROM made AS m
JOIN lineage.series_vintage AS v
    ON v.series = m.series AND v.is_newest AND v.provider IN ('un_wpp', 'world_bank')
JOIN lineage.snapshot AS n ON n.snapshot_id = v.snapshot_id
ORDER BY v.series, n.snapshot_id
"""
