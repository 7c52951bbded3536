-- Country values that differ between two releases, one row per cell, with everything that can explain the difference.
WITH cell AS (
    SELECT
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.ref_area, b.ref_area) AS ref_area,
        coalesce(a.time_period, b.time_period) AS time_period, coalesce(a.cell, b.cell) AS cell,
        coalesce(a.is_headline, b.is_headline) AS is_headline,
        (b.obs_value IS NOT NULL OR b.lower_bound IS NOT NULL OR b.upper_bound IS NOT NULL) AS had,
        (a.obs_value IS NOT NULL OR a.lower_bound IS NOT NULL OR a.upper_bound IS NOT NULL) AS has,
        b.obs_value AS value_before, a.obs_value AS value_after, b.value_text AS text_before, a.value_text AS text_after,
        b.lower_bound IS DISTINCT FROM a.lower_bound OR b.upper_bound IS DISTINCT FROM a.upper_bound AS bounds_differ,
        b.source AS source_before, a.source AS source_after, b.feed AS feed_before, a.feed AS feed_after,
        b.provider_series AS series_before, a.provider_series AS series_after,
        b.vintage_date AS vintage_before, a.vintage_date AS vintage_after,
        b.observation_id AS id_before, a.observation_id AS id_after,
        b.correction AS correction_before, a.correction AS correction_after,
        nullif(concat_ws(', ',
            CASE WHEN b.unit_measure IS DISTINCT FROM a.unit_measure THEN 'unit_measure' END,
            CASE WHEN b.obs_status IS DISTINCT FROM a.obs_status THEN 'obs_status' END,
            CASE WHEN b.nature IS DISTINCT FROM a.nature THEN 'nature' END,
            CASE WHEN b.footnote IS DISTINCT FROM a.footnote THEN 'footnote' END,
            CASE WHEN b.time_detail IS DISTINCT FROM a.time_detail THEN 'time_detail' END,
            CASE WHEN b.target_group IS DISTINCT FROM a.target_group THEN 'target_group' END,
            CASE WHEN b.is_headline IS DISTINCT FROM a.is_headline THEN 'is_headline' END,
            CASE WHEN b.in_aggregates IS DISTINCT FROM a.in_aggregates THEN 'in_aggregates' END,
            CASE WHEN b.break_before IS DISTINCT FROM a.break_before THEN 'break_before' END,
            CASE WHEN b.above_maximum IS DISTINCT FROM a.above_maximum THEN 'above_maximum' END,
            CASE WHEN b.feed IS DISTINCT FROM a.feed THEN 'feed' END,
            CASE WHEN b.value_text IS DISTINCT FROM a.value_text THEN 'value_text' END), '') AS fields
    FROM before.indicator_set.value AS b
    FULL JOIN after.indicator_set.value AS a
        ON a.indicator = b.indicator AND a.ref_area = b.ref_area AND a.time_period = b.time_period AND a.cell = b.cell
),
differing_cell AS (
    SELECT
        *,
        CASE
            WHEN had AND NOT has THEN 'withdrawn'
            WHEN has AND NOT had THEN 'new'
            WHEN bounds_differ OR value_before IS NULL <> (value_after IS NULL)
                OR abs(value_after - value_before) > 1e-9 * greatest(abs(value_before), abs(value_after))
                THEN 'changed'
            ELSE 'restated'
        END AS kind
    FROM cell
    WHERE (had OR has)
        AND (had <> has OR bounds_differ OR value_before IS DISTINCT FROM value_after OR fields IS NOT NULL)
),
-- the newest vintage on each side of the series that the cell is from, whether or not the vintage has the cell
requested_series AS (
    SELECT DISTINCT
        coalesce(source_before, source_after) AS provider, coalesce(series_before, series_after) AS series, ref_area
    FROM differing_cell
),
newest_before AS (
    SELECT k.provider, k.series, k.ref_area, max(v.vintage_date) AS vintage_date, max(v.snapshot_id) AS snapshot_id
    FROM requested_series AS k
    JOIN before.lineage.series_vintage AS v
        ON v.provider = k.provider AND (v.series = k.series OR v.current_series = k.series)
        AND v.area_code IN ('', k.ref_area) AND v.is_newest
    GROUP BY k.provider, k.series, k.ref_area
),
newest_after AS (
    SELECT k.provider, k.series, k.ref_area, max(v.vintage_date) AS vintage_date, max(v.snapshot_id) AS snapshot_id
    FROM requested_series AS k
    JOIN after.lineage.series_vintage AS v
        ON v.provider = k.provider AND (v.series = k.series OR v.current_series = k.series)
        AND v.area_code IN ('', k.ref_area) AND v.is_newest
    GROUP BY k.provider, k.series, k.ref_area
),
corrected_before AS (SELECT DISTINCT observation_id, action FROM before.lineage.correction WHERE applied),
corrected_after AS (SELECT DISTINCT observation_id, action FROM after.lineage.correction WHERE applied)
SELECT
    d.kind, 'country' AS level, 'obs_value' AS quantity, d.indicator, d.ref_area, d.time_period, d.cell, d.is_headline,
    d.value_before, d.value_after, d.text_before, d.text_after, d.fields,
    d.source_before, d.source_after, d.series_before, d.series_after, d.vintage_before, d.vintage_after,
    concat_ws('; ',
        CASE
            WHEN i.indicator IS NULL THEN 'indicator withdrawn from the set'
            WHEN j.indicator IS NULL THEN 'indicator new in the set'
            WHEN r.indicator IS NOT NULL THEN 'definition changed (' || r.fields || ')'
        END,
        CASE
            WHEN coalesce(cb.action, d.correction_before) IS DISTINCT FROM coalesce(ca.action, d.correction_after)
                THEN 'correction: '
                    || coalesce(coalesce(cb.action, d.correction_before), 'none') || ' before, '
                    || coalesce(coalesce(ca.action, d.correction_after), 'none') || ' now'
        END,
        CASE
            WHEN d.feed_before <> d.feed_after
                THEN 'another source chosen: ' || d.feed_after || ' instead of ' || d.feed_before
            WHEN d.kind = 'withdrawn' AND o.observation_id IS NOT NULL
                THEN 'still published by ' || d.source_before || ', no longer chosen'
            WHEN d.kind = 'new' AND p.observation_id IS NOT NULL
                THEN 'published by ' || d.source_after || ' before too, but not chosen'
        END,
        CASE
            WHEN na.vintage_date IS NULL THEN k.provider || ' ' || k.series || ' is no longer among the snapshots'
            WHEN nb.vintage_date IS NULL THEN k.provider || ' ' || k.series || ' was not among the snapshots before'
            WHEN na.vintage_date > nb.vintage_date
                THEN 'new vintage of ' || k.provider || ': ' || nb.vintage_date || ' -> ' || na.vintage_date
            WHEN na.vintage_date < nb.vintage_date
                THEN 'older vintage of ' || k.provider || ': ' || nb.vintage_date || ' -> ' || na.vintage_date
            WHEN na.snapshot_id <> nb.snapshot_id
                THEN k.provider || ' changed its vintage ' || na.vintage_date || ' in place'
        END,
        CASE WHEN x.provider IS NOT NULL THEN 'crosswalk of ' || x.provider || ' changed' END
    ) AS reason
FROM differing_cell AS d
LEFT JOIN after.reference.indicator AS i ON i.indicator = d.indicator
LEFT JOIN before.reference.indicator AS j ON j.indicator = d.indicator
LEFT JOIN redefined AS r ON r.indicator = d.indicator AND r.for_values
JOIN requested_series AS k
    ON k.provider = coalesce(d.source_before, d.source_after) AND k.series = coalesce(d.series_before, d.series_after)
    AND k.ref_area = d.ref_area
LEFT JOIN newest_before AS nb ON nb.provider = k.provider AND nb.series = k.series AND nb.ref_area = k.ref_area
LEFT JOIN newest_after AS na ON na.provider = k.provider AND na.series = k.series AND na.ref_area = k.ref_area
LEFT JOIN corrected_before AS cb ON cb.observation_id = d.id_before
LEFT JOIN corrected_after AS ca ON ca.observation_id = d.id_after
LEFT JOIN after.harmonised.observation AS o ON o.observation_id = d.id_before AND o.obs_value IS NOT NULL
LEFT JOIN before.harmonised.observation AS p ON p.observation_id = d.id_after AND p.obs_value IS NOT NULL
LEFT JOIN recoded AS x ON x.provider = coalesce(d.source_after, d.source_before)
