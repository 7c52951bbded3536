-- severity: blocks
-- description: On any day at most one value is chosen for each cell (indicator_set.value_history)
-- finding: {n} [pair|pairs] of values [was|were] chosen for one cell on the same day
SELECT
    a.indicator, a.ref_area, a.time_period, a.cell, a.obs_value, b.obs_value AS other_value, a.role,
    b.role AS other_role, greatest(a.known_from, b.known_from) AS day
FROM indicator_set.value_history AS a
JOIN indicator_set.value_history AS b
    ON b.indicator = a.indicator AND b.ref_area = a.ref_area AND b.time_period = a.time_period AND b.cell = a.cell
    AND (b.observation_id > a.observation_id OR (b.observation_id = a.observation_id AND b.known_from > a.known_from))
WHERE b.known_from < coalesce(a.known_to, DATE '9999-12-31') AND a.known_from < coalesce(b.known_to, DATE '9999-12-31')
