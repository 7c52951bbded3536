-- severity: warns
-- as of: informs
-- description: Every breakdown that a definition expects exists for at least one member
SELECT indicator, breakdown
FROM quality.availability
GROUP BY indicator, breakdown
HAVING sum(n_values) = 0 AND count(*) FILTER (WHERE availability NOT IN ('declared', 'not_applicable')) > 0
