-- quality.availability: what there is and what is missing, by indicator, member and expected breakdown.
-- A rejected row counts where it stands in the vintage in use or a newer one, and has the codes of the breakdown or none
-- that could be read. A source failed by its last fetch; a gap that it might have filled says so.
WITH wanted AS (
    SELECT b.indicator, g.ref_area, b.breakdown
    FROM reference.indicator_breakdown AS b
    CROSS JOIN (SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today) AS g
),
found AS (
    SELECT
        b.indicator, v.ref_area, b.breakdown, count(*) AS n_values, min(v.time_period) AS first_year,
        max(v.time_period) AS latest_year,
        max(CASE WHEN v.in_aggregates THEN v.time_period END) AS latest_usable_year,
        min(CASE WHEN v.dataset_kind = 'document' THEN 1 ELSE 0 END) AS only_documents
    FROM harmonised.cell_breakdown AS b
    JOIN indicator_set.value AS v ON v.indicator = b.indicator AND v.cell = b.cell
    GROUP BY b.indicator, v.ref_area, b.breakdown
),
refused_row AS (
    SELECT
        r.indicator, r.ref_area, r.time_period, r.reason, r.snapshot_id, r.provider_series, r.cell
    FROM harmonised.row AS r
    WHERE r.outcome = 'rejected' AND r.ref_area IS NOT NULL
    UNION ALL
    SELECT  -- refused when it was staged: a kept row of the same series key says which cell it would have been
        m.indicator, a.target AS ref_area,
        TRY_CAST(regexp_extract(x.row_as_published, 'time_period=([0-9]{4})(;|$)', 1) AS INTEGER) AS time_period,
        x.reason, x.snapshot_id, x.series AS provider_series, m.cell
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
unusable AS (
    SELECT
        r.indicator, r.ref_area, r.time_period, 'published but rejected: ' || r.reason || ' (lineage.rejection)' AS said,
        r.cell
    FROM refused_row AS r
    WHERE NOT EXISTS (
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
    UNION ALL
    SELECT
        o.indicator, o.ref_area, o.time_period,
        CASE
            WHEN k.observation_id IS NOT NULL THEN 'published but rejected: taken out by a correction (lineage.correction)'
            ELSE 'published but rejected: published twice with different values (harmonised.observation)'
        END AS said,
        o.cell
    FROM harmonised.observation AS o
    LEFT JOIN indicator_set.candidate AS c ON c.observation_id = o.observation_id AND c.is_current
    LEFT JOIN lineage.correction AS k
        ON k.observation_id = o.observation_id AND k.applied AND k.action = 'exclude_from_use'
    JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
    WHERE c.observation_id IS NULL AND o.candidate_no = 1
        -- a national figure of another definition stands beside the others and was never refused
        AND (k.observation_id IS NOT NULL OR d.kind <> 'national_submission' OR coalesce(o.obs_status, '') <> 'D')
        AND (o.obs_value IS NOT NULL OR o.lower_bound IS NOT NULL OR o.upper_bound IS NOT NULL)
),
unusable_family AS (  -- '' is the headline cell
    SELECT
        u.indicator, u.cell,
        coalesce(string_agg('+' || b.breakdown || '+', '' ORDER BY b.position)
            FILTER (WHERE split_part(u.cell, '|', b.position) <> split_part(i.headline_cell, '|', b.position)), '') AS family
    FROM (SELECT DISTINCT indicator, cell FROM unusable) AS u
    JOIN reference.indicator AS i ON i.indicator = u.indicator
    CROSS JOIN reference.breakdown AS b
    GROUP BY u.indicator, u.cell
),
refused_in_order AS (
    SELECT
        w.indicator, w.ref_area, w.breakdown, u.time_period AS refused_year, u.said AS refusal,
        row_number() OVER (
            PARTITION BY w.indicator, w.ref_area, w.breakdown ORDER BY u.time_period DESC NULLS LAST, u.said DESC
        ) AS turn
    FROM wanted AS w
    JOIN unusable AS u ON u.indicator = w.indicator AND u.ref_area = w.ref_area
    JOIN unusable_family AS f ON f.indicator = u.indicator AND f.cell = u.cell
    WHERE CASE w.breakdown WHEN 'headline' THEN f.family = '' ELSE strpos(f.family, '+' || w.breakdown || '+') > 0 END
),
refused AS (  -- the newest one, with its own reason
    SELECT indicator, ref_area, breakdown, refused_year, refusal FROM refused_in_order WHERE turn = 1
),
failed AS (
    SELECT
        c.indicator, min(f.asked_on) AS asked_on,
        string_agg(DISTINCT f.provider || '/' || f.dataset, ', ' ORDER BY f.provider || '/' || f.dataset) AS datasets
    FROM reference.claim AS c
    JOIN lineage.fetch AS f ON f.provider = c.provider AND f.dataset = c.dataset
    WHERE f.outcome = 'failed'
    GROUP BY c.indicator
),
of_dataset AS (  -- claims that a definition makes itself; those of national data stand for every indicator
    SELECT
        c.indicator, d.kind, d.title || ': ' || string_agg(DISTINCT c.provider_series, ', ' ORDER BY c.provider_series) AS place
    FROM reference.claim AS c
    JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
    WHERE c.definition_line > 1
    GROUP BY c.indicator, d.kind, d.title
),
source AS (
    SELECT
        indicator, min(CASE WHEN kind = 'statistical' THEN 0 ELSE 1 END) = 1 AS is_national,
        string_agg(place, '; ' ORDER BY place) AS places
    FROM of_dataset
    GROUP BY indicator
),
impossible AS (
    SELECT w.indicator, w.ref_area, w.breakdown, min(x.why) AS why
    FROM wanted AS w
    JOIN reference.not_applicable AS x
        ON x.indicator IN ('*', w.indicator) AND x.ref_area IN ('*', w.ref_area) AND x.breakdown IN ('*', w.breakdown)
    GROUP BY w.indicator, w.ref_area, w.breakdown
),
missing AS (
    SELECT w.indicator, w.ref_area, w.breakdown
    FROM wanted AS w
    LEFT JOIN found AS f ON f.indicator = w.indicator AND f.ref_area = w.ref_area AND f.breakdown = w.breakdown
    WHERE f.indicator IS NULL
),
other_in_order AS (  -- what is published instead: for a breakdown, by it and something else; the nearest cell, the newest year
    SELECT
        m.indicator, m.ref_area, m.breakdown, v.time_period, v.observation_id,
        row_number() OVER (
            PARTITION BY m.indicator, m.ref_area, m.breakdown
            ORDER BY length(v.breakdown_family) - length(replace(v.breakdown_family, '+', '')), v.time_period DESC, v.cell
        ) AS turn
    FROM missing AS m
    JOIN indicator_set.value AS v ON v.indicator = m.indicator AND v.ref_area = m.ref_area
    WHERE m.breakdown = 'headline' OR strpos('+' || v.breakdown_family || '+', '+' || m.breakdown || '+') > 0
),
other_code AS (
    SELECT
        o.indicator, o.ref_area, o.breakdown, o.time_period, v.breakdown_family, b.breakdown AS concept,
        split_part(v.cell, '|', b.position) AS code
    FROM other_in_order AS o
    JOIN indicator_set.value AS v ON v.observation_id = o.observation_id AND v.indicator = o.indicator AND v.ref_area = o.ref_area
    CROSS JOIN reference.breakdown AS b
    WHERE o.turn = 1
),
other_cell AS (
    SELECT
        o.indicator, o.ref_area, o.breakdown,
        string_agg(coalesce(c.name, o.code), ', ' ORDER BY o.concept) || ' (' || CAST(any_value(o.time_period) AS VARCHAR) || ')' AS said
    FROM other_code AS o
    LEFT JOIN reference.code AS c ON c.codelist = o.concept AND c.code = o.code
    WHERE strpos('+' || o.breakdown_family || '+', '+' || o.concept || '+') > 0
    GROUP BY o.indicator, o.ref_area, o.breakdown
),
judged AS (
    SELECT
        w.indicator, w.ref_area, w.breakdown, coalesce(f.n_values, 0) AS n_values, f.first_year, f.latest_year,
        f.latest_usable_year, s.latest_reference_year - i.lookback_years AS window_start,
        CASE
            WHEN f.indicator IS NULL AND x.indicator IS NOT NULL THEN 'not_applicable'
            WHEN i.status = 'declared' AND f.indicator IS NULL THEN 'declared'
            WHEN f.indicator IS NULL AND r.indicator IS NOT NULL THEN 'rejected'
            WHEN f.indicator IS NULL THEN 'no_value'
            WHEN f.only_documents = 1 THEN 'document'
            WHEN f.latest_usable_year IS NULL THEN 'superseded'
            WHEN f.latest_usable_year < s.latest_reference_year - i.lookback_years THEN 'old'
            ELSE 'available'
        END AS availability,
        r.refused_year > f.latest_usable_year AND r.refused_year >= s.latest_reference_year - i.lookback_years AS newer_refused,
        r.refusal, r.refused_year, e.datasets AS failed_datasets, e.asked_on, coalesce(p.is_national, FALSE) AS is_national,
        x.why, t.said AS other_cell, i.gap_kind, i.gap_reason, i.gap_obtain_from, i.gap_body, i.body, coalesce(p.places, i.owner) AS places,
        coalesce(b.name, w.breakdown) AS breakdown_name
    FROM wanted AS w
    JOIN reference.indicator AS i ON i.indicator = w.indicator
    CROSS JOIN reference.settings AS s
    LEFT JOIN found AS f ON f.indicator = w.indicator AND f.ref_area = w.ref_area AND f.breakdown = w.breakdown
    LEFT JOIN refused AS r ON r.indicator = w.indicator AND r.ref_area = w.ref_area AND r.breakdown = w.breakdown
    LEFT JOIN impossible AS x ON x.indicator = w.indicator AND x.ref_area = w.ref_area AND x.breakdown = w.breakdown
    LEFT JOIN other_cell AS t ON t.indicator = w.indicator AND t.ref_area = w.ref_area AND t.breakdown = w.breakdown
    LEFT JOIN failed AS e ON e.indicator = w.indicator
    LEFT JOIN source AS p ON p.indicator = w.indicator
    LEFT JOIN reference.code AS b ON b.codelist = 'breakdown' AND b.code = w.breakdown
),
coded AS (
    SELECT
        *,
        CASE
            WHEN availability = 'not_applicable' THEN 'not_applicable'
            WHEN availability = 'declared' THEN gap_kind
            WHEN availability = 'rejected' OR (availability = 'old' AND newer_refused) THEN 'rejected'
            WHEN availability IN ('no_value', 'old') AND failed_datasets IS NOT NULL THEN 'source_failed'
            WHEN availability = 'no_value' AND other_cell IS NOT NULL THEN 'other_cells'
            WHEN availability = 'no_value' AND is_national THEN 'national_submission'
            WHEN availability = 'no_value' THEN 'no_source'
            WHEN availability = 'old' THEN 'out_of_window'
            WHEN availability IN ('superseded', 'document') THEN 'not_usable'
        END AS reason_code,
        CASE availability
            WHEN 'old' THEN
                'last value ' || CASE WHEN latest_usable_year < latest_year THEN 'that can be used ' ELSE '' END || 'is of '
                || CAST(latest_usable_year AS VARCHAR) || ', the window starts in ' || CAST(window_start AS VARCHAR)
            WHEN 'no_value' THEN
                CASE
                    WHEN other_cell IS NOT NULL THEN 'published for another group only: ' || other_cell
                    WHEN breakdown = 'headline' THEN 'no source publishes it for this member'
                    ELSE 'no source publishes it by ' || lower(breakdown_name)
                END
        END AS kept
    FROM judged
)
SELECT
    indicator, ref_area, breakdown, n_values, first_year, latest_year,
    coalesce(latest_year >= window_start, FALSE) AS in_window, availability, reason_code,
    CASE reason_code
        WHEN 'not_applicable' THEN why
        WHEN 'source_failed' THEN
            'the last fetch of ' || failed_datasets || ' failed on ' || CAST(asked_on AS VARCHAR) || '; of what is kept: '
            || CASE availability WHEN 'no_value' THEN 'no value' ELSE kept END
        WHEN 'rejected' THEN refusal || coalesce(', year ' || CAST(refused_year AS VARCHAR), '') || coalesce('; ' || kept, '')
        ELSE CASE availability
            WHEN 'declared' THEN gap_reason || ' Obtain from: ' || gap_obtain_from
            WHEN 'no_value' THEN CASE WHEN is_national AND other_cell IS NULL THEN 'only documents of some members have it; waiting for a national submission' ELSE kept END
            WHEN 'document' THEN 'only figures quoted in documents'
            WHEN 'superseded' THEN 'only superseded or unreliable values'
            WHEN 'old' THEN kept
        END
    END AS reason,
    -- what every export shows: the reason where it says more than the word of availability
    CASE
        WHEN reason_code IN ('not_gathered', 'national_submission', 'source_failed', 'rejected') THEN reason_code
        ELSE availability
    END AS shown_as,
    CASE WHEN reason_code <> 'not_applicable' THEN coalesce(gap_body, body) END AS filled_by,
    CASE WHEN reason_code <> 'not_applicable' THEN coalesce(gap_obtain_from, places) END AS obtain_from
FROM coded
ORDER BY breakdown <> 'headline', indicator, ref_area, breakdown
