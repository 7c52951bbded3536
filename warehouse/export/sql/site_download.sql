-- Every chosen value of the members, all breakdowns, with its lineage: the CSV file of each indicator.
SELECT
    v.indicator, v.ref_area, v.time_period, v."@breakdowns", v.is_headline,
    v.obs_value, v.value_text, v.lower_bound, v.upper_bound, v.unit_measure, v.obs_status, v.nature, v.footnote,
    o.source_citation, v.source, v.provider_series, v.vintage_date, v.role, v.in_aggregates, v.break_before,
    o.snapshot_id, o.snapshot_row
FROM indicator_set.value AS v
JOIN ordered_indicator AS i ON i.indicator = v.indicator
JOIN ordered_area AS a ON a.ref_area = v.ref_area AND a.area_type = 'country'
JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
ORDER BY i.indicator_order, a.area_order, v.time_period, v.cell
