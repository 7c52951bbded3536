-- Corrections, and whether they were applied.
SELECT DISTINCT
    x.correction_id, x.indicator, i.name AS indicator_name, a.short_name AS area_name, x.time_period, x.expected_text, x.action,
    x.applied, x.why, x.evidence
FROM lineage.correction AS x
JOIN ordered_indicator AS i ON i.indicator = x.indicator
JOIN reference.area AS a ON a.ref_area = x.ref_area
ORDER BY x.correction_id, x.applied
