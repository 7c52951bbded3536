-- The ASEAN indicator set: chosen values of the members and the regional figures, with labels
SELECT
    v.indicator, i.name AS indicator_name, i.indicator_group, v.ref_area, a.name AS area_name, a.area_type, v.time_period,
    v."@breakdowns", v.is_headline,
    v.obs_value, v.value_text, u.name AS unit, v.obs_status, s.name AS status_label, v.footnote, v.feed,
    NULL AS publication_class, NULL AS n_areas, NULL AS areas, NULL AS weight_covered, v.break_before AS note,
    NULL AS flags, NULL AS area_names
FROM indicator_set.value AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
JOIN reference.area AS a ON a.ref_area = v.ref_area
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = v.unit_measure
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = v.obs_status
WHERE v.is_member
UNION ALL
SELECT
    r.indicator, i.name, i.indicator_group, r.ref_area, a.name, a.area_type, r.time_period,
    r."@breakdowns", r.is_headline,
    r.obs_value, NULL, u.name, r.obs_status, s.name, r.title, NULL,
    r.publication_class, r.n_areas, r.areas, r.weight_covered, r.class_reason, r.flags, r.area_names
FROM indicator_set.aggregate AS r
JOIN reference.indicator AS i ON i.indicator = r.indicator
JOIN reference.area AS a ON a.ref_area = r.ref_area
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = i.unit_measure
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = r.obs_status
