-- lineage.weight_source: the published rows from which weights are made: for each role, member and year in
-- lineage.weight_input, the rows of each file. Where there is a row for each age group: the first and the last row.
WITH role_year AS (
    SELECT role, ref_area, first_year AS time_period FROM lineage.weight_input
    UNION
    SELECT role, ref_area, last_year AS time_period FROM lineage.weight_input
),
published_row AS (
    SELECT role, provider_series, ref_area, time_period, value_text, snapshot_id, file, row_no
    FROM indicator_set.weight_figure
    UNION ALL  -- coverage from surveys, under the name of its feed
    SELECT
        v.indicator AS role, o.feed AS provider_series, v.ref_area, v.time_period, v.value_text, o.snapshot_id,
        split_part(o.snapshot_row, ':', 1) AS file, TRY_CAST(regexp_extract(o.snapshot_row, ':([0-9]+)', 1) AS INTEGER) AS row_no
    FROM (SELECT DISTINCT coverage_indicator FROM reference.weight) AS w
    JOIN indicator_set.value AS v ON v.indicator = w.coverage_indicator AND v.is_headline AND v.obs_value IS NOT NULL
    JOIN harmonised.observation AS o ON o.observation_id = v.observation_id
)
SELECT
    p.role, p.provider_series, p.ref_area, p.time_period, count(*) AS row_count,
    CASE WHEN count(*) = 1 THEN min(p.value_text) END AS value_text, p.snapshot_id, p.file, min(p.row_no) AS first_row,
    max(p.row_no) AS last_row
FROM published_row AS p
JOIN role_year AS u ON u.role = p.role AND u.ref_area = p.ref_area AND u.time_period = p.time_period
GROUP BY p.role, p.provider_series, p.ref_area, p.time_period, p.snapshot_id, p.file
ORDER BY role, provider_series, ref_area, time_period, snapshot_id, file
