"""The lineage of a regional figure: method, weight, class, and each member with the lineage of its value.

Belongs here: finding what a release knows of one row of indicator_set.aggregate, and why there is none.
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
from warehouse.explain.value_queries import FILE_COLUMNS
from warehouse.query.result_records import object_of, objects, one_record, records
from warehouse.release.views import name_in_release

# Series that weights are made of, as sql/indicator_set/weight_value.sql names them.
TOTAL, BIRTHS, AGE_AND_SEX, URBAN = "TPopulation1July", "Births", ("PopFemale", "PopMale"), "SP.URB.TOTL.IN.ZS"
FORCE, FORCE_WOMEN, RATE, RATE_MEN = "SL.TLF.TOTL.IN", "SL.TLF.TOTL.FE.ZS", "SL.UEM.TOTL.ZS", "SL.UEM.TOTL.MA.ZS"


def find_group(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> RegionalFigure | None:
    """The regional figure of a cell, also a withheld one; None where no member has a value that counts."""
    parameters = {"indicator": cell.indicator, "area": cell.ref_area, "year": cell.time_period, "cell": cell.key}
    found = records(con, FIGURE, parameters)
    if not found:
        return None
    members_query = MEMBERS.format(view=name_in_release(con, "aggregate_lineage"))
    members = [
        object_of(FigureMember, lines[0], values=[object_of(ValueLineage, line) for line in lines])
        for lines in (list(g) for _, g in groupby(records(con, members_query, parameters), key=lambda r: r["ref_area"]))
    ]
    has_no_weight = "no_weight" in (found[0]["flags"] or "").split("; ")
    return object_of(
        RegionalFigure,
        found[0],
        class_tests=objects(con, CLASS_TESTS, ClassTest, parameters),
        # without a weight for the breakdown nothing was weighted
        weight=None if has_no_weight else _weight(con, found[0]["weight_name"], cell, found[0]["kind"]),
        members=members,
        breaks=objects(con, BREAKS, MemberBreak, parameters),
        absent=objects(con, ABSENT, AbsentMember, parameters),
    )


def find_without_group(con: duckdb.DuckDBPyConnection, cell: RequestedCell) -> str:
    """Why there is no regional figure of a cell."""
    found = one_record(con, LIMITS, {"indicator": cell.indicator, "area": cell.ref_area})
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


def _weight(con: duckdb.DuckDBPyConnection, name: str | None, cell: RequestedCell, kind: str) -> FigureWeight | None:
    if name is None:
        return None
    found = one_record(con, WEIGHT, {"weight": name, "indicator": cell.indicator})
    parameters = {
        "weight": name,
        "series": _series(found, cell, kind == "mean"),
        "indicator": cell.indicator,
        "area": cell.ref_area,
        "year": cell.time_period,
        "cell": cell.key,
    }
    made_of = objects(con, MADE_OF, WeightSource, parameters) + objects(con, COVERAGE_MADE_OF, WeightSource, parameters)
    weight_rows = objects(con, ROWS, WeightRow, parameters) + objects(con, COVERAGE_ROWS, WeightRow, parameters)
    return object_of(
        FigureWeight,
        found,
        made_of=made_of,
        rows=sorted(weight_rows, key=lambda r: (r.ref_area, r.series, r.time_period)),
    )


def _series(weight: dict[str, Any], cell: RequestedCell, is_mean: bool) -> list[str]:
    """The series that sql/indicator_set/weight_value.sql makes the weight of a cell of."""
    kind, sex = weight["kind"], cell.breakdowns["sex"] if is_mean else "_T"
    urban = [URBAN] if is_mean and cell.breakdowns["urbanisation"] != "_T" else []
    if kind == "series":
        return [weight["provider_series"]]
    if kind == "births":
        return [BIRTHS, *urban]
    if kind == "beneficiaries":
        return [TOTAL]
    if kind == "labour_force":
        return [FORCE] if sex == "_T" else [FORCE, FORCE_WOMEN]
    if kind in ("employed", "unemployed"):
        by_sex = {"_T": [RATE], "M": [FORCE_WOMEN, RATE_MEN], "F": [FORCE_WOMEN, RATE, RATE_MEN]}
        return [FORCE, *by_sex[sex]]
    by_age = weight["age_from"] is not None or (is_mean and "age" in cell.breakdown_family.split("+"))
    by_sex_or_age = by_age or weight["sex"] != "_T" or sex != "_T"
    return [TOTAL, *(AGE_AND_SEX if by_sex_or_age else []), *urban]


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
FROM main.{view}
WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
ORDER BY ref_area, time_period
"""

BREAKS = """
SELECT ref_area, break_year, why, break_file AS place
FROM indicator_set.member_break
WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
ORDER BY ref_area, break_year
"""

# What stands for a member at the baseline year is its value nearest to it in the range, otherwise its newest one.
ABSENT = """
WITH asked AS (
    SELECT
        i.headline_sex, i.minimum, i.maximum, $year = s.baseline_year AS is_baseline,
        CASE WHEN $year = s.baseline_year THEN s.baseline_from ELSE $year - i.lookback_years END AS first_year,
        CASE WHEN $year = s.baseline_year THEN s.baseline_to ELSE $year END AS last_year
    FROM reference.indicator AS i
    CROSS JOIN reference.settings AS s
    WHERE i.indicator = $indicator
),
standing AS (
    SELECT
        v.*, v.time_period >= a.first_year AS in_window,
        row_number() OVER (
            PARTITION BY v.ref_area
            ORDER BY v.time_period >= a.first_year DESC,
                CASE WHEN a.is_baseline AND v.time_period >= a.first_year THEN abs(v.time_period - $year) END,
                CASE WHEN a.is_baseline AND v.time_period >= a.first_year THEN v.time_period ELSE -v.time_period END
        ) AS turn
    FROM indicator_set.value AS v
    JOIN asked AS a ON v.time_period <= a.last_year
    WHERE v.indicator = $indicator AND v.cell = $cell
)
SELECT
    g.ref_area,
    CASE
        WHEN v.observation_id IS NULL THEN
            'no value of this breakdown up to '
            || CASE WHEN a.is_baseline THEN CAST(a.last_year AS VARCHAR) ELSE 'the year' END
        WHEN NOT v.in_window AND a.is_baseline THEN
            'no value in ' || CAST(a.first_year AS VARCHAR) || ' to ' || CAST(a.last_year AS VARCHAR)
            || ', the baseline period'
        WHEN NOT v.in_aggregates THEN
            CASE WHEN a.is_baseline THEN 'its value nearest to the baseline year' ELSE 'its newest value' END
            || ' is kept out of regional figures'
            || coalesce(' (status ' || coalesce(v.obs_status, v.published_status) || ')', '')
        WHEN v.obs_value IS NULL AND coalesce(v.lower_bound, a.minimum) + coalesce(v.upper_bound, a.maximum) IS NULL
            THEN 'its value is open at an end that the indicator does not bound'
        WHEN v.sex <> '_T' AND a.headline_sex = '_T' AND v.in_window
            THEN 'figures by sex count only where an area has both and the total'
        ELSE 'its newest value lies before the window'
    END AS reason,
    v.time_period AS newest_year, v.value_text AS newest_text
FROM reference.area_group AS g
CROSS JOIN asked AS a
LEFT JOIN standing AS v ON v.ref_area = g.ref_area AND v.turn = 1
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
CROSS JOIN reference.settings AS s
WHERE i.indicator = $indicator
"""

WEIGHT = """
SELECT
    w.weight, w.title, w.source, w.filling, w.kind, w.age_from, w.sex, w.provider_series, w.coverage_indicator,
    coalesce(i.weight_is_proxy AND i.weight = w.weight, FALSE) AS is_proxy,
    CASE WHEN i.weight = w.weight THEN i.proxy_accepted END AS proxy_accepted
FROM reference.weight AS w
JOIN reference.indicator AS i ON i.indicator = $indicator
WHERE w.weight = $weight
"""

# In the vintage that the weight takes.
MADE_OF = """
SELECT DISTINCT v.series, n.producer, n.vintage_date, n.snapshot_id, n.address, n.files, n.is_rebuilt
FROM lineage.series_vintage AS v
JOIN lineage.snapshot AS n ON n.snapshot_id = v.snapshot_id
WHERE list_contains($series, v.series) AND v.is_newest AND v.provider IN ('un_wpp', 'world_bank')
ORDER BY v.series, n.snapshot_id
"""

# Of the members that count: the year itself, for population by age and sex the five-yearly points around it, and
# otherwise the newest year up to it.
ROWS = """
WITH member AS (
    SELECT DISTINCT ref_area FROM indicator_set.aggregate_member
    WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
),
row AS (
    SELECT
        x.target AS ref_area, s.series, CAST(s.time_period AS INTEGER) AS time_period, s.obs_value, s.snapshot_id,
        split_part(s.snapshot_row, ':', 1) AS file, CAST(split_part(s.snapshot_row, ':', 2) AS INTEGER) AS number
    FROM staged.observation AS s
    JOIN lineage.series_vintage AS v ON v.snapshot_id = s.snapshot_id AND v.series = s.series AND v.is_newest
    JOIN reference.crosswalk AS x ON x.provider = s.provider AND x.concept = 'ref_area' AND x.code = s.ref_area
    JOIN member AS g ON g.ref_area = x.target
    WHERE list_contains($series, s.series) AND s.provider IN ('un_wpp', 'world_bank')
        AND regexp_full_match(s.time_period, '[0-9]{4}') AND TRY_CAST(s.obs_value AS DOUBLE) IS NOT NULL
),
last AS (
    SELECT ref_area, series, max(time_period) AS last_year FROM row WHERE time_period <= $year GROUP BY ref_area, series
)
SELECT
    r.ref_area, r.series, r.time_period, count(*) AS n_rows, CASE WHEN count(*) = 1 THEN min(r.obs_value) END AS value_text,
    r.snapshot_id, r.file,
    nullif(split_part(split_part('; ' || n.files, '; ' || r.file || ' ', 2), ';', 1), '') AS sha256,
    min(r.number) AS first_row, max(r.number) AS last_row
FROM row AS r
JOIN lineage.snapshot AS n ON n.snapshot_id = r.snapshot_id
JOIN last AS l ON l.ref_area = r.ref_area AND l.series = r.series
WHERE CASE
    WHEN r.series IN ('PopFemale', 'PopMale') THEN
        r.time_period = $year - $year % 5 OR ($year % 5 <> 0 AND r.time_period = $year - $year % 5 + 5)
    ELSE r.time_period = l.last_year
END
GROUP BY r.ref_area, r.series, r.time_period, r.snapshot_id, r.file, n.files
"""

# Beneficiaries: coverage of the newest survey up to the year, times the population.
COVERAGE_MADE_OF = """
SELECT DISTINCT o.feed AS series, n.producer, n.vintage_date, n.snapshot_id, n.address, n.files, n.is_rebuilt
FROM reference.weight AS w
JOIN indicator_set.value AS v ON v.indicator = w.coverage_indicator AND v.is_headline AND v.obs_value IS NOT NULL
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
WHERE w.weight = $weight
ORDER BY o.feed, n.snapshot_id
"""

COVERAGE_ROWS = f"""
WITH covered AS (
    SELECT v.*, row_number() OVER (PARTITION BY v.ref_area ORDER BY v.time_period DESC) AS turn
    FROM reference.weight AS w
    JOIN indicator_set.value AS v ON v.indicator = w.coverage_indicator AND v.is_headline AND v.obs_value IS NOT NULL
    JOIN (
        SELECT DISTINCT ref_area FROM indicator_set.aggregate_member
        WHERE indicator = $indicator AND area_group = $area AND reference_year = $year AND cell = $cell
    ) AS g ON g.ref_area = v.ref_area
    WHERE w.weight = $weight AND v.time_period <= $year
)
SELECT
    v.ref_area, o.feed AS series, v.time_period, 1 AS n_rows, v.value_text, o.snapshot_id,
    {FILE_COLUMNS},
    CAST(split_part(o.snapshot_row, ':', 2) AS INTEGER) AS first_row,
    CAST(split_part(o.snapshot_row, ':', 2) AS INTEGER) AS last_row
FROM covered AS v
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
WHERE v.turn = 1
"""
