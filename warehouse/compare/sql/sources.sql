-- Datasets whose snapshots differ between two releases.
WITH b AS (
    SELECT
        provider, dataset, string_agg(CAST(vintage_date AS VARCHAR), ', ' ORDER BY vintage_date, snapshot_id) AS vintages,
        string_agg(snapshot_id, ', ' ORDER BY snapshot_id) AS snapshots
    FROM before.lineage.snapshot GROUP BY provider, dataset
),
a AS (
    SELECT
        provider, dataset, string_agg(CAST(vintage_date AS VARCHAR), ', ' ORDER BY vintage_date, snapshot_id) AS vintages,
        string_agg(snapshot_id, ', ' ORDER BY snapshot_id) AS snapshots
    FROM after.lineage.snapshot GROUP BY provider, dataset
)
SELECT
    coalesce(a.provider, b.provider) AS provider, coalesce(a.dataset, b.dataset) AS dataset,
    b.vintages AS vintages_before, a.vintages AS vintages_after,
    CASE
        WHEN a.provider IS NULL THEN 'withdrawn'
        WHEN b.provider IS NULL THEN 'new'
        WHEN a.vintages = b.vintages THEN 'changed in place'
        ELSE 'other vintages'
    END AS what
FROM b
FULL JOIN a ON a.provider = b.provider AND a.dataset = b.dataset
WHERE a.snapshots IS DISTINCT FROM b.snapshots
ORDER BY 1, 2
