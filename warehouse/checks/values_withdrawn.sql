-- severity: informs
-- description: Every value of the previous vintage of a series is also in its newest vintage
-- finding: {n} [value|values] of earlier vintages [is|are] missing from the newest one
SELECT r.indicator, r.ref_area, r.time_period, r.source, r.provider_series, r.vintage_from, r.vintage_to, r.value_from, r.text_to
FROM lineage.revision AS r
JOIN lineage.series_vintage AS v
    ON v.snapshot_id = r.snapshot_to AND v.series = r.provider_series AND v.area_code IN ('', r.ref_area) AND v.is_newest
WHERE r.revision_class = 'withdrawn'
ORDER BY r.indicator, r.ref_area, r.time_period
