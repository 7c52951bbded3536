-- harmonised.published_key: the keys (one code in each dimension) that each series has in each snapshot. A renamed
-- series also has its current code.
SELECT
    k.provider, k.dataset, k.series, k.series_key, k.snapshot_id, coalesce(r.new_series, k.series) AS current_series
FROM (SELECT DISTINCT provider, dataset, series, series_key, snapshot_id FROM staged.observation) AS k
LEFT JOIN reference.series_rename AS r
    ON r.provider = k.provider AND r.dataset = k.dataset AND r.old_series = k.series
ORDER BY k.provider, k.dataset, k.series, k.series_key, k.snapshot_id
