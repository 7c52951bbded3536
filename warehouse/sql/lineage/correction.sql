-- lineage.correction: guarded corrections, and whether the published value is still the one that they expect.
SELECT
    r.correction_id, r.indicator, r.ref_area, r.time_period, o.observation_id, r.expected_text,
    o.value_text AS found_text, coalesce(o.value_text = r.expected_text AND coalesce(o.unit_mult, 0) = 0, FALSE) AS applied,
    r.action, r.why, r.evidence, r.reported
FROM reference.correction AS r
LEFT JOIN harmonised.observation AS o
    ON r.indicator = o.indicator AND r.ref_area = o.ref_area AND r.time_period = o.time_period AND r.cell = o.cell
    AND r.source = o.source AND r.provider_series = o.provider_series AND o.candidate_no = 1
ORDER BY r.correction_id
