-- harmonised.row: every row of a claimed series in our codes, harmonised or rejected. observation_id identifies the
-- same cell in every vintage, even if its series was renamed. lineage.rejection makes the sentences of rejected rows.
-- Published text is kept; only a plain number becomes obs_value. "<0.5" and ">=80" become bounds; "N", "NaN" and blank
-- are missing. Numbers of 1e14 or more are rejected: no figure of a country is so large, and sums of decimals would
-- overflow. A blank status, nature or unit means not stated.
WITH claimed_key AS (  -- with a number for each combination that identifies a cell, except area and year
    SELECT
        m.*, k.cell_no,
        dense_rank() OVER (ORDER BY m.indicator, m.provider, m.current_series, m.cell) AS series_no
    FROM harmonised.series_map AS m
    LEFT JOIN harmonised.cell AS k ON k.indicator = m.indicator AND k.cell = m.cell AND m.outcome = 'harmonised'
    WHERE m.outcome <> 'out_of_scope'
),
numbered_snapshot AS (
    SELECT snapshot_id, vintage_date, row_number() OVER (ORDER BY snapshot_id) AS snapshot_no FROM lineage.snapshot
),
published_row AS NOT MATERIALIZED (
    SELECT
        m.claim_id, m.indicator, m.sentence_code AS key_sentence_code, m.cell, m.cell_no, m.series_no, m.current_series,
        v.valid_from AS renamed_from, c.feed, c.vintage_from, c.vintage_to, c.superseded_before,
        d.title_check, d.finding AS description_finding,
        s.provider, s.dataset, s.series, a.target AS ref_area,
        CASE WHEN regexp_full_match(s.time_period, '[0-9]{4}') THEN TRY_CAST(s.time_period AS INTEGER) END AS time_period,
        s.time_detail, s.obs_value AS value_text, trim(coalesce(s.obs_value, '')) AS value_trimmed,
        trim(coalesce(s.lower_bound, '')) AS lower_text, trim(coalesce(s.upper_bound, '')) AS upper_text,
        trim(coalesce(s.unit_mult, '')) AS mult_text,
        CASE WHEN regexp_full_match(trim(s.unit_mult), '[+-]?[0-9]{1,2}') THEN CAST(trim(s.unit_mult) AS INTEGER) END AS unit_mult,
        coalesce(s.unit_measure, '') AS unit_code, coalesce(s.obs_status, '') AS status_code,
        coalesce(s.nature, '') AS nature_code, s.source_citation, s.footnote, s.snapshot_id, s.snapshot_row,
        n.vintage_date, n.snapshot_no
    FROM staged.observation AS s
    JOIN claimed_key AS m
        ON m.provider = s.provider AND m.dataset = s.dataset AND m.series = s.series AND m.series_key = s.series_key
    JOIN reference.claim AS c ON c.claim_id = m.claim_id
    JOIN numbered_snapshot AS n ON n.snapshot_id = s.snapshot_id
    JOIN lineage.series_description AS d
        ON d.snapshot_id = s.snapshot_id AND d.series = s.series AND d.claim_id = m.claim_id
        AND d.title = trim(coalesce(s.series_name, '')) AND d.unit_as_published = coalesce(s.unit_measure, '')
        AND d.unexpected = coalesce(s.unexpected, '')
    LEFT JOIN reference.crosswalk AS a
        ON a.provider = s.provider AND a.concept = 'ref_area' AND a.code = s.ref_area
    LEFT JOIN reference.series_rename AS v
        ON v.provider = s.provider AND v.dataset = s.dataset AND v.old_series = s.series
),
duplicate_key AS (  -- a cell that occurs more than once in one vintage
    SELECT series_no, ref_area, time_period, snapshot_no
    FROM published_row
    GROUP BY series_no, ref_area, time_period, snapshot_no
    HAVING count(*) > 1
),
parsed_row AS NOT MATERIALIZED (
    SELECT
        r.*, t.series_no IS NOT NULL AS is_duplicate,
        r.value_trimmed IN ('', 'N', 'NaN') AS is_missing,
        number_read(r.value_trimmed, r.unit_mult) AS number_of_value,
        CASE
            WHEN regexp_full_match(r.value_trimmed, '[<≤>≥]=? ?[0-9]+([.][0-9]+)?')
                THEN number_read(regexp_extract(r.value_trimmed, '[0-9]+([.][0-9]+)?$'), r.unit_mult)
        END AS number_of_bound,
        number_read(r.lower_text, r.unit_mult) AS number_of_lower,
        number_read(r.upper_text, r.unit_mult) AS number_of_upper,
        u.target AS published_unit, u.code IS NOT NULL OR r.unit_code = '' AS has_known_unit,
        o.target AS published_status, o.code IS NOT NULL OR r.status_code = '' AS has_known_status,
        q.target AS nature, q.code IS NOT NULL OR r.nature_code = '' AS has_known_nature
    FROM published_row AS r
    LEFT JOIN duplicate_key AS t
        ON t.series_no = r.series_no AND t.snapshot_no = r.snapshot_no
        AND t.ref_area IS NOT DISTINCT FROM r.ref_area AND t.time_period IS NOT DISTINCT FROM r.time_period
    LEFT JOIN reference.crosswalk AS u
        ON u.provider = r.provider AND u.concept = 'unit_measure' AND u.code = r.unit_code
    LEFT JOIN reference.crosswalk AS o
        ON o.provider = r.provider AND o.concept = 'obs_status' AND o.code = r.status_code
    LEFT JOIN reference.crosswalk AS q
        ON q.provider = r.provider AND q.concept = 'nature' AND q.code = r.nature_code
),
limited_row AS NOT MATERIALIZED (
    SELECT
        *,
        CASE WHEN abs(number_of_value) < 1e14 THEN number_of_value END AS obs_value,
        CASE WHEN number_of_bound < 1e14 THEN number_of_bound END AS censor_bound,
        CASE WHEN abs(number_of_lower) < 1e14 THEN number_of_lower END AS lower_number,
        CASE WHEN abs(number_of_upper) < 1e14 THEN number_of_upper END AS upper_number
    FROM parsed_row
),
checked_row AS NOT MATERIALIZED (  -- with the first rule that rejects the row
    SELECT
        p.*,
        i.unit_measure,
        CASE
            WHEN p.key_sentence_code IS NOT NULL THEN p.key_sentence_code
            WHEN p.ref_area IS NULL THEN 'area_not_in_crosswalk'
            WHEN NOT p.has_known_unit THEN 'unit_not_in_crosswalk'
            WHEN NOT p.has_known_status THEN 'status_not_in_crosswalk'
            WHEN NOT p.has_known_nature THEN 'nature_not_in_crosswalk'
            WHEN p.time_period IS NULL THEN 'unreadable_period'
            WHEN p.obs_value IS NULL AND p.censor_bound IS NULL AND NOT p.is_missing THEN 'unreadable_value'
            WHEN i.weight IS NOT NULL AND greatest(abs(p.obs_value), p.censor_bound, abs(p.lower_number), abs(p.upper_number)) >= 1e10
                THEN 'unreadable_value'
            WHEN (p.lower_text <> '' AND p.lower_number IS NULL) OR (p.upper_text <> '' AND p.upper_number IS NULL)
                THEN 'unreadable_bound'
            WHEN p.mult_text <> '' AND p.unit_mult IS NULL THEN 'unreadable_multiplier'
            WHEN p.vintage_date >= p.renamed_from THEN 'renamed_series'
            WHEN p.vintage_date < p.vintage_from OR p.vintage_date > p.vintage_to THEN 'undeclared_vintage'
            WHEN p.description_finding IN ('attribute_unexpected', 'title_changed', 'unit_unknown') THEN p.description_finding
            WHEN p.published_unit IS NOT NULL AND p.published_unit <> i.unit_measure THEN 'unit_differs'
            WHEN p.obs_value < i.minimum THEN 'below_minimum'
            WHEN p.time_period > extract(year FROM p.vintage_date) AND coalesce(p.published_status, '') <> 'F' THEN 'future_year'
        END AS sentence_code
    FROM limited_row AS p
    JOIN reference.indicator AS i ON i.indicator = p.indicator
),
harmonised_row AS NOT MATERIALIZED (
    SELECT
        CASE WHEN sentence_code IS NULL THEN 'harmonised' ELSE 'rejected' END AS outcome,
        CASE
            WHEN sentence_code IN ('area_not_in_crosswalk', 'unit_not_in_crosswalk', 'status_not_in_crosswalk', 'nature_not_in_crosswalk')
                THEN 'unknown_code'
            WHEN sentence_code IN ('attribute_unexpected', 'title_changed', 'unit_unknown') THEN 'meaning_changed'
            ELSE sentence_code
        END AS reason,
        sentence_code, indicator, feed, claim_id, dataset, ref_area, time_period, nullif(time_detail, '') AS time_detail,
        cell, cell_no, obs_value, value_text, unit_mult, title_check,
        CASE WHEN value_trimmed LIKE '>%' OR value_trimmed LIKE '≥%' THEN censor_bound ELSE lower_number END AS lower_bound,
        CASE WHEN value_trimmed LIKE '<%' OR value_trimmed LIKE '≤%' THEN censor_bound ELSE upper_number END AS upper_bound,
        unit_measure, CASE WHEN is_missing THEN coalesce(published_status, 'O') ELSE published_status END AS obs_status,
        published_unit, nature, provider AS source, series AS provider_series, current_series, source_citation, footnote,
        coalesce(vintage_date < superseded_before, FALSE) AS is_superseded,
        vintage_date, snapshot_id, snapshot_row, is_duplicate
    FROM checked_row
),
candidate AS (  -- numbered 1, 2, ... where a vintage publishes one key more than once
    SELECT *, 1 AS candidate_no FROM harmonised_row WHERE NOT is_duplicate
    UNION ALL
    SELECT
        *,
        row_number() OVER (
            PARTITION BY outcome, indicator, ref_area, time_period, cell, source, current_series, snapshot_id
            ORDER BY value_text, snapshot_row
        ) AS candidate_no
    FROM harmonised_row
    WHERE is_duplicate
)
SELECT
    * EXCLUDE (is_duplicate),
    md5(concat_ws('|', indicator, ref_area, CAST(time_period AS VARCHAR), cell, source, current_series,
        CAST(candidate_no AS VARCHAR))) AS observation_id
FROM candidate
