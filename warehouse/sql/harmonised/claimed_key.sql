-- harmonised.claimed_key: the claim of each published key. A claim matches a key of its series when, in each dimension
-- that the claim filters, the key has one of the listed codes. The catalogue guarantees that at most one claim matches.
WITH series_keys AS (
    SELECT DISTINCT provider, dataset, series, series_key, current_series FROM harmonised.published_key
),
filter_counts AS (
    SELECT claim_id, count(DISTINCT dimension) AS filter_count
    FROM reference.claim_filter
    GROUP BY claim_id
),
met_filters AS (
    SELECT c.claim_id, k.provider, k.dataset, k.series, k.series_key, count(DISTINCT f.dimension) AS met_count
    FROM reference.claim AS c
    JOIN series_keys AS k ON k.provider = c.provider AND k.dataset = c.dataset AND k.current_series = c.provider_series
    JOIN reference.claim_filter AS f ON f.claim_id = c.claim_id
    JOIN staged.series_dimension AS d
        ON d.provider = k.provider AND d.dataset = k.dataset AND d.series = k.series
        AND d.series_key = k.series_key AND d.dimension = f.dimension AND d.code = f.code
    GROUP BY c.claim_id, k.provider, k.dataset, k.series, k.series_key
)
SELECT k.provider, k.dataset, k.series, k.series_key, min(c.claim_id) AS claim_id
FROM series_keys AS k
JOIN reference.claim AS c
    ON c.provider = k.provider AND c.dataset = k.dataset AND c.provider_series = k.current_series
LEFT JOIN filter_counts AS f ON f.claim_id = c.claim_id
LEFT JOIN met_filters AS m
    ON m.claim_id = c.claim_id AND m.provider = k.provider AND m.dataset = k.dataset
    AND m.series = k.series AND m.series_key = k.series_key
WHERE coalesce(m.met_count, 0) = coalesce(f.filter_count, 0)
GROUP BY k.provider, k.dataset, k.series, k.series_key
ORDER BY k.provider, k.dataset, k.series, k.series_key
