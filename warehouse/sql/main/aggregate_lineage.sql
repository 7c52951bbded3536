-- The lineage of every regional figure: its members with weight and contribution, and the row and file of each value
WITH averaged_value AS (  -- event counts at the baseline year: the yearly values in the mean of a member
    SELECT
        v.observation_id, v.indicator, v.ref_area, v.cell, s.baseline_year,
        count(*) OVER (PARTITION BY v.indicator, v.ref_area, v.cell) AS values_averaged
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method AND m.event_count
    CROSS JOIN reference.settings AS s
    WHERE v.in_aggregates AND v.time_period BETWEEN s.baseline_from AND s.baseline_to
        AND coalesce(v.obs_value, v.lower_bound, i.minimum) IS NOT NULL
        AND coalesce(v.obs_value, v.upper_bound, i.maximum) IS NOT NULL
),
member_value AS (
    SELECT
        a.*, coalesce(a.observation_id, e.observation_id) AS value_id,
        CASE WHEN a.observation_id IS NULL THEN e.values_averaged ELSE 1 END AS values_averaged
    FROM indicator_set.aggregate_member AS a
    LEFT JOIN averaged_value AS e
        ON a.observation_id IS NULL AND e.indicator = a.indicator AND e.ref_area = a.ref_area AND e.cell = a.cell
        AND e.baseline_year = a.reference_year
)
SELECT
    m.indicator, m.area_group, m.reference_year, m.cell, g.is_headline, g.obs_value AS group_value, g.publication_class,
    g.method, m.ref_area, m.value_year, m.value_low, m.value_high, g.weight_name, w.source AS weight_source,
    m.weight_value, m.weight_share, m.weight_filling, m.weight_is_proxy,
    CASE
        WHEN g.publication_class = 'C' THEN NULL
        WHEN k.kind = 'mean' THEN m.weight_share * (m.value_low + m.value_high) / 2
        WHEN k.kind = 'sum' THEN (m.value_low + m.value_high) / 2
    END AS contribution,
    m.is_extended, m.is_capped, m.values_averaged, m.value_id AS observation_id, o.time_period, o.value_text, m.obs_status,
    o.feed, o.provider_series, n.producer, o.vintage_date, o.snapshot_id, split_part(o.snapshot_row, ':', 1) AS file,
    split_part(split_part('; ' || n.files, '; ' || split_part(o.snapshot_row, ':', 1) || ' ', 2), ';', 1) AS sha256,
    'staged.' || d.staged_table AS staged_table, o.snapshot_row, s.obs_value AS value_as_published
FROM member_value AS m
JOIN indicator_set.aggregate AS g
    ON g.indicator = m.indicator AND g.ref_area = m.area_group AND g.time_period = m.reference_year AND g.cell = m.cell
JOIN reference.method AS k ON k.method = g.method
JOIN harmonised.observation AS o ON o.observation_id = m.value_id
JOIN lineage.snapshot AS n ON n.snapshot_id = o.snapshot_id
JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
JOIN staged.observation AS s
    ON s.snapshot_id = o.snapshot_id AND s.snapshot_row = o.snapshot_row AND s.series = o.provider_series
LEFT JOIN reference.weight AS w ON w.weight = g.weight_name
