-- severity: blocks
-- description: The newest state of indicator_set.value_history is indicator_set.value, and at no day two values are chosen for one cell
SELECT
    coalesce(v.indicator, h.indicator) AS indicator, coalesce(v.ref_area, h.ref_area) AS ref_area,
    coalesce(v.time_period, h.time_period) AS time_period, coalesce(v.cell, h.cell) AS cell,
    v.obs_value, h.obs_value AS in_history, v.role, h.role AS role_in_history
FROM indicator_set.value AS v
FULL JOIN (SELECT * FROM indicator_set.value_history WHERE known_to IS NULL) AS h
    ON h.observation_id = v.observation_id
WHERE v.observation_id IS NULL OR h.observation_id IS NULL OR v.obs_value IS DISTINCT FROM h.obs_value
    OR v.obs_status IS DISTINCT FROM h.obs_status OR v.role <> h.role OR v.vintage_date <> h.vintage_date
    OR v.break_before IS DISTINCT FROM h.break_before OR v.in_aggregates <> h.in_aggregates
UNION ALL
SELECT a.indicator, a.ref_area, a.time_period, a.cell, a.obs_value, b.obs_value, a.role, b.role
FROM indicator_set.value_history AS a
JOIN indicator_set.value_history AS b
    ON b.indicator = a.indicator AND b.ref_area = a.ref_area AND b.time_period = a.time_period AND b.cell = a.cell
    AND (b.observation_id > a.observation_id OR (b.observation_id = a.observation_id AND b.known_from > a.known_from))
WHERE b.known_from < coalesce(a.known_to, DATE '9999-12-31') AND a.known_from < coalesce(b.known_to, DATE '9999-12-31')
