-- Latest values for each target group, by the cells that are about it, with the figure of ASEAN for the same cell.
WITH cell_about_group AS (
    SELECT DISTINCT g.target_group, g.match, v.indicator, v.cell
    FROM reference.cell_group AS g
    JOIN indicator_set.value AS v ON v.indicator = g.indicator AND v.cell = g.cell
    JOIN ordered_area AS a ON a.ref_area = v.ref_area AND a.area_type = 'country'
    WHERE g.target_group <> '_T'
)
SELECT
    t.target_group, t.match, i.indicator, i.name, i.unit_name, i.decimals, i.status AS indicator_status, t.cell, v.is_headline,
    v."@breakdowns",
    v.ref_area, a.area_name, v.latest_year, v.latest_value, v.latest_text, v.latest_status, s.label AS latest_status_label,
    v.latest_footnote, v.publication_class, coalesce(o.in_aggregates, v.area_type = 'group') AS is_usable,
    coalesce(o.dataset_kind, '') AS dataset_kind
FROM cell_about_group AS t
JOIN ordered_indicator AS i ON i.indicator = t.indicator
JOIN baseline.value AS v ON v.indicator = t.indicator AND v.cell = t.cell
JOIN ordered_area AS a ON a.ref_area = v.ref_area AND (a.area_type = 'country' OR a.ref_area = 'ASEAN')
LEFT JOIN status_label AS s ON s.code = v.latest_status
LEFT JOIN indicator_set.value AS o ON o.observation_id = v.latest_observation_id
WHERE v.latest_year IS NOT NULL
ORDER BY t.target_group, i.indicator_order, t.match, v.is_headline DESC, t.cell, a.area_order
