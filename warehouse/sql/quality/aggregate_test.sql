-- quality.aggregate_test: figures that test why a published aggregate differs from our figure. For a mean that is not
-- withheld there are three tests, each of which replaces one input of our figure; a test counts if it explains at least
-- half of the difference.
--   with_their_values    the values of our members in the provider's own series
--   with_nearest_values  for members with a value of another year, the value of the series nearest to the year
--   with_population      the total population as weight
-- The value that members without a value here would need (on average, or for a sum in total) is plausible if it is
-- within the bounds of the indicator and, for a mean, within a factor (imputation_factor) of the lowest and highest
-- member value.
WITH tolerance AS (
    SELECT coalesce(max(value), 1) AS imputation_factor
    FROM reference.check_tolerance
    WHERE check_name = 'published_aggregate' AND quantity = 'imputation_factor'
),
exchanged AS (
    SELECT
        m.observation_id,
        CAST(sum(CAST(m.weight_value AS DECIMAL(20, 3)) * CAST(coalesce(m.provider_value, m.value) AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(m.weight_value AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_their_values,
        CAST(sum(CAST(m.weight_value AS DECIMAL(20, 3)) * CAST(coalesce(m.nearest_value, m.value) AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(m.weight_value AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_nearest_values,
        CAST(sum(CAST(m.population AS DECIMAL(20, 3)) * CAST(m.value AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(m.population AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_population,
        count(*) FILTER (WHERE abs(m.provider_value - m.value) > 1e-9) AS n_other_values,
        count(*) FILTER (WHERE abs(m.nearest_value - m.value) > 1e-9) AS n_nearer_values,
        count(*) FILTER (WHERE m.value_year <> p.time_period) AS n_other_years,
        min(m.value) AS lowest, max(m.value) AS highest
    FROM quality.aggregate_pair_member AS m
    JOIN quality.aggregate_pair AS p ON p.observation_id = m.observation_id
    GROUP BY m.observation_id
),
missing_member AS (
    SELECT
        p.observation_id, string_agg(g.ref_area, ', ' ORDER BY g.ref_area) AS missing_areas,
        string_agg(a.short_name, ', ' ORDER BY a.sort_order) AS missing_area_names
    FROM quality.aggregate_pair AS p
    JOIN reference.area_group AS g ON g.area_group = p.area_group AND g.is_member_today
    JOIN reference.area AS a ON a.ref_area = g.ref_area
    ANTI JOIN quality.aggregate_pair_member AS m ON m.observation_id = p.observation_id AND m.ref_area = g.ref_area
    GROUP BY p.observation_id
),
test AS (
    SELECT
        p.observation_id, p.published_value, p.difference, p.kind, x.missing_areas, x.missing_area_names, e.n_other_values, e.n_other_years,
        CASE WHEN p.kind = 'mean' AND p.our_value IS NOT NULL AND e.n_other_values > 0 THEN e.with_their_values END
            AS with_their_values,
        CASE WHEN p.kind = 'mean' AND p.our_value IS NOT NULL AND e.n_nearer_values > 0 THEN e.with_nearest_values END
            AS with_nearest_values,
        CASE WHEN p.kind = 'mean' AND p.our_value IS NOT NULL THEN e.with_population END AS with_population,
        CASE
            WHEN x.missing_areas IS NULL OR p.our_value IS NULL THEN NULL
            WHEN p.kind = 'mean'
                THEN (p.published_value - p.our_value * p.weight_covered) / nullif(1 - p.weight_covered, 0)
            WHEN p.kind = 'sum' THEN p.difference
        END AS needed_of_missing,
        i.minimum, i.maximum, e.lowest / t.imputation_factor AS lowest_possible,
        e.highest * t.imputation_factor AS highest_possible
    FROM quality.aggregate_pair AS p
    JOIN reference.indicator AS i ON i.indicator = p.indicator
    CROSS JOIN tolerance AS t
    LEFT JOIN exchanged AS e ON e.observation_id = p.observation_id
    LEFT JOIN missing_member AS x ON x.observation_id = p.observation_id
)
SELECT
    observation_id, with_their_values, with_nearest_values, with_population, missing_areas, missing_area_names,
    needed_of_missing, n_other_values, n_other_years,
    coalesce(abs(published_value - with_their_values) <= abs(difference) / 2, FALSE) AS their_values_explain,
    coalesce(abs(published_value - with_nearest_values) <= abs(difference) / 2, FALSE) AS nearest_values_explain,
    coalesce(abs(published_value - with_population) <= abs(difference) / 2, FALSE) AS population_explains,
    coalesce(needed_of_missing BETWEEN coalesce(minimum, needed_of_missing) AND coalesce(maximum, needed_of_missing)
        AND (kind = 'sum' OR needed_of_missing BETWEEN lowest_possible AND highest_possible), FALSE) AS needed_is_possible
FROM test
