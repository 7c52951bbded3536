-- severity: blocks
-- description: Every regional mean, sum and median equals the result recomputed from its stored members
-- finding: {n} regional [figure differs from the result|figures differ from the results] recomputed from [its|their] stored members
SELECT a.indicator, a.ref_area, a.time_period, a.cell, a.obs_value, r.recomputed
FROM indicator_set.aggregate AS a
JOIN reference.method AS m ON m.method = a.method
JOIN (
    SELECT indicator, area_group, reference_year, cell, 'mean' AS kind, sum(weight_share * (value_low + value_high) / 2) AS recomputed
    FROM indicator_set.aggregate_member
    GROUP BY indicator, area_group, reference_year, cell
    UNION ALL
    SELECT indicator, area_group, reference_year, cell, 'sum' AS kind, sum((value_low + value_high) / 2) AS recomputed
    FROM indicator_set.aggregate_member
    GROUP BY indicator, area_group, reference_year, cell
    UNION ALL
    SELECT indicator, area_group, reference_year, cell, 'median' AS kind, (median(value_low) + median(value_high)) / 2 AS recomputed
    FROM indicator_set.aggregate_member
    GROUP BY indicator, area_group, reference_year, cell
) AS r
    ON r.indicator = a.indicator AND r.area_group = a.ref_area AND r.reference_year = a.time_period AND r.cell = a.cell
    AND r.kind = m.kind
WHERE a.obs_value IS NOT NULL
    AND abs(a.obs_value - r.recomputed) > 1e-8 * greatest(1, abs(a.obs_value))
