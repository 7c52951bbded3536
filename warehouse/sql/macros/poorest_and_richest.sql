-- poorest_and_richest('ASP_COV_SA'): the poorest and the richest fifth of each member, from the newest year for which
-- one feed has both, with that feed and its source; is_chosen: whether the set uses this value for the poorest
CREATE MACRO poorest_and_richest(indicator_code) AS TABLE
WITH fifth_value AS (  -- the quantile is the fourth code of a cell
    SELECT o.*, regexp_replace(o.cell, '^(([^|]*\|){3})[^|]*', '\1') AS rest_of_cell
    FROM harmonised.observation AS o
    JOIN reference.area_group AS g ON g.ref_area = o.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
    WHERE o.indicator = indicator_code AND o.income_wealth_quantile IN ('Q1', 'Q5') AND o.candidate_no = 1
        AND o.obs_value IS NOT NULL
),
other_breakdowns AS (
    SELECT DISTINCT regexp_replace(cell, '^(([^|]*\|){3})[^|]*', '\1') AS rest_of_cell
    FROM indicator_set.value
    WHERE indicator = indicator_code AND (is_headline OR breakdown_family = 'income_wealth_quantile')
),
feed_with_both AS (
    SELECT
        p.ref_area, p.time_period, p.obs_value AS poorest, r.obs_value AS richest, p.unit_measure, p.feed, p.source,
        p.dataset, p.vintage_date, p.observation_id,
        row_number() OVER (PARTITION BY p.ref_area ORDER BY p.time_period DESC, p.vintage_date DESC, p.feed) AS turn
    FROM fifth_value AS p
    JOIN other_breakdowns AS n ON n.rest_of_cell = p.rest_of_cell
    JOIN fifth_value AS r
        ON r.ref_area = p.ref_area AND r.time_period = p.time_period AND r.feed = p.feed AND r.rest_of_cell = p.rest_of_cell
        AND r.vintage_date = p.vintage_date
        AND r.income_wealth_quantile = 'Q5'
    WHERE p.income_wealth_quantile = 'Q1'
)
SELECT
    p.ref_area, a.name AS area_name, p.time_period, p.poorest, p.richest, p.richest - p.poorest AS difference,
    u.name AS unit, v.observation_id IS NOT NULL AS is_chosen, d.title AS source, p.feed, p.vintage_date
FROM feed_with_both AS p
JOIN reference.area AS a ON a.ref_area = p.ref_area
LEFT JOIN indicator_set.value AS v ON v.indicator = indicator_code AND v.observation_id = p.observation_id
LEFT JOIN reference.dataset AS d ON d.provider = p.source AND d.dataset = p.dataset
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = p.unit_measure
WHERE p.turn = 1
ORDER BY a.sort_order
