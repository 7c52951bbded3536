-- severity: blocks
-- as of: informs
-- description: Every claimed series has at least one usable key: each of its dimensions has a crosswalk or is fixed
-- finding: {n} claimed series cannot be used, because a dimension has no crosswalk and is not fixed
SELECT DISTINCT c.definition_file || ':' || c.definition_line AS claimed_in, m.provider, m.series, m.detail
FROM harmonised.series_map AS m
JOIN reference.claim AS c ON c.claim_id = m.claim_id
WHERE m.reason = 'unmapped_dimension' AND NOT EXISTS (
    SELECT 1 FROM harmonised.series_map AS h WHERE h.claim_id = m.claim_id AND h.outcome = 'harmonised'
)
