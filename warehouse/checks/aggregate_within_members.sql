-- severity: blocks
-- description: Every mean and median is between the lowest and the highest member value
-- finding: {n} [mean or median is|means or medians are] outside the range of [its|their] member values
SELECT a.indicator, a.ref_area, a.time_period, a.cell, a.obs_value, a.minimum, a.maximum
FROM indicator_set.aggregate AS a
JOIN reference.method AS m ON m.method = a.method
WHERE m.kind IN ('mean', 'median') AND a.obs_value IS NOT NULL
    AND (a.obs_value < a.minimum - 1e-9 * greatest(1, abs(a.minimum)) OR a.obs_value > a.maximum + 1e-9 * greatest(1, abs(a.maximum)))
