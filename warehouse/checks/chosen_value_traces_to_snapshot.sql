-- severity: blocks
-- description: Every chosen value leads to an observation and to a row of a snapshot
-- finding: {n} chosen [value does|values do] not lead to a row of a snapshot
SELECT v.observation_id, v.indicator, v.ref_area, v.time_period
FROM indicator_set.value AS v
LEFT JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
LEFT JOIN lineage.snapshot AS s ON s.snapshot_id = o.snapshot_id
WHERE o.observation_id IS NULL OR s.snapshot_id IS NULL OR o.snapshot_row IS NULL
