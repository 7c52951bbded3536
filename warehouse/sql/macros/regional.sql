-- regional('ASP_COV_PENSN'): the headline figures of the groups by year, with class, coverage and flags;
-- class C has no figure, only the list of reporting members. Another group: area_group_code := 'CLMV'
CREATE MACRO regional(indicator_code, area_group_code := NULL) AS TABLE
SELECT
    r.ref_area, r.time_period, r.obs_value, r.lower, r.upper, r.publication_class, r.class_reason, r.n_areas, r.areas,
    r.weight_covered, r.weight_name, r.median, r.minimum, r.maximum, r.without_largest, r.uncertainty, r.title, r.flags
FROM indicator_set.aggregate AS r
JOIN reference.area AS a ON a.ref_area = r.ref_area
WHERE r.indicator = indicator_code AND r.is_headline AND (area_group_code IS NULL OR r.ref_area = area_group_code)
ORDER BY a.sort_order, r.time_period
