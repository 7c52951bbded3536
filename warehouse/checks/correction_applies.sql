-- severity: warns
-- as of: informs
-- description: Every correction still finds the value it expects
SELECT correction_id, indicator, ref_area, time_period, expected_text, found_text FROM lineage.correction WHERE NOT applied
