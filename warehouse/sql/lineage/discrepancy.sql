-- lineage.discrepancy: the chosen value and a value of another source for the same cell within one year, which differ
-- by more than 0.5 points and 5 %. Superseded vintages and documents are not compared.
SELECT
    v.indicator, v.ref_area, v."@breakdowns", v.cell,
    v.observation_id, v.time_period, v.feed, v.obs_value,
    c.observation_id AS other_observation_id, c.time_period AS other_time_period, c.feed AS other_feed,
    c.obs_value AS other_value, c.obs_value - v.obs_value AS difference,
    CASE WHEN v.obs_value <> 0 THEN (c.obs_value - v.obs_value) / abs(v.obs_value) END AS relative_difference
FROM indicator_set.value AS v
JOIN harmonised.cell AS k ON k.indicator = v.indicator AND k.cell = v.cell
JOIN indicator_set.candidate AS c
    ON c.cell_no = k.cell_no AND c.ref_area = v.ref_area AND c.feed <> v.feed
    AND abs(c.time_period - v.time_period) <= 1 AND c.is_current
JOIN reference.indicator AS i ON i.indicator = v.indicator
WHERE v.obs_value IS NOT NULL AND c.obs_value IS NOT NULL
    AND v.dataset_kind <> 'document' AND c.dataset_kind <> 'document' AND NOT c.is_superseded AND v.role = 'chosen'
    AND abs(c.obs_value - v.obs_value) > coalesce(i.change_tolerance, 0.5)
    AND abs(c.obs_value - v.obs_value) > 0.05 * abs(v.obs_value)
ORDER BY v.indicator, v.ref_area, v.cell, v.time_period, other_time_period, other_observation_id
