-- severity: blocks
-- description: Regional figures are within the bounds of their indicator, and shares of the weight are between 0 and 1
-- finding: {n} regional [figure or share is outside its|figures or shares are outside their] bounds
SELECT a.indicator, a.ref_area, a.time_period, a.cell, 'obs_value' AS what, a.obs_value AS found
FROM indicator_set.aggregate AS a
JOIN reference.indicator AS i ON i.indicator = a.indicator
JOIN reference.method AS m ON m.method = i.method AND m.kind IN ('mean', 'median')
WHERE a.obs_value < i.minimum - 1e-9 OR a.obs_value > i.maximum + 1e-9
UNION ALL
SELECT a.indicator, a.ref_area, a.time_period, a.cell, s.what, s.found
FROM indicator_set.aggregate AS a
JOIN (
    SELECT indicator, ref_area, time_period, cell, 'weight_covered' AS what, weight_covered AS found FROM indicator_set.aggregate
    UNION ALL
    SELECT indicator, ref_area, time_period, cell, 'recent_share' AS what, recent_share AS found FROM indicator_set.aggregate
    UNION ALL
    SELECT indicator, ref_area, time_period, cell, 'share_estimated' AS what, share_estimated AS found FROM indicator_set.aggregate
) AS s ON s.indicator = a.indicator AND s.ref_area = a.ref_area AND s.time_period = a.time_period AND s.cell = a.cell
WHERE s.found < -1e-9 OR s.found > 1 + 1e-9
UNION ALL
SELECT o.indicator, o.ref_area, o.time_period, o.observation_id AS cell, 'below the minimum' AS what, o.obs_value AS found
FROM harmonised.observation AS o
JOIN reference.indicator AS i ON i.indicator = o.indicator
WHERE o.obs_value < i.minimum
UNION ALL
SELECT m.indicator, m.ref_area, m.reference_year AS time_period, m.cell, 'sum of the weights of ' || m.area_group AS what,
    m.total AS found
FROM (
    SELECT indicator, area_group, reference_year, cell, min(ref_area) AS ref_area, sum(weight_share) AS total
    FROM indicator_set.aggregate_member
    GROUP BY indicator, area_group, reference_year, cell
) AS m
WHERE abs(m.total - 1) > 1e-9
