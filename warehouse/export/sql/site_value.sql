-- Every chosen headline value of the members with its lineage: source, series, vintage, snapshot and row.
SELECT
    v.indicator, v.ref_area, a.area_name, v.time_period, v.obs_value, v.value_text, v.lower_bound, v.upper_bound,
    coalesce(s.label, v.obs_status, 'not stated') AS status, coalesce(n.label, v.nature, 'not stated') AS nature,
    v.obs_status, v.time_detail, v.footnote, o.source_citation, v.feed, v.provider_series, v.role, v.dataset_kind,
    v.in_aggregates, v.break_before, b.why AS break_why, v.correction, c.why AS correction_why, v.above_maximum,
    o.is_superseded, v.vintage_date, o.snapshot_id, o.snapshot_row, v.observation_id
FROM indicator_set.value AS v
JOIN ordered_indicator AS i ON i.indicator = v.indicator
JOIN ordered_area AS a ON a.ref_area = v.ref_area AND a.area_type = 'country'
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
LEFT JOIN status_label AS s ON s.code = v.obs_status
LEFT JOIN nature_label AS n ON n.code = v.nature
LEFT JOIN reference.series_break AS b
    ON b.indicator = v.indicator AND b.ref_area = v.ref_area AND b.break_year = v.time_period AND v.break_before = 'declared'
LEFT JOIN lineage.correction AS c ON c.observation_id = v.observation_id AND c.applied
WHERE v.is_headline
ORDER BY i.indicator_order, a.area_order, v.time_period
