-- severity: warns
-- as of: informs
-- description: Every claimed series of a provider is in the newest answer for which it was requested
-- finding: {n} claimed series [is missing from the newest answer of its|are missing from the newest answers of their] provider
SELECT c.indicator, c.provider, c.dataset, c.provider_series, c.definition_file, c.definition_line
FROM reference.claim AS c
JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset AND d.kind = 'statistical'
WHERE
    NOT EXISTS (
        SELECT 1
        FROM harmonised.row AS r
        JOIN lineage.series_vintage AS v ON v.snapshot_id = r.snapshot_id AND v.series = r.provider_series AND v.is_newest
        WHERE r.source = c.provider AND r.dataset = c.dataset AND r.current_series = c.provider_series
    )
