-- severity: warns
-- as of: informs
-- description: Every correction still finds the published value that it expects
-- finding: {n} [correction is not applied, because the value it expects is|corrections are not applied, because the values they expect are] no longer published
SELECT r.correction_file, c.indicator, c.ref_area, c.time_period, c.expected_text, c.found_text
FROM lineage.correction AS c
LEFT JOIN reference.correction AS r ON r.correction_id = c.correction_id
WHERE NOT c.applied
