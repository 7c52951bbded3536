-- baseline.group_change: the change of each group over its members comparable at both ends, and the measures of its
-- tests.
WITH member_by_population AS (
    SELECT
        g.area_group, w.ref_area, w.weight_value,
        row_number() OVER (PARTITION BY g.area_group ORDER BY w.weight_value DESC, w.ref_area) AS size_order
    FROM reference.area_group AS g
    CROSS JOIN reference.settings AS s
    JOIN indicator_set.weight_value AS w
        ON w.ref_area = g.ref_area AND w.time_period = s.latest_reference_year AND w.weight = 'POP_TOTAL'
        AND w.sex = '_T' AND w.age = '_T' AND w.urbanisation = '_T'
    WHERE g.is_member_today
),
members_together AS (
    SELECT
        c.indicator, c.area_group, c.cell,
        CAST(sum(CAST(c.contribution AS DECIMAL(28, 12))) AS DOUBLE) AS change, count(*) AS n_areas,
        string_agg(c.ref_area, ', ' ORDER BY c.ref_area) AS areas,
        string_agg(n.short_name, ', ' ORDER BY n.sort_order) AS area_names,
        CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3))) AS DOUBLE) AS weight_both, min(m.kind) AS kind,
        CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3)) * CAST(c.latest_value AS DECIMAL(24, 9)))
                FILTER (WHERE p.size_order > 1) AS DOUBLE)
            / nullif(CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3))) FILTER (WHERE p.size_order > 1) AS DOUBLE), 0)
        - CAST(sum(CAST(c.baseline_weight AS DECIMAL(20, 3)) * CAST(c.baseline_value AS DECIMAL(24, 9)))
                FILTER (WHERE p.size_order > 1) AS DOUBLE)
            / nullif(CAST(sum(CAST(c.baseline_weight AS DECIMAL(20, 3))) FILTER (WHERE p.size_order > 1) AS DOUBLE), 0)
            AS mean_without_largest,
        CAST(sum(CAST(c.contribution AS DECIMAL(28, 12))) FILTER (WHERE p.size_order > 1) AS DOUBLE) AS sum_without_largest
    FROM baseline.change_contribution AS c
    JOIN member_by_population AS p ON p.area_group = c.area_group AND p.ref_area = c.ref_area
    JOIN reference.area AS n ON n.ref_area = c.ref_area
    JOIN reference.indicator AS i ON i.indicator = c.indicator
    JOIN reference.method AS m ON m.method = i.method
    GROUP BY c.indicator, c.area_group, c.cell
),
whole_group AS (  -- the weight of the reporting members, divided by its share of the weight of the group
    SELECT
        m.indicator, m.area_group, m.cell, sum(m.weight_value) / nullif(max(a.weight_covered), 0) AS weight_all
    FROM indicator_set.aggregate_member AS m
    JOIN reference.settings AS s ON m.reference_year = s.latest_reference_year
    JOIN harmonised.cell AS k ON k.indicator = m.indicator AND k.cell = m.cell
    JOIN indicator_set.group_figure AS a
        ON a.cell_no = k.cell_no AND a.area_group = m.area_group AND a.reference_year = m.reference_year
    GROUP BY m.indicator, m.area_group, m.cell
)
SELECT
    k.cell_no, c.indicator, c.area_group, c.cell, s.latest_reference_year AS latest_year, c.change,
    CASE c.kind WHEN 'sum' THEN c.sum_without_largest ELSE c.mean_without_largest END AS change_without_largest,
    c.n_areas, c.areas, c.area_names, c.weight_both / w.weight_all AS weight_covered
FROM members_together AS c
CROSS JOIN reference.settings AS s
JOIN harmonised.cell AS k ON k.indicator = c.indicator AND k.cell = c.cell
LEFT JOIN whole_group AS w ON w.indicator = c.indicator AND w.area_group = c.area_group AND w.cell = c.cell
