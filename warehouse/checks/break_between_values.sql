-- severity: warns
-- as of: informs
-- description: Every declared break has published values of its indicator and area on both sides
-- finding: {n} declared [break has|breaks have] no published values on both sides
SELECT b.break_file AS declared_in, b.indicator, b.ref_area, b.break_year, v.first_year, v.last_year
FROM reference.series_break AS b
LEFT JOIN (
    SELECT indicator, ref_area, min(time_period) AS first_year, max(time_period) AS last_year
    FROM lineage.vintage_value
    GROUP BY indicator, ref_area
) AS v ON v.indicator = b.indicator AND v.ref_area = b.ref_area
WHERE v.first_year IS NULL OR b.break_year <= v.first_year OR b.break_year > v.last_year
ORDER BY b.indicator, b.ref_area, b.break_year
