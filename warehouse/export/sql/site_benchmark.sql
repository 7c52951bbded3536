-- Benchmarks of the members: headline first, then women and men, with the reason for each empty cell.
SELECT
    b.*, i.name, i.group_name, i.tier, i.unit_name, i.decimals, i.status AS indicator_status, x.name AS sector_name,
    coalesce(s.label, b.latest_status) AS latest_status_label, q.availability, q.reason AS gap_reason, q.filled_by,
    q.latest_year AS last_year, i.lookback_years, r.latest_reference_year, coalesce(o.dataset_kind, '') AS dataset_kind
FROM baseline.benchmark AS b
JOIN ordered_indicator AS i ON i.indicator = b.indicator
JOIN ordered_area AS a ON a.ref_area = b.ref_area
CROSS JOIN reference.settings AS r
LEFT JOIN reference.code AS x ON x.codelist = 'sector' AND x.code = b.sector
LEFT JOIN status_label AS s ON s.code = b.latest_status
LEFT JOIN quality.availability AS q
    ON q.indicator = b.indicator AND q.ref_area = b.ref_area AND q.breakdown = 'headline'
LEFT JOIN indicator_set.value AS o ON o.observation_id = b.latest_observation_id
ORDER BY a.area_order, i.indicator_order, b.is_headline DESC, b.sex
