-- indicator_set.age_group_population: persons by five-year age group, sex and year. The published groups are
-- interpolated linearly between their five-year points and scaled so that they add up to the published total
-- population. Sums are computed in decimals, so that the result does not depend on the order of addition.
WITH year_span AS (
    SELECT least(first_reference_year, baseline_from) AS first_year, latest_reference_year AS last_year
    FROM reference.settings
),
total_population AS (
    SELECT ref_area, time_period, amount AS persons FROM indicator_set.weight_figure WHERE role = 'total_population'
),
years AS (
    SELECT DISTINCT t.time_period
    FROM total_population AS t, year_span AS s
    WHERE t.time_period BETWEEN s.first_year AND s.last_year
),
published_group AS (
    SELECT ref_area, time_period, sex, age_from, amount FROM indicator_set.weight_figure WHERE role = 'population_by_age'
),
interpolated_group AS (
    SELECT
        a.ref_area, y.time_period, a.sex, a.age_from, a.time_period AS point_year,
        CASE WHEN y.time_period > a.time_period THEN b.time_period END AS next_point_year,
        a.amount + (coalesce(b.amount, a.amount) - a.amount) * (y.time_period - a.time_period) / 5.0 AS amount
    FROM years AS y
    JOIN published_group AS a ON a.time_period = y.time_period - y.time_period % 5
    LEFT JOIN published_group AS b
        ON b.ref_area = a.ref_area AND b.sex = a.sex AND b.age_from = a.age_from AND b.time_period = a.time_period + 5
),
scaled_group AS (
    SELECT
        i.ref_area, i.time_period, i.sex, i.age_from, i.point_year, i.next_point_year,
        i.amount
            / nullif(CAST(sum(CAST(i.amount AS DECIMAL(24, 6))) OVER (PARTITION BY i.ref_area, i.time_period) AS DOUBLE), 0)
            * t.persons AS persons
    FROM interpolated_group AS i
    JOIN total_population AS t ON t.ref_area = i.ref_area AND t.time_period = i.time_period
)
SELECT ref_area, time_period, sex, age_from, persons, point_year, next_point_year FROM scaled_group
UNION ALL
SELECT
    ref_area, time_period, '_T' AS sex, age_from, CAST(sum(CAST(persons AS DECIMAL(24, 6))) AS DOUBLE) AS persons,
    min(point_year) AS point_year, max(next_point_year) AS next_point_year
FROM scaled_group
GROUP BY ref_area, time_period, age_from
