-- baseline.country_value: baseline and latest value of each member and cell, and whether the two can be compared; if
-- not, the first reason that applies (code list sentence). The baseline of event counts is the mean of the baseline
-- period.
WITH member AS (
    SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today
),
chosen_value AS (
    SELECT v.*, i.lookback_years, m.event_count
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN member AS g ON g.ref_area = v.ref_area
),
baseline_candidate AS (
    SELECT
        c.*,
        row_number() OVER (
            PARTITION BY c.indicator, c.ref_area, c.cell ORDER BY abs(c.time_period - s.baseline_year), c.time_period
        ) AS turn,
        avg(c.obs_value) OVER whole_range AS mean_value, bool_and(c.in_aggregates) OVER whole_range AS all_usable,
        bool_or(c.role = 'extended backwards') OVER whole_range AS any_extended,
        list(c.time_period) FILTER (WHERE c.obs_value IS NOT NULL) OVER whole_range AS years_of_mean
    FROM chosen_value AS c
    CROSS JOIN reference.settings AS s
    WHERE c.time_period BETWEEN s.baseline_from AND s.baseline_to
    WINDOW whole_range AS (PARTITION BY c.indicator, c.ref_area, c.cell)
),
latest_candidate AS (
    SELECT
        c.*, row_number() OVER (PARTITION BY c.indicator, c.ref_area, c.cell ORDER BY c.time_period DESC) AS turn
    FROM chosen_value AS c
    CROSS JOIN reference.settings AS s
    WHERE c.time_period BETWEEN s.latest_reference_year - c.lookback_years AND s.latest_reference_year
),
cell_of_baseline AS (
    SELECT indicator, ref_area, cell FROM baseline_candidate
    UNION
    SELECT indicator, ref_area, cell FROM latest_candidate
    UNION  -- the headline cell of every indicator for every member: empty cells are part of the baseline
    SELECT i.indicator, g.ref_area, i.headline_cell AS cell
    FROM reference.indicator AS i
    CROSS JOIN member AS g
),
last_value AS (
    SELECT indicator, ref_area, cell, max(time_period) AS last_year FROM chosen_value GROUP BY indicator, ref_area, cell
),
both_ends AS (
    SELECT
        c.*, i.sector, i.unit_measure, i.status AS indicator_status, i.gap_reason,
        c.cell = i.headline_cell AS is_headline,
        m.event_count,
        CASE WHEN m.event_count AND b.indicator IS NOT NULL THEN s.baseline_year ELSE b.time_period END AS baseline_year,
        CASE WHEN m.event_count THEN b.mean_value ELSE b.obs_value END AS baseline_value,
        CASE WHEN NOT m.event_count THEN b.value_text END AS baseline_text,
        CASE WHEN NOT m.event_count THEN b.obs_status END AS baseline_status,
        CASE WHEN NOT m.event_count THEN b.footnote END AS baseline_footnote,
        CASE
            WHEN NOT m.event_count THEN NULL
            WHEN array_length(b.years_of_mean) = 1 THEN 'events_of_one_year'
            WHEN b.mean_value IS NOT NULL THEN 'events_of_several_years'
        END AS baseline_sentence_code,
        array_to_string(list_sort(b.years_of_mean), ', ') AS years_of_mean,
        CASE WHEN NOT m.event_count THEN b.observation_id END AS baseline_observation_id,
        b.feed AS baseline_feed,
        -- a mean is only as reliable as the weakest value in it
        CASE WHEN m.event_count THEN b.any_extended ELSE b.role = 'extended backwards' END AS baseline_extended,
        CASE WHEN m.event_count THEN b.all_usable ELSE b.in_aggregates END AS baseline_usable,
        l.time_period AS latest_year, l.obs_value AS latest_value, l.value_text AS latest_text,
        l.obs_status AS latest_status, l.footnote AS latest_footnote, l.observation_id AS latest_observation_id,
        l.feed AS latest_feed, l.in_aggregates AS latest_usable,
        coalesce(b.target_group, l.target_group, '_T') AS target_group,
        s.minimum_years_apart, s.baseline_from, s.baseline_to, a.last_year,
        b.indicator IS NOT NULL AS has_baseline, l.indicator IS NOT NULL AS has_latest
    FROM cell_of_baseline AS c
    JOIN reference.indicator AS i ON i.indicator = c.indicator
    JOIN reference.method AS m ON m.method = i.method
    CROSS JOIN reference.settings AS s
    LEFT JOIN baseline_candidate AS b
        ON b.indicator = c.indicator AND b.ref_area = c.ref_area AND b.cell = c.cell AND b.turn = 1
    LEFT JOIN latest_candidate AS l
        ON l.indicator = c.indicator AND l.ref_area = c.ref_area AND l.cell = c.cell AND l.turn = 1
    LEFT JOIN last_value AS a ON a.indicator = c.indicator AND a.ref_area = c.ref_area AND a.cell = c.cell
),
break_between AS (
    SELECT
        p.indicator, p.ref_area, p.cell,
        string_agg(v.break_before || ' ' || CAST(v.time_period AS VARCHAR), ', ' ORDER BY v.time_period) AS breaks
    FROM both_ends AS p
    JOIN indicator_set.value AS v
        ON v.indicator = p.indicator AND v.ref_area = p.ref_area AND v.cell = p.cell AND v.break_before IS NOT NULL
        AND v.time_period > p.baseline_year AND v.time_period <= p.latest_year
    GROUP BY p.indicator, p.ref_area, p.cell
),
compared AS (
    SELECT
        p.*, k.breaks,
        CASE
            WHEN p.indicator_status = 'declared' THEN 'declared_without_values'
            WHEN p.last_year IS NULL THEN 'no_value_in_any_year'
            WHEN NOT p.has_baseline AND NOT p.has_latest THEN 'last_value_outside_both'
            WHEN NOT p.has_baseline THEN 'no_baseline_value'
            WHEN NOT p.has_latest THEN 'no_latest_value'
            WHEN p.baseline_value IS NULL OR p.latest_value IS NULL THEN 'end_without_number'
            WHEN NOT p.baseline_usable OR NOT p.latest_usable THEN 'end_not_usable'
            WHEN p.baseline_feed <> p.latest_feed THEN 'ends_of_different_feeds'
            WHEN p.baseline_extended THEN 'baseline_is_extension'
            WHEN p.latest_year - p.baseline_year < p.minimum_years_apart THEN 'ends_too_close'
            WHEN k.breaks IS NOT NULL THEN 'break_between'
        END AS sentence_code
    FROM both_ends AS p
    LEFT JOIN break_between AS k ON k.indicator = p.indicator AND k.ref_area = p.ref_area AND k.cell = p.cell
)
SELECT
    c.indicator, c.ref_area, c.sector, c.target_group, c.cell, c.is_headline,
    c.baseline_year, c.baseline_value, c.baseline_text, c.baseline_status,
    coalesce(
        c.baseline_footnote,
        filled(e.name, MAP {
            'years': c.years_of_mean, 'baseline_from': CAST(c.baseline_from AS VARCHAR),
            'baseline_to': CAST(c.baseline_to AS VARCHAR)
        })
    ) AS baseline_footnote,
    c.baseline_sentence_code, c.baseline_observation_id,
    c.latest_year, c.latest_value, c.latest_text, c.latest_status, c.latest_footnote, c.latest_observation_id,
    CASE WHEN c.sentence_code IS NULL THEN c.latest_value - c.baseline_value END AS change,
    c.sentence_code IS NULL AS comparable,
    filled(r.name, MAP {
        'gap_reason': c.gap_reason, 'last_year': CAST(c.last_year AS VARCHAR),
        'years': CAST(c.minimum_years_apart AS VARCHAR), 'breaks': c.breaks
    }) AS reason,
    c.sentence_code, c.unit_measure
FROM compared AS c
LEFT JOIN reference.code AS r ON r.codelist = 'sentence' AND r.code = c.sentence_code
LEFT JOIN reference.code AS e ON e.codelist = 'sentence' AND e.code = c.baseline_sentence_code
ORDER BY c.indicator, c.ref_area, c.cell
