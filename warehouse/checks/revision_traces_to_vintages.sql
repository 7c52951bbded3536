-- severity: blocks
-- description: Both sides of every revision are in lineage.vintage_value, and no withdrawn cell is in the later vintage
-- finding: {n} [revision does|revisions do] not agree with the stored vintages
WITH revision_without_vintage AS (
    SELECT r.* FROM lineage.revision AS r
    ANTI JOIN lineage.vintage_value AS f
        ON f.snapshot_id = r.snapshot_from AND f.snapshot_row = r.row_from AND f.obs_value IS NOT DISTINCT FROM r.value_from
    WHERE r.row_from IS NOT NULL
    UNION ALL
    SELECT r.* FROM lineage.revision AS r
    ANTI JOIN lineage.vintage_value AS t
        ON t.snapshot_id = r.snapshot_to AND t.snapshot_row = r.row_to AND t.obs_value IS NOT DISTINCT FROM r.value_to
    WHERE r.row_to IS NOT NULL
    UNION ALL
    SELECT r.* FROM lineage.revision AS r
    SEMI JOIN lineage.vintage_value AS s ON s.snapshot_id = r.snapshot_to AND s.observation_id = r.observation_id
    WHERE r.row_to IS NULL
    UNION ALL
    SELECT * FROM lineage.revision WHERE row_from IS NULL AND row_to IS NULL
)
SELECT DISTINCT revision_class, observation_id, snapshot_from, row_from, snapshot_to, row_to FROM revision_without_vintage
