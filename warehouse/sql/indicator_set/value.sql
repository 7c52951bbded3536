-- indicator_set.value: the chosen observations, and those of another feed that extend them backwards.
-- Extension: only before the first chosen year of the cell; a value equal to a chosen one at most a year away is the
-- same observation under another year and is left out. Extended points carry status B.
WITH picked AS (
    SELECT
        c.observation_id, c.indicator, c.ref_area, c.cell, c.time_period, c.obs_value, c.breakdown_family, c.dataset_kind,
        c.correction_action, 'chosen' AS role
    FROM indicator_set.candidate AS c
    JOIN indicator_set.choice AS h
        ON h.indicator = c.indicator AND h.ref_area = c.ref_area AND h.breakdown_family = c.breakdown_family
        AND h.feed = c.feed
    WHERE h.is_chosen
),
first_chosen AS (
    SELECT indicator, ref_area, cell, min(time_period) AS first_year FROM picked GROUP BY indicator, ref_area, cell
),
extension AS (
    SELECT
        c.observation_id, c.indicator, c.ref_area, c.cell, c.time_period, c.obs_value, c.breakdown_family, c.dataset_kind,
        c.correction_action, 'extended backwards' AS role,
        row_number() OVER (
            PARTITION BY c.indicator, c.ref_area, c.cell, c.time_period ORDER BY h.preference
        ) AS turn
    FROM indicator_set.candidate AS c
    JOIN indicator_set.choice AS h
        ON h.indicator = c.indicator AND h.ref_area = c.ref_area AND h.breakdown_family = c.breakdown_family
        AND h.feed = c.feed
    JOIN first_chosen AS f ON f.indicator = c.indicator AND f.ref_area = c.ref_area AND f.cell = c.cell
    WHERE h.extends_backwards AND c.time_period < f.first_year
        AND NOT EXISTS (
            SELECT 1 FROM picked AS p
            WHERE p.indicator = c.indicator AND p.ref_area = c.ref_area AND p.cell = c.cell
                AND abs(p.time_period - c.time_period) <= 1 AND abs(p.obs_value - c.obs_value) < 0.05
        )
),
both_roles AS (
    SELECT * FROM picked
    UNION ALL
    SELECT
        observation_id, indicator, ref_area, cell, time_period, obs_value, breakdown_family, dataset_kind,
        correction_action, role
    FROM extension
    WHERE turn = 1
),
lined_up AS (  -- few columns through the windows; the rest is joined at the end
    SELECT
        b.*,
        lag(b.obs_value) OVER series AS value_before, lag(b.role) OVER series AS role_before,
        lag(b.time_period) OVER series AS year_before
    FROM both_roles AS b
    WINDOW series AS (PARTITION BY b.indicator, b.ref_area, b.cell ORDER BY b.time_period)
),
declared_break AS (
    SELECT l.observation_id, min(k.decided) AS decided  -- 'break' sorts before 'genuine'
    FROM lined_up AS l
    JOIN reference.series_break AS k
        ON k.indicator = l.indicator AND k.ref_area = l.ref_area AND k.break_year > l.year_before
        AND k.break_year <= l.time_period
    GROUP BY l.observation_id
)
SELECT
    l.observation_id, l.indicator, l.ref_area, l.time_period, o.time_detail, o.sector, o.target_group,
    o.sex, o.age, o.urbanisation, o.income_wealth_quantile, o.disability_status, o.education_lev, o.migratory_status,
    o.occupation, o.activity, o.formality, o.composite_breakdown,
    l.cell, l.breakdown_family, l.breakdown_family = 'total' AS is_headline,
    l.obs_value, o.value_text, o.lower_bound, o.upper_bound, o.unit_measure,
    CASE
        WHEN l.correction_action = 'mark_unreliable' THEN 'U'
        WHEN o.is_superseded OR l.dataset_kind = 'document' THEN 'V'
        WHEN l.role = 'extended backwards' THEN 'B'
        ELSE o.obs_status
    END AS obs_status,
    o.obs_status AS published_status, o.nature, o.footnote, o.source, o.provider_series, o.feed, l.dataset_kind,
    o.vintage_date, l.role,
    NOT o.is_superseded AND l.dataset_kind <> 'document' AND coalesce(l.correction_action, '') <> 'mark_unreliable'
        AND coalesce(o.obs_status, 'A') NOT IN ('U', 'V', 'D', 'O', 'L', 'M', 'Q') AS in_aggregates,
    CASE
        WHEN d.decided = 'break' THEN 'declared'
        WHEN o.obs_status = 'B' THEN 'provider'
        WHEN l.role_before = 'extended backwards' AND l.role = 'chosen' THEN 'extension'
        WHEN d.decided = 'genuine' OR m.event_count THEN NULL
        WHEN i.unit_measure = 'PT' AND abs(l.obs_value - l.value_before) > s.step_points THEN 'step'
        WHEN least(abs(l.obs_value), abs(l.value_before)) * s.step_factor < greatest(abs(l.obs_value), abs(l.value_before))
            AND abs(l.obs_value - l.value_before) >= s.step_factor_minimum THEN 'step'
    END AS break_before,
    l.correction_action AS correction,
    i.maximum_is_hard AND l.obs_value > i.maximum AS above_maximum
FROM lined_up AS l
JOIN harmonised.observation AS o ON o.observation_id = l.observation_id
JOIN reference.indicator AS i ON i.indicator = l.indicator
JOIN reference.method AS m ON m.method = i.method
JOIN reference.indicator_set AS s ON s.set_name = 'asean_indicator_set'
LEFT JOIN declared_break AS d ON d.observation_id = l.observation_id
ORDER BY l.indicator, l.ref_area, l.time_period, l.cell
