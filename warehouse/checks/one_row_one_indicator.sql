-- severity: blocks
-- description: One provider row serves at most one indicator
-- finding: {n} provider [row serves|rows serve] more than one indicator
SELECT snapshot_id, snapshot_row, provider_series, count(*) AS observations
FROM harmonised.observation
GROUP BY snapshot_id, snapshot_row, provider_series
HAVING count(*) > 1
