-- indicator_set.stretch: the observations chosen in every state of the sources, and those of another feed that extend them
-- backwards, each with the first and last state of a run in which nothing about it changed.
-- Extension: only before the first chosen year of the cell. A value equal to a chosen one at most one year away is the
-- same observation with another date, and is left out. Extended points have status B.
-- For speed, joins and windows use numbers and few columns.
WITH snapshot AS (
    SELECT snapshot_id, row_number() OVER (ORDER BY snapshot_id) AS snapshot_no FROM lineage.snapshot
),
value_of_feed AS (  -- values of the chosen feed and of the feed that may extend it
    SELECT
        c.state_no, c.cell_no, c.ref_area, c.time_period, CAST(c.observation_id AS UUID) AS observation, s.snapshot_no,
        c.obs_value, c.obs_status, c.is_superseded, c.dataset_kind, c.correction, f.preference > 1 AS is_extension
    FROM indicator_set.candidate AS c
    JOIN indicator_set.feed AS f
        ON f.state_no = c.state_no AND f.indicator = c.indicator AND f.ref_area = c.ref_area
        AND f.breakdown_family = c.breakdown_family AND f.feed = c.feed
    JOIN snapshot AS s ON s.snapshot_id = c.snapshot_id
    WHERE f.preference = 1 OR f.extends_backwards
),
extended_cell AS (
    SELECT DISTINCT state_no, cell_no, ref_area FROM value_of_feed WHERE is_extension
),
chosen_value_of_extended_cell AS (
    SELECT p.state_no, p.cell_no, p.ref_area, p.time_period, p.obs_value
    FROM value_of_feed AS p
    JOIN extended_cell AS e ON e.state_no = p.state_no AND e.cell_no = p.cell_no AND e.ref_area = p.ref_area
    WHERE NOT p.is_extension
),
first_chosen AS (
    SELECT state_no, cell_no, ref_area, min(time_period) AS first_year
    FROM chosen_value_of_extended_cell
    GROUP BY state_no, cell_no, ref_area
),
value_in_use AS (
    SELECT * FROM value_of_feed WHERE NOT is_extension
    UNION ALL
    SELECT c.*
    FROM value_of_feed AS c
    JOIN first_chosen AS f ON f.state_no = c.state_no AND f.cell_no = c.cell_no AND f.ref_area = c.ref_area
    WHERE c.is_extension AND c.time_period < f.first_year
        AND NOT EXISTS (
            SELECT 1 FROM chosen_value_of_extended_cell AS p
            WHERE p.state_no = c.state_no AND p.cell_no = c.cell_no AND p.ref_area = c.ref_area
                AND abs(p.time_period - c.time_period) <= 1 AND abs(p.obs_value - c.obs_value) < 0.05
        )
),
value_with_previous AS (
    SELECT
        b.*,
        -- a censored value between two numbers does not hide a large change from one to the other
        lag(b.obs_value IGNORE NULLS) OVER series AS value_before,
        lag(b.is_extension) OVER series AS extension_before, lag(b.time_period) OVER series AS year_before
    FROM value_in_use AS b
    WINDOW series AS (PARTITION BY b.state_no, b.cell_no, b.ref_area ORDER BY b.time_period)
),
declared_break AS (
    SELECT k.cell_no, b.ref_area, b.break_year, b.decided
    FROM reference.series_break AS b
    JOIN harmonised.cell AS k ON k.indicator = b.indicator
),
value_after_declared_break AS (
    SELECT l.state_no, l.observation, min(b.decided) AS decided  -- 'break' sorts before 'genuine'
    FROM value_with_previous AS l
    JOIN declared_break AS b
        ON b.cell_no = l.cell_no AND b.ref_area = l.ref_area AND b.break_year > l.year_before
        AND b.break_year <= l.time_period
    GROUP BY l.state_no, l.observation
),
value_with_status AS (
    SELECT
        l.state_no, l.observation, l.snapshot_no, l.cell_no, l.is_extension, l.correction,
        CASE
            WHEN l.correction = 'mark_unreliable' THEN 'U'
            WHEN l.is_superseded OR l.dataset_kind = 'document' THEN 'V'
            WHEN l.is_extension THEN 'B'
            ELSE l.obs_status
        END AS obs_status,
        CASE
            WHEN d.decided = 'break' THEN 'declared'
            WHEN l.obs_status = 'B' THEN 'provider'
            WHEN l.extension_before AND NOT l.is_extension THEN 'extension'
            WHEN d.decided = 'genuine' OR m.event_count THEN NULL
            WHEN i.unit_measure = 'PT' AND abs(l.obs_value - l.value_before) > s.step_points THEN 'step'
            WHEN least(abs(l.obs_value), abs(l.value_before)) * s.step_factor
                    < greatest(abs(l.obs_value), abs(l.value_before))
                AND abs(l.obs_value - l.value_before) >= s.step_factor_minimum THEN 'step'
        END AS break_before
    FROM value_with_previous AS l
    JOIN harmonised.cell AS k ON k.cell_no = l.cell_no
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    JOIN reference.method AS m ON m.method = i.method
    CROSS JOIN reference.settings AS s
    LEFT JOIN value_after_declared_break AS d ON d.state_no = l.state_no AND d.observation = l.observation
),
value_in_stretch AS (  -- consecutive states in which nothing about the value changed form one stretch
    SELECT
        *, state_no - row_number() OVER (
            PARTITION BY observation, snapshot_no, is_extension, obs_status, break_before ORDER BY state_no
        ) AS stretch
    FROM value_with_status
)
SELECT
    x.observation, s.snapshot_id, x.cell_no, x.is_extension, x.correction, x.obs_status, x.break_before, x.first_state,
    x.last_state
FROM (
    SELECT
        observation, snapshot_no, cell_no, is_extension, correction, obs_status, break_before,
        min(state_no) AS first_state, max(state_no) AS last_state
    FROM value_in_stretch
    GROUP BY observation, snapshot_no, cell_no, is_extension, correction, obs_status, break_before, stretch
) AS x
JOIN snapshot AS s ON s.snapshot_no = x.snapshot_no
