-- Every published value of every source, with labels
SELECT
    o.indicator, i.name AS indicator_name, o.ref_area, a.name AS area_name, o.time_period, o.time_detail,
    o."@breakdowns", o.sector, o.target_group,
    o.obs_value, o.value_text, o.lower_bound, o.upper_bound, u.name AS unit, o.obs_status, s.name AS status_label,
    o.nature, o.source, o.dataset, o.provider_series, o.vintage_date, o.source_citation, o.footnote,
    v.observation_id IS NOT NULL AS is_chosen, o.observation_id, o.snapshot_id, o.snapshot_row
FROM harmonised.observation AS o
JOIN reference.indicator AS i ON i.indicator = o.indicator
LEFT JOIN reference.area AS a ON a.ref_area = o.ref_area
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = o.unit_measure
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = o.obs_status
LEFT JOIN indicator_set.value AS v
    ON v.observation_id = o.observation_id AND v.indicator = o.indicator AND v.ref_area = o.ref_area  -- the last two conditions let the engine skip row groups
