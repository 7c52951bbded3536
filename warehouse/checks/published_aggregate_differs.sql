-- severity: informs
-- description: No aggregate of a provider differs considerably from our figure (quality.published_aggregate gives the likely reason)
-- finding: {n} aggregate[|s] of providers [differs|differ] considerably from our figures
SELECT indicator, source, published_area, time_period, cell, published_value, our_value, likely_reason, explanation
FROM quality.published_aggregate
WHERE is_large
