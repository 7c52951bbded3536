-- Latest headline value of the coverage indicators of SDG 1.3.1, one row per contingency and member. A value older
-- than the window is marked as old, so that no reader takes it for a current one.
WITH latest_value AS (
    SELECT
        indicator, ref_area, time_period, obs_value, value_text, observation_id, obs_status, break_before,
        row_number() OVER (PARTITION BY indicator, ref_area ORDER BY time_period DESC) AS recency
    FROM indicator_set.value
    WHERE is_headline
        AND time_period <= (SELECT latest_reference_year FROM reference.settings)
)
SELECT
    i.indicator, i.name, a.ref_area, l.time_period, l.obs_value, l.value_text,
    l.time_period < s.latest_reference_year - i.lookback_years AS is_old,
    nullif(l.obs_status, 'A') AS obs_status, l.break_before IS NOT NULL AS has_break, d.attribution, o.vintage_date,
    i.decimals
FROM ordered_indicator AS i
JOIN ordered_area AS a ON a.area_type = 'country'
CROSS JOIN reference.settings AS s
LEFT JOIN latest_value AS l ON l.indicator = i.indicator AND l.ref_area = a.ref_area AND l.recency = 1
LEFT JOIN harmonised.observation AS o ON o.observation_id = l.observation_id
LEFT JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
WHERE i.indicator_group = 'coverage' AND i.sdg = '1.3.1' AND i.status = 'with_values'
ORDER BY i.indicator, a.area_order
