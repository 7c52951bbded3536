-- harmonised.row: every row of a claimed series in our codes, with what became of it. observation_id names the same cell
-- in every vintage, also where its series was renamed.
-- Published text is kept; only a plain number becomes obs_value. "<0.5" and ">=80" become bounds; "N", "NaN" and
-- blank are missing; a number of 1e14 or more is no figure of a country, and no sum of decimals could hold it; a blank status, nature or unit is not stated. What cannot be translated is rejected with its reason, never dropped.
WITH series AS (  -- numbered by what names a cell, apart from area and year
    SELECT
        m.*, k.cell_no,
        dense_rank() OVER (ORDER BY m.indicator, m.provider, m.current_series, m.cell) AS series_no
    FROM harmonised.series_map AS m
    LEFT JOIN harmonised.cell AS k ON k.indicator = m.indicator AND k.cell = m.cell AND m.outcome = 'harmonised'
    WHERE m.outcome <> 'out_of_scope'
),
snapshot AS (
    SELECT snapshot_id, vintage_date, row_number() OVER (ORDER BY snapshot_id) AS snapshot_no FROM lineage.snapshot
),
read AS NOT MATERIALIZED (
    SELECT
        m.claim_id, m.indicator, m.outcome AS key_outcome, m.reason AS key_reason, m.detail AS key_detail,
        m.cell, m.cell_no, m.series_no,
        m.current_series,
        v.valid_from AS renamed_from, c.feed, c.vintage_from, c.vintage_to, c.superseded_before,
        d.title_check, d.finding AS description_finding, d.expected AS description_expected, d.unexpected,
        s.provider, s.dataset, s.series, s.series_name, s.ref_area AS area_code, a.target AS ref_area,
        s.time_period AS period_text,
        CASE WHEN regexp_full_match(s.time_period, '[0-9]{4}') THEN TRY_CAST(s.time_period AS INTEGER) END AS time_period,
        s.time_detail, s.obs_value AS value_text, trim(coalesce(s.obs_value, '')) AS value_trimmed,
        trim(coalesce(s.lower_bound, '')) AS lower_text, trim(coalesce(s.upper_bound, '')) AS upper_text,
        trim(coalesce(s.unit_mult, '')) AS mult_text,
        CASE WHEN regexp_full_match(trim(s.unit_mult), '[+-]?[0-9]{1,2}') THEN CAST(trim(s.unit_mult) AS INTEGER) END AS unit_mult,
        coalesce(s.unit_measure, '') AS unit_code, coalesce(s.obs_status, '') AS status_code,
        coalesce(s.nature, '') AS nature_code, s.source_citation, s.footnote, s.snapshot_id, s.snapshot_row,
        n.vintage_date, n.snapshot_no
    FROM staged.observation AS s
    JOIN series AS m
        ON m.provider = s.provider AND m.dataset = s.dataset AND m.series = s.series AND m.series_key = s.series_key
    JOIN reference.claim AS c ON c.claim_id = m.claim_id
    JOIN snapshot AS n ON n.snapshot_id = s.snapshot_id
    JOIN lineage.series_description AS d
        ON d.snapshot_id = s.snapshot_id AND d.series = s.series AND d.claim_id = m.claim_id
        AND d.title = trim(coalesce(s.series_name, '')) AND d.unit_as_published = coalesce(s.unit_measure, '')
        AND d.unexpected = coalesce(s.unexpected, '')
    LEFT JOIN reference.crosswalk AS a
        ON a.provider = s.provider AND a.concept = 'ref_area' AND a.code = s.ref_area
    LEFT JOIN reference.series_rename AS v
        ON v.provider = s.provider AND v.dataset = s.dataset AND v.old_series = s.series
),
twice AS (  -- keys that one vintage has more than once
    SELECT series_no, ref_area, time_period, snapshot_no
    FROM read
    GROUP BY series_no, ref_area, time_period, snapshot_no
    HAVING count(*) > 1
),
marked AS NOT MATERIALIZED (
    SELECT r.*, t.series_no IS NOT NULL AS is_twice
    FROM read AS r
    LEFT JOIN twice AS t
        ON t.series_no = r.series_no AND t.snapshot_no = r.snapshot_no
        AND t.ref_area IS NOT DISTINCT FROM r.ref_area AND t.time_period IS NOT DISTINCT FROM r.time_period
),
crosswalk_place AS (  -- where a missing code would have to be added
    SELECT
        provider,
        min(CASE WHEN concept = 'ref_area' THEN crosswalk_file END) AS area_file,
        min(CASE WHEN concept = 'unit_measure' THEN crosswalk_file END) AS unit_file,
        min(CASE WHEN concept = 'obs_status' THEN crosswalk_file END) AS status_file,
        min(CASE WHEN concept = 'nature' THEN crosswalk_file END) AS nature_file
    FROM reference.crosswalk
    GROUP BY provider
),
numbers AS NOT MATERIALIZED (
    SELECT
        r.*, k.area_file, k.unit_file, k.status_file, k.nature_file,
        -- the multiplier moves the exponent, so that 0.083 and 3 are 83 to the last bit
        CASE
            WHEN regexp_full_match(r.value_trimmed, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')
                THEN TRY_CAST(concat(
                split_part(lower(r.value_trimmed), 'e', 1), 'e',
                CAST(coalesce(TRY_CAST(nullif(split_part(lower(r.value_trimmed), 'e', 2), '') AS INTEGER), 0) + coalesce(r.unit_mult, 0) AS VARCHAR)
            ) AS DOUBLE)
        END AS number_read,
        CASE
            WHEN regexp_full_match(r.value_trimmed, '[<≤>≥]=? ?[0-9]+([.][0-9]+)?')
                THEN TRY_CAST(concat(
                split_part(lower(regexp_extract(r.value_trimmed, '[0-9]+([.][0-9]+)?$')), 'e', 1), 'e',
                CAST(coalesce(TRY_CAST(nullif(split_part(lower(regexp_extract(r.value_trimmed, '[0-9]+([.][0-9]+)?$')), 'e', 2), '') AS INTEGER), 0) + coalesce(r.unit_mult, 0) AS VARCHAR)
            ) AS DOUBLE)
        END AS bound_read,
        r.value_trimmed IN ('', 'N', 'NaN') AS is_missing,
        CASE
            WHEN regexp_full_match(r.lower_text, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')
                THEN TRY_CAST(concat(
                split_part(lower(r.lower_text), 'e', 1), 'e',
                CAST(coalesce(TRY_CAST(nullif(split_part(lower(r.lower_text), 'e', 2), '') AS INTEGER), 0) + coalesce(r.unit_mult, 0) AS VARCHAR)
            ) AS DOUBLE)
        END AS lower_read,
        CASE
            WHEN regexp_full_match(r.upper_text, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?')
                THEN TRY_CAST(concat(
                split_part(lower(r.upper_text), 'e', 1), 'e',
                CAST(coalesce(TRY_CAST(nullif(split_part(lower(r.upper_text), 'e', 2), '') AS INTEGER), 0) + coalesce(r.unit_mult, 0) AS VARCHAR)
            ) AS DOUBLE)
        END AS upper_read,
        u.target AS published_unit, u.code IS NOT NULL OR r.unit_code = '' AS unit_known,
        o.target AS published_status, o.code IS NOT NULL OR r.status_code = '' AS status_known,
        t.target AS nature, t.code IS NOT NULL OR r.nature_code = '' AS nature_known
    FROM marked AS r
    LEFT JOIN crosswalk_place AS k ON k.provider = r.provider
    LEFT JOIN reference.crosswalk AS u
        ON u.provider = r.provider AND u.concept = 'unit_measure' AND u.code = r.unit_code
    LEFT JOIN reference.crosswalk AS o
        ON o.provider = r.provider AND o.concept = 'obs_status' AND o.code = r.status_code
    LEFT JOIN reference.crosswalk AS t
        ON t.provider = r.provider AND t.concept = 'nature' AND t.code = r.nature_code
),
parsed AS NOT MATERIALIZED (
    SELECT
        n.*,
        CASE WHEN abs(n.number_read) < 1e14 THEN n.number_read END AS obs_value,
        CASE WHEN n.bound_read < 1e14 THEN n.bound_read END AS censor_bound,
        CASE WHEN abs(n.lower_read) < 1e14 THEN n.lower_read END AS lower_number,
        CASE WHEN abs(n.upper_read) < 1e14 THEN n.upper_read END AS upper_number
    FROM numbers AS n
),
judged AS NOT MATERIALIZED (
    SELECT
        p.*,
        i.unit_measure AS defined_unit, i.name AS indicator_name,
        CASE
            WHEN p.key_outcome = 'rejected' THEN p.key_reason
            WHEN p.ref_area IS NULL THEN 'unknown_code'
            WHEN NOT p.unit_known OR NOT p.status_known OR NOT p.nature_known THEN 'unknown_code'
            WHEN p.time_period IS NULL THEN 'unreadable_period'
            WHEN p.obs_value IS NULL AND p.censor_bound IS NULL AND NOT p.is_missing THEN 'unreadable_value'
            WHEN i.weight IS NOT NULL AND greatest(abs(p.obs_value), p.censor_bound, abs(p.lower_number), abs(p.upper_number)) >= 1e10
                THEN 'unreadable_value'
            WHEN (p.lower_text <> '' AND p.lower_number IS NULL) OR (p.upper_text <> '' AND p.upper_number IS NULL)
                THEN 'unreadable_bound'
            WHEN p.mult_text <> '' AND p.unit_mult IS NULL THEN 'unreadable_multiplier'
            WHEN p.vintage_date >= p.renamed_from THEN 'renamed_series'
            WHEN p.vintage_date < p.vintage_from OR p.vintage_date > p.vintage_to THEN 'undeclared_vintage'
            WHEN p.description_finding IN ('attribute_unexpected', 'title_changed', 'unit_unknown') THEN 'meaning_changed'
            WHEN p.published_unit IS NOT NULL AND p.published_unit <> i.unit_measure THEN 'unit_differs'
            WHEN p.obs_value < i.minimum THEN 'below_minimum'
            WHEN p.time_period > extract(year FROM p.vintage_date) AND coalesce(p.published_status, '') <> 'F' THEN 'future_year'
        END AS reason
    FROM parsed AS p
    JOIN reference.indicator AS i ON i.indicator = p.indicator
),
spoken AS NOT MATERIALIZED (
    SELECT
        CASE WHEN j.reason IS NULL THEN 'harmonised' ELSE 'rejected' END AS outcome,
        j.reason,
        CASE j.reason
            WHEN 'unknown_code' THEN coalesce(
                j.key_detail,
                CASE
                    WHEN j.ref_area IS NULL
                        THEN 'area ' || coalesce(j.area_code, '(blank)') || ' is not in ' || coalesce(j.area_file, 'indicator_defs/crosswalks/' || j.provider || '/ref_area.csv')
                    WHEN NOT j.unit_known
                        THEN 'unit ' || j.unit_code || ' is not in ' || coalesce(j.unit_file, 'indicator_defs/crosswalks/' || j.provider || '/unit_measure.csv')
                    WHEN NOT j.status_known
                        THEN 'status ' || j.status_code || ' is not in ' || coalesce(j.status_file, 'indicator_defs/crosswalks/' || j.provider || '/obs_status.csv')
                    ELSE 'nature ' || j.nature_code || ' is not in ' || coalesce(j.nature_file, 'indicator_defs/crosswalks/' || j.provider || '/nature.csv')
                END
            )
            WHEN 'unmapped_dimension' THEN j.key_detail
            WHEN 'unreadable_period' THEN 'period ' || coalesce(j.period_text, '(blank)') || ' is not a year of four digits'
            WHEN 'unreadable_value' THEN 'value ' || j.value_trimmed || ' is neither a number below 1e14 (below 1e10 where there is a weight), nor a bound such as <0.5, nor missing'
            WHEN 'unreadable_bound' THEN 'bounds ' || j.lower_text || ' and ' || j.upper_text || ' are not numbers below 1e14'
            WHEN 'undeclared_vintage' THEN
                'the definition of ' || j.indicator || ' does not say what ' || j.series || ' means in the vintage of '
                || CAST(j.vintage_date AS VARCHAR) || ' (vintage_from, vintage_to)'
            WHEN 'renamed_series' THEN
                j.series || ' was renamed to ' || j.current_series || ' in the vintage of ' || CAST(j.renamed_from AS VARCHAR)
                || ' (indicator_defs/series_renames.csv) and stands again in that of ' || CAST(j.vintage_date AS VARCHAR)
            WHEN 'unreadable_multiplier' THEN 'multiplier ' || j.mult_text || ' is not a power of ten in whole digits'
            WHEN 'meaning_changed' THEN CASE j.description_finding
                WHEN 'attribute_unexpected' THEN j.unexpected || ' is not expected of ' || j.series || ' (expected: in sources/providers/' || j.provider || '.yaml)'
                WHEN 'title_changed' THEN 'the title is ' || j.series_name || ', expected ' || j.description_expected
                ELSE 'the series has no title; its unit (' || j.description_expected || ') must be confirmed in indicator_defs/vintage_units.csv'
            END
            WHEN 'unit_differs' THEN 'published in ' || j.published_unit || ', ' || j.indicator || ' is in ' || j.defined_unit
            WHEN 'below_minimum' THEN 'value ' || j.value_trimmed || ' is below the minimum of ' || j.indicator
            WHEN 'future_year' THEN 'year ' || j.period_text || ' lies after the vintage and the status is not F'
        END AS detail,
        j.indicator, j.feed, j.claim_id, j.dataset, j.ref_area, j.time_period,
        nullif(j.time_detail, '') AS time_detail,
        j.cell, j.cell_no,
        j.obs_value, j.value_text, j.unit_mult, j.title_check,
        CASE WHEN j.value_trimmed LIKE '>%' OR j.value_trimmed LIKE '≥%' THEN j.censor_bound ELSE j.lower_number END AS lower_bound,
        CASE WHEN j.value_trimmed LIKE '<%' OR j.value_trimmed LIKE '≤%' THEN j.censor_bound ELSE j.upper_number END AS upper_bound,
        j.defined_unit AS unit_measure,
        CASE WHEN j.is_missing THEN coalesce(j.published_status, 'O') ELSE j.published_status END AS obs_status,
        j.published_unit, j.nature, j.provider AS source, j.series AS provider_series, j.current_series, j.source_citation, j.footnote,
        coalesce(j.vintage_date < j.superseded_before, FALSE) AS is_superseded,
        j.vintage_date, j.snapshot_id, j.snapshot_row, j.is_twice
    FROM judged AS j
),
numbered AS (  -- 1 unless a vintage publishes one key twice
    SELECT *, 1 AS candidate_no FROM spoken WHERE NOT is_twice
    UNION ALL
    SELECT
        *,
        row_number() OVER (
            PARTITION BY outcome, indicator, ref_area, time_period, cell, source, current_series, snapshot_id
            ORDER BY value_text, snapshot_row
        ) AS candidate_no
    FROM spoken
    WHERE is_twice
)
SELECT
    * EXCLUDE (is_twice),
    md5(concat_ws('|', indicator, ref_area, CAST(time_period AS VARCHAR), cell, source, current_series,
        CAST(candidate_no AS VARCHAR))) AS observation_id
FROM numbered
