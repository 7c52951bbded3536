-- Headline cells for which another source gives a different value: both values and their difference.
SELECT
    x.indicator, x.ref_area, a.area_name, x.time_period, x.obs_value, x.feed, x.other_time_period, x.other_value,
    x.other_feed, x.difference, o.snapshot_id AS other_snapshot, o.snapshot_row AS other_row
FROM lineage.discrepancy AS x
JOIN ordered_indicator AS i ON i.indicator = x.indicator
JOIN ordered_area AS a ON a.ref_area = x.ref_area AND a.area_type = 'country'
JOIN indicator_set.value AS v ON v.observation_id = x.observation_id AND v.is_headline
LEFT JOIN harmonised.observation AS o ON o.observation_id = x.other_observation_id
ORDER BY i.indicator_order, a.area_order, x.time_period, x.other_time_period, x.other_feed
