-- severity: blocks
-- description: Every weighted mean equals the sum of the stored shares times the stored member values
SELECT a.indicator, a.ref_area, a.time_period, a.cell, a.obs_value, r.recomputed
FROM indicator_set.aggregate AS a
JOIN (
    SELECT indicator, area_group, reference_year, cell, sum(weight_share * (value_low + value_high) / 2) AS recomputed
    FROM indicator_set.aggregate_member
    GROUP BY indicator, area_group, reference_year, cell
) AS r
    ON r.indicator = a.indicator AND r.area_group = a.ref_area AND r.reference_year = a.time_period AND r.cell = a.cell
JOIN reference.method AS m ON m.method = a.method
WHERE m.kind = 'mean' AND a.obs_value IS NOT NULL
    AND abs(a.obs_value - r.recomputed) > 1e-8 * greatest(1, abs(a.obs_value))
