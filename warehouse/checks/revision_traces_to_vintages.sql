-- severity: blocks
-- description: Both sides of every revision stand in lineage.vintage_value, and no cell is withdrawn that the later vintage holds
SELECT r.revision_class, r.observation_id, r.snapshot_from, r.row_from, r.snapshot_to, r.row_to
FROM lineage.revision AS r
LEFT JOIN lineage.vintage_value AS f
    ON f.snapshot_id = r.snapshot_from AND f.snapshot_row = r.row_from AND f.obs_value IS NOT DISTINCT FROM r.value_from
LEFT JOIN lineage.vintage_value AS t
    ON t.snapshot_id = r.snapshot_to AND t.snapshot_row = r.row_to AND t.obs_value IS NOT DISTINCT FROM r.value_to
LEFT JOIN lineage.vintage_value AS s ON s.snapshot_id = r.snapshot_to AND s.observation_id = r.observation_id
WHERE (r.row_from IS NOT NULL AND f.snapshot_id IS NULL)
    OR (r.row_to IS NOT NULL AND t.snapshot_id IS NULL)
    OR (r.row_from IS NULL AND r.row_to IS NULL)
    OR (r.row_to IS NULL AND s.snapshot_id IS NOT NULL)
