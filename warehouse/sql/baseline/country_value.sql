-- baseline.country_value: baseline and latest value of each member and cell, and whether the two can be compared.
WITH chosen AS (
    SELECT v.*, i.lookback_years, m.event_count
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN (SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today) AS g ON g.ref_area = v.ref_area
),
baseline_ranked AS (
    SELECT
        c.*,
        row_number() OVER (
            PARTITION BY c.indicator, c.ref_area, c.cell ORDER BY abs(c.time_period - s.baseline_year), c.time_period
        ) AS turn,
        avg(c.obs_value) OVER whole_range AS mean_value, bool_and(c.in_aggregates) OVER whole_range AS all_usable,
        bool_or(c.role = 'extended backwards') OVER whole_range AS any_extended,
        list(c.time_period) FILTER (WHERE c.obs_value IS NOT NULL) OVER whole_range AS years_of_mean
    FROM chosen AS c, reference.settings AS s
    WHERE c.time_period BETWEEN s.baseline_from AND s.baseline_to
    WINDOW whole_range AS (PARTITION BY c.indicator, c.ref_area, c.cell)
),
latest_ranked AS (
    SELECT
        c.*, row_number() OVER (PARTITION BY c.indicator, c.ref_area, c.cell ORDER BY c.time_period DESC) AS turn
    FROM chosen AS c, reference.settings AS s
    WHERE c.time_period BETWEEN s.latest_reference_year - c.lookback_years AND s.latest_reference_year
),
cells AS (
    SELECT indicator, ref_area, cell FROM baseline_ranked WHERE turn = 1
    UNION
    SELECT indicator, ref_area, cell FROM latest_ranked WHERE turn = 1
    UNION  -- every indicator's headline cell for every member: empty ones are part of the baseline
    SELECT i.indicator, g.ref_area, i.headline_cell AS cell
    FROM reference.indicator AS i
    CROSS JOIN (SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today) AS g
),
any_value AS (
    SELECT indicator, ref_area, cell, max(time_period) AS last_year FROM chosen GROUP BY indicator, ref_area, cell
),
paired AS (
    SELECT
        c.*, i.sector, i.unit_measure, i.status AS indicator_status, i.gap_reason,
        c.cell = i.headline_cell AS is_headline,
        m.event_count,
        CASE WHEN m.event_count AND b.indicator IS NOT NULL THEN s.baseline_year ELSE b.time_period END AS baseline_year,
        CASE WHEN m.event_count THEN b.mean_value ELSE b.obs_value END AS baseline_value,
        CASE WHEN NOT m.event_count THEN b.value_text END AS baseline_text,
        CASE WHEN NOT m.event_count THEN b.obs_status END AS baseline_status,
        CASE
            WHEN NOT m.event_count THEN b.footnote
            WHEN array_length(b.years_of_mean) = 1 THEN
                'Events: the count of ' || CAST(b.years_of_mean[1] AS VARCHAR) || ', the only one of '
                || CAST(s.baseline_from AS VARCHAR) || ' to ' || CAST(s.baseline_to AS VARCHAR)
            WHEN b.mean_value IS NOT NULL THEN
                'Events: the mean of the counts of ' || array_to_string(list_sort(b.years_of_mean), ', ') || ', not the count of one year'
        END AS baseline_footnote,
        CASE WHEN NOT m.event_count THEN b.observation_id END AS baseline_observation_id,
        b.feed AS baseline_feed,
        -- a mean is worth what the weakest value in it is
        CASE WHEN m.event_count THEN b.any_extended ELSE b.role = 'extended backwards' END AS baseline_extended,
        CASE WHEN m.event_count THEN b.all_usable ELSE b.in_aggregates END AS baseline_usable,
        l.time_period AS latest_year, l.obs_value AS latest_value, l.value_text AS latest_text,
        l.obs_status AS latest_status, l.footnote AS latest_footnote, l.observation_id AS latest_observation_id,
        l.feed AS latest_feed, l.in_aggregates AS latest_usable,
        coalesce(b.target_group, l.target_group, '_T') AS target_group,
        s.minimum_years_apart, a.last_year,
        b.indicator IS NOT NULL AS has_baseline, l.indicator IS NOT NULL AS has_latest
    FROM cells AS c
    JOIN reference.indicator AS i ON i.indicator = c.indicator
    JOIN reference.method AS m ON m.method = i.method
    CROSS JOIN reference.settings AS s
    LEFT JOIN baseline_ranked AS b
        ON b.indicator = c.indicator AND b.ref_area = c.ref_area AND b.cell = c.cell AND b.turn = 1
    LEFT JOIN latest_ranked AS l
        ON l.indicator = c.indicator AND l.ref_area = c.ref_area AND l.cell = c.cell AND l.turn = 1
    LEFT JOIN any_value AS a ON a.indicator = c.indicator AND a.ref_area = c.ref_area AND a.cell = c.cell
),
breaks_between AS (
    SELECT
        p.indicator, p.ref_area, p.cell,
        string_agg(v.break_before || ' ' || CAST(v.time_period AS VARCHAR), ', ' ORDER BY v.time_period) AS breaks
    FROM paired AS p
    JOIN indicator_set.value AS v
        ON v.indicator = p.indicator AND v.ref_area = p.ref_area AND v.cell = p.cell AND v.break_before IS NOT NULL
        AND v.time_period > p.baseline_year AND v.time_period <= p.latest_year
    GROUP BY p.indicator, p.ref_area, p.cell
),
reasoned AS (
    SELECT
        p.*,
        CASE
            WHEN p.indicator_status = 'declared' THEN 'no values yet: ' || p.gap_reason
            WHEN p.last_year IS NULL THEN 'no value in any year'
            WHEN NOT p.has_baseline AND NOT p.has_latest THEN 'last value is of ' || CAST(p.last_year AS VARCHAR)
            WHEN NOT p.has_baseline THEN 'no value in the baseline period'
            WHEN NOT p.has_latest THEN 'no value in the window of the latest year'
            WHEN p.baseline_value IS NULL OR p.latest_value IS NULL THEN 'a value is censored or missing'
            WHEN NOT p.baseline_usable OR NOT p.latest_usable THEN 'superseded, unreliable or from a document'
            WHEN p.baseline_feed <> p.latest_feed THEN 'baseline and latest come from different feeds'
            WHEN p.baseline_extended THEN 'the baseline value is a backwards extension'
            WHEN p.latest_year - p.baseline_year < p.minimum_years_apart THEN
                'baseline and latest are less than ' || CAST(p.minimum_years_apart AS VARCHAR) || ' years apart'
            WHEN k.breaks IS NOT NULL THEN 'break between: ' || k.breaks
        END AS reason
    FROM paired AS p
    LEFT JOIN breaks_between AS k ON k.indicator = p.indicator AND k.ref_area = p.ref_area AND k.cell = p.cell
)
SELECT
    indicator, ref_area, sector, target_group, cell, is_headline,
    baseline_year, baseline_value, baseline_text, baseline_status, baseline_footnote, baseline_observation_id,
    latest_year, latest_value, latest_text, latest_status, latest_footnote, latest_observation_id,
    CASE WHEN reason IS NULL THEN latest_value - baseline_value END AS change,
    reason IS NULL AS comparable, reason, unit_measure
FROM reasoned
ORDER BY indicator, ref_area, cell
