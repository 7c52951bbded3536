-- severity: warns
-- as of: informs
-- description: Every breakdown that a definition expects has a value for at least one Member State
-- finding: {n} expected [breakdown has|breakdowns have] no value for any Member State
SELECT indicator, breakdown
FROM quality.availability
GROUP BY indicator, breakdown
HAVING sum(n_values) = 0 AND count(*) FILTER (WHERE availability NOT IN ('declared', 'not_applicable')) > 0
