-- lineage.rejection: every row that could not be used: from the schema at the staged boundary, from harmonising, and
-- national figures for an indicator that no definition has.
SELECT snapshot_id, snapshot_row, provider, dataset, series, stage, reason, detail, row_as_published
FROM staged.rejection
UNION ALL
SELECT
    r.snapshot_id, r.snapshot_row, r.source AS provider, r.dataset, r.provider_series AS series,
    'harmonised' AS stage, r.reason,
    r.detail || CASE WHEN r.reason = 'unknown_code' AND r.ref_area IS NULL AND n.ref_area <> s.ref_area
        THEN '; ' || s.ref_area || ' means ' || n.ref_area ELSE '' END AS detail,
    concat_ws('; ',
        'area ' || coalesce(s.ref_area, '(blank)'), 'period ' || coalesce(s.time_period, '(blank)'),
        nullif(s.series_key, ''), 'value ' || coalesce(s.obs_value, '(blank)')
    ) AS row_as_published
FROM harmonised.row AS r
JOIN staged.observation AS s
    ON s.snapshot_id = r.snapshot_id AND s.snapshot_row = r.snapshot_row AND s.series = r.provider_series
LEFT JOIN reference.area_name AS n ON n.name = upper(trim(s.ref_area))
WHERE r.outcome = 'rejected'
UNION ALL
SELECT
    s.snapshot_id, s.snapshot_row, s.provider, s.dataset, s.series, 'harmonised' AS stage, m.reason, m.detail,
    concat_ws('; ',
        'area ' || coalesce(s.ref_area, '(blank)'), 'period ' || coalesce(s.time_period, '(blank)'),
        nullif(s.series_key, ''), 'value ' || coalesce(s.obs_value, '(blank)')
    ) AS row_as_published
FROM staged.observation AS s
JOIN harmonised.series_map AS m
    ON m.provider = s.provider AND m.dataset = s.dataset AND m.series = s.series AND m.series_key = s.series_key
WHERE m.outcome = 'rejected' AND m.claim_id IS NULL
ORDER BY snapshot_id, snapshot_row, series
