-- Every chosen headline value of every year, one row per indicator, member and year.
SELECT
    i.indicator, i.name, i.group_name, i.tier, i.unit_name, i.decimals, v.ref_area, a.area_name, v.time_period,
    v.obs_value,
    CASE
        WHEN v.obs_value IS NOT NULL THEN NULL
        WHEN v.value_text ~ '^[<>]' THEN v.value_text
        ELSE 'no value: published as "' || coalesce(v.value_text, '') || '"'
    END AS obs_gap,
    v.value_text,
    CASE WHEN v.obs_status IS NULL THEN 'not stated' ELSE coalesce(s.label, v.obs_status) END AS status,
    CASE WHEN v.nature IS NULL THEN 'not stated' ELSE coalesce(n.label, v.nature) END AS nature,
    v.time_detail, v.footnote, o.source_citation, coalesce(d.title, v.source) AS source, v.provider_series, v.vintage_date,
    v.role, v.break_before, CASE WHEN v.in_aggregates THEN 'yes' ELSE 'no' END AS in_aggregates, v.observation_id
FROM indicator_set.value AS v
JOIN ordered_indicator AS i ON i.indicator = v.indicator
JOIN ordered_area AS a ON a.ref_area = v.ref_area AND a.area_type = 'country'
LEFT JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
LEFT JOIN dataset_label AS d ON d.provider = o.source AND d.dataset = o.dataset
LEFT JOIN status_label AS s ON s.code = v.obs_status
LEFT JOIN nature_label AS n ON n.code = v.nature
WHERE v.is_headline
ORDER BY i.indicator_order, a.area_order, v.time_period
