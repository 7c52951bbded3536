-- quality.rejected_value: published values that no figure can use, each with the reason as a sentence: rows rejected in
-- the vintage in use or a newer one, values removed by a correction, and values published more than once. A row
-- rejected in staging counts where a usable row of the same series key shows its cell.
WITH rejected_row AS (
    SELECT indicator, ref_area, time_period, cell, reason, snapshot_id, provider_series
    FROM harmonised.row
    WHERE outcome = 'rejected' AND ref_area IS NOT NULL
    UNION ALL
    SELECT
        m.indicator, a.target AS ref_area,
        TRY_CAST(regexp_extract(x.row_as_published || ';', 'time_period=([0-9]{4});', 1) AS INTEGER) AS time_period,
        m.cell, x.reason, x.snapshot_id, x.series AS provider_series
    FROM lineage.rejection AS x
    JOIN reference.crosswalk AS a
        ON a.provider = x.provider AND a.concept = 'ref_area'
        AND a.code = regexp_extract(x.row_as_published, '^ref_area=([^;]*)', 1)
    JOIN harmonised.series_map AS m
        ON m.provider = x.provider AND m.dataset = x.dataset AND m.series = x.series AND m.outcome <> 'out_of_scope'
        AND (strpos(x.row_as_published || ';', '; series_key=' || m.series_key || ';') > 0
            OR (m.series_key = '' AND strpos(x.row_as_published, 'series_key=') = 0))
    WHERE x.stage = 'staged'
),
value_code AS (
    SELECT indicator, ref_area, time_period, cell, 'published_row_rejected' AS sentence_code, reason
    FROM rejected_row AS r
    WHERE NOT EXISTS (  -- rows of vintages before the newest one of their series and area
            SELECT 1
            FROM lineage.series_vintage AS v
            JOIN lineage.series_vintage AS n
                ON n.provider = v.provider AND n.dataset = v.dataset AND n.current_series = v.current_series
                AND n.area_code = v.area_code AND n.is_newest
            LEFT JOIN reference.crosswalk AS a
                ON a.provider = v.provider AND a.concept = 'ref_area' AND a.code = v.area_code
            WHERE v.snapshot_id = r.snapshot_id AND v.series = r.provider_series AND v.vintage_no < n.vintage_no
                AND (v.area_code = '' OR a.target = r.ref_area)
        )
    UNION
    SELECT
        o.indicator, o.ref_area, o.time_period, o.cell,
        CASE WHEN k.observation_id IS NOT NULL THEN 'published_value_removed' ELSE 'published_values_differ' END AS sentence_code,
        NULL AS reason
    FROM harmonised.observation AS o
    LEFT JOIN indicator_set.candidate AS c ON c.observation_id = o.observation_id AND c.is_current
    LEFT JOIN lineage.correction AS k
        ON k.observation_id = o.observation_id AND k.applied AND k.action = 'exclude_from_use'
    JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
    WHERE c.observation_id IS NULL AND o.candidate_no = 1
        -- a national figure of another concept is published next to the others and was never rejected
        AND (k.observation_id IS NOT NULL OR d.kind <> 'national_submission' OR coalesce(o.obs_status, '') <> 'D')
        AND (o.obs_value IS NOT NULL OR o.lower_bound IS NOT NULL OR o.upper_bound IS NOT NULL)
)
SELECT
    v.indicator, v.ref_area, v.time_period, v.cell, v.sentence_code, filled(s.name, MAP {'reason': v.reason}) AS rejection
FROM value_code AS v
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = v.sentence_code
