-- The figures of a regional baseline that drift compares, one row each, of an edition or of a release: first those of
-- the baseline itself, then companions (contributions to a change, quantities that belong to a regional figure).
WITH regional_figure AS (
    SELECT a.*, CASE WHEN a.time_period = s.baseline_year THEN 'baseline' ELSE 'latest' END AS which
    FROM indicator_set.aggregate AS a
    JOIN reference.settings AS s ON a.time_period IN (s.baseline_year, s.latest_reference_year)
),
figure AS (
    SELECT
        indicator, ref_area, cell, 'baseline' AS item, FALSE AS is_companion, baseline_value AS obs_value,
        baseline_text AS value_text, baseline_year AS time_period
    FROM baseline.value
    UNION ALL
    SELECT indicator, ref_area, cell, 'latest', FALSE, latest_value, latest_text, latest_year FROM baseline.value
    UNION ALL
    SELECT indicator, ref_area, cell, 'change', FALSE, change, NULL, NULL FROM baseline.value
    UNION ALL
    SELECT indicator, ref_area, cell, 'floor', FALSE, floor, NULL, NULL FROM baseline.value
    UNION ALL
    SELECT indicator, ref_area, cell, 'target', FALSE, target, NULL, NULL FROM baseline.value
    UNION ALL
    SELECT indicator, ref_area, cell, 'change without the largest', TRUE, change_without_largest, NULL, NULL
    FROM baseline.value
    UNION ALL
    SELECT indicator, area_group, cell, 'contribution of ' || ref_area, TRUE, contribution, NULL, NULL
    FROM baseline.change_contribution
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': members', TRUE, n_areas, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': weight covered', TRUE, weight_covered, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': mean year', TRUE, mean_year, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': share estimated', TRUE, share_estimated, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': lower', TRUE, lower, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': upper', TRUE, upper, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': median', TRUE, median, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': minimum', TRUE, minimum, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': maximum', TRUE, maximum, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': without the largest', TRUE, without_largest, NULL, NULL FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': uncertainty', TRUE, uncertainty, NULL, NULL FROM regional_figure
)
SELECT indicator, ref_area, cell, item, is_companion, CAST(obs_value AS DOUBLE) AS obs_value, value_text, time_period
FROM figure
WHERE obs_value IS NOT NULL OR value_text IS NOT NULL
