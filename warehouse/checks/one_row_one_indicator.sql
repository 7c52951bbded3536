-- severity: blocks
-- description: Every row of a provider is used for at most one indicator
-- finding: {n} [row of a provider is|rows of providers are] used for more than one indicator
SELECT snapshot_id, snapshot_row, provider_series, count(*) AS observations
FROM harmonised.observation
GROUP BY snapshot_id, snapshot_row, provider_series
HAVING count(*) > 1
