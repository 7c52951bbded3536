-- quality.aggregate_pair_member: the members in our figure of each pair (for means, members with a weight), each with
-- its value in our figure and its values in the provider's own series: the newest value up to the year, as we would
-- choose it, and, if its value in our figure is of another year, the value nearest to the year.
WITH series_value AS (
    SELECT
        p.observation_id, o.ref_area, o.obs_value, o.time_period <= p.time_period AS is_up_to_year,
        row_number() OVER (
            PARTITION BY p.observation_id, o.ref_area
            ORDER BY CASE WHEN o.time_period <= p.time_period THEN 0 ELSE 1 END, o.time_period DESC
        ) AS by_year,
        row_number() OVER (
            PARTITION BY p.observation_id, o.ref_area ORDER BY abs(o.time_period - p.time_period), o.time_period
        ) AS by_nearness
    FROM quality.aggregate_pair AS p
    JOIN reference.area_group AS g ON g.area_group = p.area_group AND g.is_member_today
    JOIN harmonised.observation AS o
        ON o.indicator = p.indicator AND o.ref_area = g.ref_area AND o.feed = p.feed AND o.cell = p.cell
        AND o.time_period BETWEEN p.time_period - p.lookback_years AND p.time_period + p.lookback_years
    WHERE o.candidate_no = 1 AND o.obs_value IS NOT NULL
)
SELECT
    p.observation_id, m.ref_area, m.value_year, (m.value_low + m.value_high) / 2 AS value, m.weight_value,
    s.obs_value AS provider_value, CASE WHEN m.value_year <> p.time_period THEN n.obs_value END AS nearest_value,
    w.weight_value AS population
FROM quality.aggregate_pair AS p
JOIN indicator_set.aggregate_member AS m
    ON m.indicator = p.indicator AND m.area_group = p.area_group AND m.reference_year = p.time_period AND m.cell = p.cell
LEFT JOIN series_value AS s
    ON s.observation_id = p.observation_id AND s.ref_area = m.ref_area AND s.by_year = 1 AND s.is_up_to_year
LEFT JOIN series_value AS n ON n.observation_id = p.observation_id AND n.ref_area = m.ref_area AND n.by_nearness = 1
LEFT JOIN indicator_set.weight_value AS w
    ON w.weight = 'POP_TOTAL' AND w.ref_area = m.ref_area AND w.time_period = p.time_period AND w.sex = '_T'
    AND w.age = '_T' AND w.urbanisation = '_T'
WHERE p.kind <> 'mean' OR m.weight_value IS NOT NULL
