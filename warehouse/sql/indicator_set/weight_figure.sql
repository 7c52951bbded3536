-- indicator_set.weight_figure: the published figures from which weights are made, in the newest vintage of each series,
-- by the role of the series (reference.weight_series). Only figures of Member States.
WITH member AS (
    SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today
)
SELECT
    r.role, r.sex, x.target AS ref_area, CAST(s.time_period AS INTEGER) AS time_period,
    TRY_CAST(regexp_extract(split_part(s.series_key, r.age_dimension || '=', 2), '^([0-9]+)', 1) AS INTEGER) AS age_from,
    TRY_CAST(s.obs_value AS DOUBLE) * r.multiplier AS amount,
    s.series AS provider_series, s.obs_value AS value_text, s.snapshot_id, split_part(s.snapshot_row, ':', 1) AS file,
    TRY_CAST(regexp_extract(s.snapshot_row, ':([0-9]+)', 1) AS INTEGER) AS row_no
FROM staged.observation AS s
JOIN reference.weight_series AS r
    ON r.provider = s.provider AND r.dataset = s.dataset AND r.provider_series = s.series
JOIN lineage.series_vintage AS n
    ON n.snapshot_id = s.snapshot_id AND n.series = s.series AND n.is_newest AND n.is_declared
JOIN reference.crosswalk AS x ON x.provider = s.provider AND x.concept = 'ref_area' AND x.code = s.ref_area
JOIN member AS m ON m.ref_area = x.target
WHERE regexp_full_match(s.time_period, '[0-9]{4}') AND s.unexpected IS NULL
    AND TRY_CAST(s.obs_value AS DOUBLE) BETWEEN 0 AND 1e14  -- other numbers are not weights, and sums of decimals would overflow
