-- indicator_set.value_history: the chosen observations at every state of the sources, and those of another feed that
-- extend them backwards, each with the days between which it was the chosen one in this shape.
-- Extension: only before the first chosen year of the cell; a value equal to a chosen one at most a year away is the
-- same observation under another year and is left out. Extended points carry status B.
-- Few columns through joins and windows; the rest is joined at the end.
WITH picked AS (
    SELECT c.*, 'chosen' AS role
    FROM indicator_set.candidate AS c
    JOIN indicator_set.feed AS f
        ON f.state_no = c.state_no AND f.indicator = c.indicator AND f.ref_area = c.ref_area
        AND f.breakdown_family = c.breakdown_family AND f.feed = c.feed
    WHERE f.preference = 1
),
first_chosen AS (
    SELECT state_no, indicator, ref_area, cell, min(time_period) AS first_year
    FROM picked
    GROUP BY state_no, indicator, ref_area, cell
),
extension AS (
    SELECT
        c.*, 'extended backwards' AS role
    FROM indicator_set.candidate AS c
    JOIN indicator_set.feed AS e
        ON e.state_no = c.state_no AND e.indicator = c.indicator AND e.ref_area = c.ref_area
        AND e.breakdown_family = c.breakdown_family AND e.feed = c.feed
    JOIN first_chosen AS f
        ON f.state_no = c.state_no AND f.indicator = c.indicator AND f.ref_area = c.ref_area AND f.cell = c.cell
    WHERE e.extends_backwards AND c.time_period < f.first_year
        AND NOT EXISTS (
            SELECT 1 FROM picked AS p
            WHERE p.state_no = c.state_no AND p.indicator = c.indicator AND p.ref_area = c.ref_area AND p.cell = c.cell
                AND abs(p.time_period - c.time_period) <= 1 AND abs(p.obs_value - c.obs_value) < 0.05
        )
),
both_roles AS (
    SELECT * FROM picked
    UNION ALL
    SELECT * FROM extension
),
lined_up AS (
    SELECT
        b.*,
        lag(b.obs_value) OVER number AS value_before, lag(b.role) OVER series AS role_before,
        lag(b.time_period) OVER series AS year_before
    FROM both_roles AS b
    WINDOW
        series AS (PARTITION BY b.state_no, b.indicator, b.ref_area, b.cell ORDER BY b.time_period),
        number AS (  -- a censored value between two numbers does not hide the step from one to the other
            PARTITION BY b.state_no, b.indicator, b.ref_area, b.cell, b.obs_value IS NULL ORDER BY b.time_period
        )
),
declared_break AS (
    SELECT l.state_no, l.observation_id, min(k.decided) AS decided  -- 'break' sorts before 'genuine'
    FROM lined_up AS l
    JOIN reference.series_break AS k
        ON k.indicator = l.indicator AND k.ref_area = l.ref_area AND k.break_year > l.year_before
        AND k.break_year <= l.time_period
    GROUP BY l.state_no, l.observation_id
),
judged AS (
    SELECT
        l.state_no, l.observation_id, l.indicator, l.snapshot_id, l.snapshot_row, l.cell, l.breakdown_family,
        l.dataset_kind, l.role, l.correction,
        CASE
            WHEN l.correction = 'mark_unreliable' THEN 'U'
            WHEN l.is_superseded OR l.dataset_kind = 'document' THEN 'V'
            WHEN l.role = 'extended backwards' THEN 'B'
            ELSE l.obs_status
        END AS obs_status,
        NOT l.is_superseded AND l.dataset_kind <> 'document' AND coalesce(l.correction, '') <> 'mark_unreliable'
            AND coalesce(l.obs_status, 'A') NOT IN ('U', 'V', 'D', 'O', 'L', 'M', 'Q') AS in_aggregates,
        CASE
            WHEN d.decided = 'break' THEN 'declared'
            WHEN l.obs_status = 'B' THEN 'provider'
            WHEN l.role_before = 'extended backwards' AND l.role = 'chosen' THEN 'extension'
            WHEN d.decided = 'genuine' OR m.event_count THEN NULL
            WHEN i.unit_measure = 'PT' AND abs(l.obs_value - l.value_before) > s.step_points THEN 'step'
            WHEN least(abs(l.obs_value), abs(l.value_before)) * s.step_factor
                    < greatest(abs(l.obs_value), abs(l.value_before))
                AND abs(l.obs_value - l.value_before) >= s.step_factor_minimum THEN 'step'
        END AS break_before,
        i.maximum_is_hard AND l.obs_value > i.maximum AS above_maximum
    FROM lined_up AS l
    JOIN reference.indicator AS i ON i.indicator = l.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.indicator_set AS s ON s.set_name = 'asean_indicator_set'
    LEFT JOIN declared_break AS d ON d.state_no = l.state_no AND d.observation_id = l.observation_id
),
numbered AS (  -- states in a row in which nothing about the value changed are one stretch
    SELECT
        *, state_no - row_number() OVER (
            PARTITION BY observation_id, snapshot_id, snapshot_row, role, obs_status, break_before ORDER BY state_no
        ) AS stretch
    FROM judged
),
stretch AS (
    SELECT
        observation_id, indicator, snapshot_id, snapshot_row, cell, breakdown_family, dataset_kind, role, correction,
        obs_status, in_aggregates, break_before, above_maximum,
        min(state_no) AS first_state, max(state_no) AS last_state
    FROM numbered
    GROUP BY
        observation_id, indicator, snapshot_id, snapshot_row, cell, breakdown_family, dataset_kind, role, correction,
        obs_status, in_aggregates, break_before, above_maximum, stretch
)
SELECT
    f.known_from, t.known_to,
    x.observation_id, x.indicator, o.ref_area, o.time_period, o.time_detail, o.sector, o.target_group,
    o.sex, o.age, o.urbanisation, o.income_wealth_quantile, o.disability_status, o.education_lev, o.migratory_status,
    o.occupation, o.activity, o.formality, o.composite_breakdown,
    x.cell, x.breakdown_family, x.breakdown_family = 'total' AS is_headline, g.ref_area IS NOT NULL AS is_member,
    o.obs_value, o.value_text, o.lower_bound, o.upper_bound, o.unit_measure, x.obs_status,
    o.obs_status AS published_status, o.nature, o.footnote, o.source, o.dataset, o.provider_series, o.feed, x.dataset_kind,
    o.vintage_date, x.role, x.in_aggregates, x.break_before, x.correction, x.above_maximum, x.snapshot_id, x.snapshot_row
FROM stretch AS x
JOIN indicator_set.state AS f ON f.indicator = x.indicator AND f.state_no = x.first_state
JOIN indicator_set.state AS t ON t.indicator = x.indicator AND t.state_no = x.last_state
JOIN lineage.vintage_value AS o
    ON o.observation_id = x.observation_id AND o.snapshot_id = x.snapshot_id AND o.snapshot_row = x.snapshot_row
LEFT JOIN reference.area_group AS g ON g.ref_area = o.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
ORDER BY is_member DESC, x.indicator, x.breakdown_family, o.ref_area, o.time_period, x.cell, f.known_from
