-- severity: warns
-- as of: informs
-- description: Every correction still finds the value it expects
-- finding: {n} [correction does not apply: the value it expects|corrections do not apply: the values they expect] cannot be found
SELECT r.correction_file, c.indicator, c.ref_area, c.time_period, c.expected_text, c.found_text
FROM lineage.correction AS c
LEFT JOIN reference.correction AS r ON r.correction_id = c.correction_id
WHERE NOT c.applied
