-- Baseline and latest values of the core indicators in per cent, members only, with the attributions of their sources.
SELECT
    i.indicator, i.name, i.group_name, i.direction, a.ref_area, v.baseline_year, v.baseline_value, v.latest_year, v.latest_value,
    coalesce(v.comparable, FALSE) AS comparable, v.reason,
    db.attribution AS baseline_attribution, ob.vintage_date AS baseline_vintage, dl.attribution AS latest_attribution,
    ol.vintage_date AS latest_vintage
FROM ordered_indicator AS i
JOIN ordered_area AS a ON a.area_type = 'country'
JOIN baseline.value AS v ON v.indicator = i.indicator AND v.ref_area = a.ref_area AND v.is_headline
LEFT JOIN harmonised.observation AS ob ON ob.observation_id = v.baseline_observation_id
LEFT JOIN reference.dataset AS db ON db.provider = ob.source AND db.dataset = ob.dataset
LEFT JOIN harmonised.observation AS ol ON ol.observation_id = v.latest_observation_id
LEFT JOIN reference.dataset AS dl ON dl.provider = ol.source AND dl.dataset = ol.dataset
WHERE i.tier = 'core' AND i.unit_measure = 'PT' AND i.status = 'with_values'
ORDER BY i.indicator_order, a.area_order
