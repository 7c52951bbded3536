-- The origin of the members' values: one row per cell and end; for counts of events one row per averaged year.
WITH observation_of_change AS (
    SELECT indicator, ref_area, cell, 'baseline' AS item, baseline_observation_id AS observation_id
    FROM baseline.value WHERE baseline_observation_id IS NOT NULL
    UNION ALL
    SELECT indicator, ref_area, cell, 'latest', latest_observation_id
    FROM baseline.value WHERE latest_observation_id IS NOT NULL
    UNION ALL
    SELECT v.indicator, v.ref_area, v.cell, 'baseline', v.observation_id
    FROM indicator_set.value AS v
    JOIN reference.settings AS s ON v.time_period BETWEEN s.baseline_from AND s.baseline_to
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method AND m.event_count
)
SELECT
    e.indicator, e.ref_area, e.cell, e.item, e.observation_id, v.time_period, v.obs_value, v.value_text, v.source, v.feed,
    v.breakdown_family, v.vintage_date, v.correction, o.snapshot_id
FROM observation_of_change AS e
JOIN indicator_set.value AS v ON v.observation_id = e.observation_id
LEFT JOIN harmonised.observation AS o ON o.observation_id = e.observation_id
ORDER BY e.indicator, e.ref_area, e.cell, e.item, v.time_period, e.observation_id
