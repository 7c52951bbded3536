-- indicator_set.aggregate_member: the member values behind each regional figure (indicator_set.member_value), with the
-- share of each in the weight. Values above the maximum count as the maximum.
-- Sorted by indicator, area_group, reference_year, cell, ref_area
WITH in_group AS NOT MATERIALIZED (
    SELECT g.area_group, v.*
    FROM indicator_set.member_value AS v
    JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.is_member_today
    JOIN reference.set_group AS s ON s.area_group = g.area_group
),
reporting_weight AS (  -- a sum of decimals does not depend on the order of addition
    SELECT area_group, reference_year, cell_no, CAST(sum(CAST(weight_value AS DECIMAL(20, 3))) AS DOUBLE) AS weight_all
    FROM in_group
    GROUP BY area_group, reference_year, cell_no
),
cell AS (  -- numbered in the order of the published table
    SELECT
        k.cell_no, k.indicator, k.cell, i.maximum, dense_rank() OVER (ORDER BY k.indicator) AS indicator_no,
        row_number() OVER (ORDER BY k.indicator, k.cell) AS place
    FROM harmonised.cell AS k
    JOIN reference.indicator AS i ON i.indicator = k.indicator
),
in_order AS (
SELECT
    k.indicator, g.area_group, g.reference_year, k.cell, g.ref_area, g.value_year,
    least(g.low, k.maximum) AS value_low, least(g.high, k.maximum) AS value_high, g.weight_value,
    g.weight_value / w.weight_all AS weight_share,
    g.observation, g.nature, g.obs_status, g.weight_filling,
    g.weight_is_proxy, g.is_extended, coalesce(g.high > k.maximum, FALSE) AS is_capped
FROM in_group AS g
JOIN reporting_weight AS w ON w.area_group = g.area_group AND w.reference_year = g.reference_year AND w.cell_no = g.cell_no
JOIN cell AS k ON k.cell_no = g.cell_no
ORDER BY k.indicator_no, g.area_group, g.reference_year, k.place, g.ref_area
)
SELECT * EXCLUDE (observation), replace(CAST(observation AS VARCHAR), '-', '') AS observation_id FROM in_order
