-- lineage.rejection: every row that cannot be used: rejected by the schema in staging, by a rule of harmonised.row,
-- because its key cannot be translated (harmonised.series_map), or because its indicator has no definition.
-- sentence_code is the rule; reason is less specific, since several rules share one.
WITH rejected_row AS (
    SELECT
        s.snapshot_id, s.snapshot_row, s.provider, s.dataset, s.series, s.series_key, s.ref_area, s.time_period, s.obs_value,
        s.lower_bound, s.upper_bound, s.unit_mult, s.unit_measure, s.obs_status, s.nature, s.series_name, s.unexpected,
        r.reason, r.sentence_code, r.claim_id, r.published_unit
    FROM harmonised.row AS r
    JOIN staged.observation AS s
        ON s.snapshot_id = r.snapshot_id AND s.snapshot_row = r.snapshot_row AND s.series = r.provider_series
    WHERE r.outcome = 'rejected'
    UNION ALL
    SELECT
        s.snapshot_id, s.snapshot_row, s.provider, s.dataset, s.series, s.series_key, s.ref_area, s.time_period, s.obs_value,
        s.lower_bound, s.upper_bound, s.unit_mult, s.unit_measure, s.obs_status, s.nature, s.series_name, s.unexpected,
        m.reason, m.sentence_code, CAST(NULL AS INTEGER) AS claim_id, CAST(NULL AS VARCHAR) AS published_unit
    FROM staged.observation AS s
    JOIN harmonised.series_map AS m
        ON m.provider = s.provider AND m.dataset = s.dataset AND m.series = s.series AND m.series_key = s.series_key
    WHERE m.outcome = 'rejected' AND m.claim_id IS NULL
),
crosswalk_file AS (  -- the file to which a missing code must be added
    SELECT
        provider,
        min(CASE WHEN concept = 'ref_area' THEN crosswalk_file END) AS area_file,
        min(CASE WHEN concept = 'unit_measure' THEN crosswalk_file END) AS unit_file,
        min(CASE WHEN concept = 'obs_status' THEN crosswalk_file END) AS status_file,
        min(CASE WHEN concept = 'nature' THEN crosswalk_file END) AS nature_file
    FROM reference.crosswalk
    GROUP BY provider
),
described_row AS (  -- with the contents of its sentence
    SELECT
        r.* EXCLUDE (sentence_code), n.ref_area AS area_meant,
        CASE
            WHEN r.sentence_code = 'area_not_in_crosswalk' AND n.ref_area <> r.ref_area THEN 'area_by_its_name'
            ELSE r.sentence_code
        END AS sentence_code,
        coalesce(f.area_file, concat('indicator_defs/crosswalks/', r.provider, '/ref_area.csv')) AS area_file,
        coalesce(f.unit_file, concat('indicator_defs/crosswalks/', r.provider, '/unit_measure.csv')) AS unit_file,
        coalesce(f.status_file, concat('indicator_defs/crosswalks/', r.provider, '/obs_status.csv')) AS status_file,
        coalesce(f.nature_file, concat('indicator_defs/crosswalks/', r.provider, '/nature.csv')) AS nature_file,
        m.detail AS key_detail, m.current_series, i.indicator, i.unit_measure AS defined_unit, d.expected,
        t.vintage_date, v.valid_from AS renamed_from
    FROM rejected_row AS r
    JOIN lineage.snapshot AS t ON t.snapshot_id = r.snapshot_id
    JOIN harmonised.series_map AS m
        ON m.provider = r.provider AND m.dataset = r.dataset AND m.series = r.series AND m.series_key = r.series_key
    LEFT JOIN reference.indicator AS i ON i.indicator = m.indicator
    LEFT JOIN crosswalk_file AS f ON f.provider = r.provider
    LEFT JOIN reference.area_name AS n ON n.name = upper(trim(r.ref_area))
    LEFT JOIN reference.series_rename AS v
        ON v.provider = r.provider AND v.dataset = r.dataset AND v.old_series = r.series
    LEFT JOIN lineage.series_description AS d
        ON d.snapshot_id = r.snapshot_id AND d.series = r.series AND d.claim_id = r.claim_id
        AND d.title = trim(coalesce(r.series_name, '')) AND d.unit_as_published = coalesce(r.unit_measure, '')
        AND d.unexpected = coalesce(r.unexpected, '')
)
SELECT
    snapshot_id, snapshot_row, provider, dataset, series, stage, reason, CAST(NULL AS VARCHAR) AS sentence_code, detail,
    row_as_published
FROM staged.rejection
UNION ALL
SELECT
    r.snapshot_id, r.snapshot_row, r.provider, r.dataset, r.series, 'harmonised' AS stage, r.reason, r.sentence_code,
    coalesce(r.key_detail, filled(s.name, MAP {
        'area': coalesce(r.ref_area, '(blank)'), 'area_file': r.area_file, 'area_meant': r.area_meant,
        'unit': r.unit_measure, 'unit_file': r.unit_file, 'status': r.obs_status, 'status_file': r.status_file,
        'nature': r.nature, 'nature_file': r.nature_file, 'period': coalesce(r.time_period, '(blank)'),
        'value': trim(r.obs_value), 'lower_bound': trim(r.lower_bound), 'upper_bound': trim(r.upper_bound),
        'multiplier': trim(r.unit_mult), 'published_unit': r.published_unit, 'defined_unit': r.defined_unit,
        'indicator': r.indicator, 'provider': r.provider, 'series': r.series, 'current_series': r.current_series,
        'vintage': CAST(r.vintage_date AS VARCHAR), 'renamed_from': CAST(r.renamed_from AS VARCHAR),
        'title': r.series_name, 'expected': r.expected, 'attributes': r.unexpected
    })) AS detail,
    concat_ws('; ',
        'area ' || coalesce(r.ref_area, '(blank)'), 'period ' || coalesce(r.time_period, '(blank)'),
        nullif(r.series_key, ''), 'value ' || coalesce(r.obs_value, '(blank)')
    ) AS row_as_published
FROM described_row AS r
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = r.sentence_code
ORDER BY snapshot_id, snapshot_row, series
