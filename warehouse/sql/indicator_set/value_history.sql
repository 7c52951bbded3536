-- indicator_set.value_history: the chosen observations at every state of the sources, and those of another feed that
-- extend them backwards, each with the days between which it was the chosen one in this shape.
-- Extension: only before the first chosen year of the cell; a value equal to a chosen one at most a year away is the
-- same observation under another year and is left out. Extended points carry status B.
-- Numbers and few columns through joins and windows; words that many rows share are joined after sorting.
-- In the order of is_member DESC, indicator, breakdown_family, ref_area, time_period, cell, known_from
WITH snapshot AS (
    SELECT snapshot_id, vintage_date, row_number() OVER (ORDER BY snapshot_id) AS snapshot_no FROM lineage.snapshot
),
picked AS (
    SELECT
        c.state_no, c.cell_no, c.ref_area, c.time_period, CAST(c.observation_id AS UUID) AS observation, s.snapshot_no,
        c.obs_value, c.obs_status, c.is_superseded, c.dataset_kind = 'document' AS is_document, c.correction,
        FALSE AS is_extension
    FROM indicator_set.candidate AS c
    JOIN indicator_set.feed AS f
        ON f.state_no = c.state_no AND f.indicator = c.indicator AND f.ref_area = c.ref_area
        AND f.breakdown_family = c.breakdown_family AND f.feed = c.feed
    JOIN snapshot AS s ON s.snapshot_id = c.snapshot_id
    WHERE f.preference = 1
),
earlier AS (
    SELECT
        c.state_no, c.cell_no, c.ref_area, c.time_period, CAST(c.observation_id AS UUID) AS observation, s.snapshot_no,
        c.obs_value, c.obs_status, c.is_superseded, c.dataset_kind = 'document' AS is_document, c.correction,
        TRUE AS is_extension
    FROM indicator_set.candidate AS c
    JOIN indicator_set.feed AS e
        ON e.state_no = c.state_no AND e.indicator = c.indicator AND e.ref_area = c.ref_area
        AND e.breakdown_family = c.breakdown_family AND e.feed = c.feed
    JOIN snapshot AS s ON s.snapshot_id = c.snapshot_id
    WHERE e.extends_backwards
),
extended_cell AS (
    SELECT DISTINCT state_no, cell_no, ref_area FROM earlier
),
beside AS (  -- what was chosen of the same cells
    SELECT p.state_no, p.cell_no, p.ref_area, p.time_period, p.obs_value
    FROM picked AS p
    JOIN extended_cell AS e ON e.state_no = p.state_no AND e.cell_no = p.cell_no AND e.ref_area = p.ref_area
),
first_chosen AS (
    SELECT state_no, cell_no, ref_area, min(time_period) AS first_year
    FROM beside
    GROUP BY state_no, cell_no, ref_area
),
both_roles AS (
    SELECT * FROM picked
    UNION ALL
    SELECT c.*
    FROM earlier AS c
    JOIN first_chosen AS f ON f.state_no = c.state_no AND f.cell_no = c.cell_no AND f.ref_area = c.ref_area
    WHERE c.time_period < f.first_year
        AND NOT EXISTS (
            SELECT 1 FROM beside AS p
            WHERE p.state_no = c.state_no AND p.cell_no = c.cell_no AND p.ref_area = c.ref_area
                AND abs(p.time_period - c.time_period) <= 1 AND abs(p.obs_value - c.obs_value) < 0.05
        )
),
lined_up AS (
    SELECT
        b.*,
        -- a censored value between two numbers does not hide the step from one to the other
        lag(b.obs_value IGNORE NULLS) OVER series AS value_before,
        lag(b.is_extension) OVER series AS extension_before, lag(b.time_period) OVER series AS year_before
    FROM both_roles AS b
    WINDOW series AS (PARTITION BY b.state_no, b.cell_no, b.ref_area ORDER BY b.time_period)
),
declared_break AS (
    SELECT k.cell_no, b.ref_area, b.break_year, b.decided
    FROM reference.series_break AS b
    JOIN harmonised.cell AS k ON k.indicator = b.indicator
),
broken AS (
    SELECT l.state_no, l.observation, min(b.decided) AS decided  -- 'break' sorts before 'genuine'
    FROM lined_up AS l
    JOIN declared_break AS b
        ON b.cell_no = l.cell_no AND b.ref_area = l.ref_area AND b.break_year > l.year_before
        AND b.break_year <= l.time_period
    GROUP BY l.state_no, l.observation
),
judged AS (
    SELECT
        l.state_no, l.observation, l.snapshot_no, l.cell_no, l.is_document, l.is_extension, l.correction,
        CASE
            WHEN l.correction = 'mark_unreliable' THEN 'U'
            WHEN l.is_superseded OR l.is_document THEN 'V'
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
    FROM lined_up AS l
    JOIN harmonised.cell AS k ON k.cell_no = l.cell_no
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.indicator_set AS s ON s.set_name = 'asean_indicator_set'
    LEFT JOIN broken AS d ON d.state_no = l.state_no AND d.observation = l.observation
),
numbered AS (  -- states in a row in which nothing about the value changed are one stretch
    SELECT
        *, state_no - row_number() OVER (
            PARTITION BY observation, snapshot_no, is_extension, obs_status, break_before ORDER BY state_no
        ) AS stretch
    FROM judged
),
stretch AS (
    SELECT
        observation, snapshot_no, cell_no, is_document, is_extension, correction, obs_status, break_before,
        min(state_no) AS first_state, max(state_no) AS last_state
    FROM numbered
    GROUP BY
        observation, snapshot_no, cell_no, is_document, is_extension, correction, obs_status, break_before, stretch
),
in_order AS (
    SELECT
        f.known_from, t.known_to, x.observation, o.claim_id, x.cell_no,
        g.ref_area IS NOT NULL AS is_member, o.ref_area, o.time_period, o.time_detail, o.obs_value, o.value_text,
        o.lower_bound, o.upper_bound, x.obs_status, o.obs_status AS published_status, o.nature, o.footnote,
        o.provider_series, o.is_superseded, x.is_extension, x.break_before, x.correction, x.snapshot_no, o.snapshot_row
    FROM stretch AS x
    JOIN harmonised.cell AS k ON k.cell_no = x.cell_no
    JOIN indicator_set.state AS f ON f.indicator = k.indicator AND f.state_no = x.first_state
    JOIN indicator_set.state AS t ON t.indicator = k.indicator AND t.state_no = x.last_state
    JOIN (
        SELECT r.*, s.snapshot_no FROM harmonised.row AS r JOIN snapshot AS s ON s.snapshot_id = r.snapshot_id
        WHERE r.outcome = 'harmonised'
    ) AS o ON CAST(o.observation_id AS UUID) = x.observation AND o.snapshot_no = x.snapshot_no
    LEFT JOIN reference.area_group AS g ON g.ref_area = o.ref_area AND g.area_group = 'ASEAN' AND g.is_member_today
    ORDER BY is_member DESC, k.family_no, o.ref_area, o.time_period, x.cell_no, f.known_from
)
SELECT
    v.known_from, v.known_to, replace(CAST(v.observation AS VARCHAR), '-', '') AS observation_id, k.indicator, v.ref_area, v.time_period, v.time_detail, i.sector,
    coalesce(g.target_group, '_T') AS target_group,
    k.sex, k.age, k.urbanisation, k.income_wealth_quantile, k.disability_status, k.education_lev, k.migratory_status,
    k.occupation, k.activity, k.formality, k.composite_breakdown,
    k.cell, k.breakdown_family, k.breakdown_family = 'total' AS is_headline, v.is_member,
    v.obs_value, v.value_text, v.lower_bound, v.upper_bound, i.unit_measure, v.obs_status, v.published_status, v.nature,
    v.footnote, c.provider AS source, c.dataset, v.provider_series, c.feed, d.kind AS dataset_kind, s.vintage_date,
    CASE WHEN v.is_extension THEN 'extended backwards' ELSE 'chosen' END AS role,
    NOT v.is_superseded AND d.kind <> 'document' AND coalesce(v.correction, '') <> 'mark_unreliable'
        AND coalesce(v.published_status, 'A') NOT IN ('U', 'V', 'D', 'O', 'L', 'M', 'Q') AS in_aggregates,
    v.break_before, v.correction, i.maximum_is_hard AND v.obs_value > i.maximum AS above_maximum,
    s.snapshot_id, v.snapshot_row
FROM in_order AS v
JOIN harmonised.cell AS k ON k.cell_no = v.cell_no
JOIN reference.indicator AS i ON i.indicator = k.indicator
JOIN reference.claim AS c ON c.claim_id = v.claim_id
JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
JOIN snapshot AS s ON s.snapshot_no = v.snapshot_no
LEFT JOIN reference.cell_group AS g ON g.indicator = k.indicator AND g.cell = k.cell AND g.specificity = 1
