-- lineage.weight_input: the inputs of each cell of indicator_set.weight_value: the roles of published series, or the
-- indicator whose coverage is used, each with the years of its figures. lineage.weight_source has their rows.
WITH weight_cell AS (
    SELECT
        v.weight, v.ref_area, v.time_period, v.sex, v.age, v.urbanisation, v.source_year, w.coverage_indicator,
        w.age_from IS NOT NULL OR w.sex <> '_T' OR v.age <> '_T' OR v.sex <> '_T' AS by_age_or_sex
    FROM indicator_set.weight_value AS v
    JOIN reference.weight AS w ON w.weight = v.weight
    WHERE v.weight_value IS NOT NULL
),
five_year_points AS (  -- the points around a year; only the first where the year is a point itself, or no point follows
    SELECT ref_area, time_period, min(point_year) AS first_year, max(coalesce(next_point_year, point_year)) AS last_year
    FROM indicator_set.age_group_population
    GROUP BY ref_area, time_period
)
SELECT
    c.weight, c.ref_area, c.time_period, c.sex, c.age, c.urbanisation, r.role,
    CASE r.figure_year WHEN 'same' THEN c.time_period WHEN 'source' THEN c.source_year ELSE p.first_year END AS first_year,
    CASE r.figure_year WHEN 'same' THEN c.time_period WHEN 'source' THEN c.source_year ELSE p.last_year END AS last_year
FROM weight_cell AS c
JOIN reference.weight_role AS r
    ON r.weight = c.weight AND r.sex = c.sex
    AND CASE r.part WHEN 'age_or_sex' THEN c.by_age_or_sex WHEN 'urbanisation' THEN c.urbanisation <> '_T' ELSE TRUE END
LEFT JOIN five_year_points AS p ON p.ref_area = c.ref_area AND p.time_period = c.time_period
UNION ALL
SELECT
    weight, ref_area, time_period, sex, age, urbanisation, coverage_indicator AS role, source_year AS first_year,
    source_year AS last_year
FROM weight_cell
WHERE coverage_indicator IS NOT NULL
ORDER BY weight, ref_area, time_period, sex, age, urbanisation, role
