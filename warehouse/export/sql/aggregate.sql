-- Regional figures at the baseline year and the latest reference year: headline cells, and the same cells by sex, each
-- with its coverage and, for comparison, the producer's own figure for the same group if there is one. Indicators without
-- any source have no rows.
WITH reference_years AS (
    SELECT baseline_year AS time_period, 'baseline' AS point FROM reference.settings
    UNION ALL
    SELECT latest_reference_year, 'latest' FROM reference.settings
),
exported_figure AS (
    SELECT i.indicator, a.ref_area, y.time_period, y.point, i.headline_cell AS cell, 1 AS part
    FROM ordered_indicator AS i
    CROSS JOIN reference_years AS y
    JOIN ordered_area AS a ON a.area_type = 'group'
    WHERE i.method_kind <> 'none' AND i.status <> 'declared'
    UNION ALL
    SELECT i.indicator, g.ref_area, y.time_period, y.point, g.cell, CASE g.sex WHEN 'F' THEN 2 ELSE 3 END
    FROM indicator_set.aggregate AS g
    JOIN ordered_indicator AS i ON i.indicator = g.indicator
    JOIN reference_years AS y ON y.time_period = g.time_period
    WHERE i.headline_sex = '_T' AND g.sex IN ('F', 'M')
        AND g.cell = g.sex || substring(i.headline_cell, position('|' IN i.headline_cell))
),
producer_aggregate AS (  -- the provider's own aggregate of the same countries (docs/methods.md, Regional figures); not used in our figures
    SELECT
        w.indicator, w.ref_area, w.cell, w.point, v.obs_value, v.time_period, v.ref_area AS area,
        row_number() OVER (
            PARTITION BY w.indicator, w.ref_area, w.cell, w.point
            ORDER BY CASE w.point WHEN 'baseline' THEN abs(v.time_period - w.time_period) ELSE -v.time_period END, v.time_period
        ) AS preference
    FROM exported_figure AS w
    CROSS JOIN reference.settings AS s
    JOIN ordered_indicator AS i ON i.indicator = w.indicator
    JOIN (SELECT DISTINCT area_group, ref_area AS area FROM reference.published_aggregate) AS same ON same.area_group = w.ref_area
    JOIN indicator_set.value AS v ON v.indicator = w.indicator AND v.ref_area = same.area AND v.cell = w.cell
    WHERE v.obs_value IS NOT NULL
        AND CASE w.point
            WHEN 'baseline' THEN v.time_period BETWEEN s.baseline_from AND s.baseline_to
            ELSE v.time_period BETWEEN s.latest_reference_year - i.lookback_years AND s.latest_reference_year
        END
)
SELECT
    i.indicator, i.name, i.group_name, i.tier, i.unit_name, i.decimals, w.ref_area, a.area_name, w.time_period, w.point,
    CASE w.part WHEN 1 THEN 'headline' WHEN 2 THEN 'female' ELSE 'male' END AS breakdown,
    g.obs_value,
    CASE
        WHEN g.obs_value IS NOT NULL THEN NULL
        WHEN g.indicator IS NULL THEN 'no value: ' || getvariable('gap_no_member')
        ELSE 'no value: ' || getvariable('gap_withheld')
    END AS obs_gap,
    coalesce(g.title, i.method_title) AS title,
    g.publication_class, g.class_reason, g.n_areas, g.area_names, g.weight_covered, coalesce(t.title, g.weight_name) AS weight_title,
    g.mean_year, g.recent_share, g.share_estimated, g.median, g.minimum, g.maximum, g.without_largest, g.uncertainty,
    g.lower, g.upper, g.flags, p.obs_value AS producer_value, p.time_period AS producer_year, pa.name AS producer_area
FROM exported_figure AS w
JOIN ordered_indicator AS i ON i.indicator = w.indicator
JOIN ordered_area AS a ON a.ref_area = w.ref_area
LEFT JOIN indicator_set.aggregate AS g
    ON g.indicator = w.indicator AND g.ref_area = w.ref_area AND g.time_period = w.time_period AND g.cell = w.cell
LEFT JOIN reference.weight AS t ON t.weight = g.weight_name
LEFT JOIN producer_aggregate AS p
    ON p.indicator = w.indicator AND p.ref_area = w.ref_area AND p.cell = w.cell AND p.point = w.point AND p.preference = 1
LEFT JOIN reference.area AS pa ON pa.ref_area = p.area
ORDER BY i.indicator_order, w.part, a.area_order, w.time_period
