-- severity: informs
-- description: No aggregate that a provider publishes differs much from ours (quality.published_aggregate, with the likely reason)
-- finding: {n} aggregate[|s] published by providers [differs|differ] considerably from ours
SELECT indicator, source, published_area, time_period, cell, published_value, our_value, likely_reason, explanation
FROM quality.published_aggregate
WHERE is_large
