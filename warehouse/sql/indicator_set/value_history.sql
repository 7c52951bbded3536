-- indicator_set.value_history: the chosen observations at every state of the sources, each with the days between which it
-- was the chosen one. The rows without known_to are indicator_set.value.
-- methods.md, As of: of each series and area the newest vintage of up to a day that was asked for it; a cell which that
-- vintage lacks is withdrawn; a series which it was not asked for keeps its older vintage. Choice, extension and status
-- are those of indicator_set.candidate, choice and value, made anew for every day on which a source of the indicator
-- published (a moment). Few columns through the joins; the rest is joined at the end.
WITH speaking AS (
    SELECT DISTINCT provider, dataset, current_series, area_code, snapshot_id, vintage_date, vintage_no
    FROM lineage.series_vintage
    WHERE is_declared
),
until AS (  -- the day from which a newer vintage speaks for the same series and area; two of one day: the later one
    SELECT
        *, lead(vintage_date) OVER (
            PARTITION BY provider, dataset, current_series, area_code ORDER BY vintage_no
        ) AS next_date
    FROM speaking
),
spoken AS (
    SELECT s.snapshot_id, s.series, s.area_code, u.next_date
    FROM lineage.series_vintage AS s
    JOIN until AS u
        ON u.provider = s.provider AND u.dataset = s.dataset AND u.current_series = s.current_series
        AND u.area_code = s.area_code AND u.snapshot_id = s.snapshot_id
    WHERE u.next_date IS NULL OR u.next_date > u.vintage_date
),
published AS (
    SELECT DISTINCT c.indicator, s.vintage_date AS known_from
    FROM speaking AS s
    JOIN reference.claim AS c
        ON c.provider = s.provider AND c.dataset = s.dataset AND c.provider_series = s.current_series
),
moment AS (
    SELECT
        indicator, known_from, lead(known_from) OVER (PARTITION BY indicator ORDER BY known_from) AS known_to,
        row_number() OVER (PARTITION BY indicator ORDER BY known_from) AS moment_no
    FROM published
),
told AS (
    SELECT
        v.observation_id, v.indicator, v.ref_area, v.time_period, v.obs_value, v.value_text, v.obs_status, v.feed,
        v.source, v.dataset, v.provider_series, v.is_superseded, v.vintage_date, n.next_date, v.snapshot_id,
        v.snapshot_row, r.action AS correction, coalesce(i.change_tolerance, 0.5) AS tolerance,
        (v.obs_value IS NOT NULL OR v.lower_bound IS NOT NULL OR v.upper_bound IS NOT NULL) AND v.candidate_no = 1
            AND coalesce(r.action, '') <> 'exclude_from_use' AS is_candidate,
        concat_ws('|', v.sex, v.age, v.urbanisation, v.income_wealth_quantile, v.disability_status, v.education_lev,
            v.migratory_status, v.occupation, v.activity, v.formality, v.composite_breakdown) AS cell,
        coalesce(nullif(concat_ws('+',
            CASE WHEN v.sex <> i.headline_sex THEN 'sex' END,
            CASE WHEN v.age <> i.headline_age THEN 'age' END,
            CASE WHEN v.urbanisation <> i.headline_urbanisation THEN 'urbanisation' END,
            CASE WHEN v.income_wealth_quantile <> i.headline_income_wealth_quantile THEN 'income_wealth_quantile' END,
            CASE WHEN v.disability_status <> i.headline_disability_status THEN 'disability_status' END,
            CASE WHEN v.education_lev <> i.headline_education_lev THEN 'education_lev' END,
            CASE WHEN v.migratory_status <> i.headline_migratory_status THEN 'migratory_status' END,
            CASE WHEN v.occupation <> i.headline_occupation THEN 'occupation' END,
            CASE WHEN v.activity <> i.headline_activity THEN 'activity' END,
            CASE WHEN v.formality <> i.headline_formality THEN 'formality' END,
            CASE WHEN v.composite_breakdown <> i.headline_composite_breakdown THEN 'composite_breakdown' END
        ), ''), 'total') AS breakdown_family
    FROM lineage.vintage_value AS v
    JOIN spoken AS n
        ON n.snapshot_id = v.snapshot_id AND n.series = v.provider_series AND n.area_code IN ('', v.ref_area)
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    LEFT JOIN reference.correction AS r
        ON r.indicator = v.indicator AND r.ref_area = v.ref_area AND r.time_period = v.time_period AND r.sex = v.sex
        AND r.age = v.age AND r.urbanisation = v.urbanisation AND r.income_wealth_quantile = v.income_wealth_quantile
        AND r.disability_status = v.disability_status AND r.education_lev = v.education_lev
        AND r.migratory_status = v.migratory_status AND r.occupation = v.occupation AND r.activity = v.activity
        AND r.formality = v.formality AND r.composite_breakdown = v.composite_breakdown AND r.source = v.source
        AND r.provider_series = v.provider_series AND r.expected_text = v.value_text
),
single AS (  -- a key that one vintage publishes twice with different values is chosen by nobody silently
    SELECT
        *, min(value_text) OVER one_key IS DISTINCT FROM max(value_text) OVER one_key AS is_doubled
    FROM told
    WINDOW one_key AS (PARTITION BY indicator, ref_area, time_period, cell, source, provider_series, snapshot_id)
),
candidate AS (
    SELECT
        m.moment_no, t.observation_id, t.indicator, t.ref_area, t.time_period, t.cell, t.breakdown_family, t.feed,
        t.tolerance, t.obs_value, t.obs_status, t.is_superseded, t.vintage_date, t.snapshot_id, t.snapshot_row,
        t.correction, d.kind AS dataset_kind,
        CASE d.kind WHEN 'national_submission' THEN 0 WHEN 'statistical' THEN 1 ELSE 2 END AS kind_order, c.source_rank
    FROM single AS t
    JOIN moment AS m
        ON m.indicator = t.indicator AND m.known_from >= t.vintage_date
        AND (t.next_date IS NULL OR m.known_from < t.next_date)
    JOIN reference.dataset AS d ON d.provider = t.source AND d.dataset = t.dataset
    JOIN (SELECT indicator, feed, min(source_rank) AS source_rank FROM reference.claim GROUP BY indicator, feed) AS c
        ON c.indicator = t.indicator AND c.feed = t.feed
    WHERE t.is_candidate AND NOT t.is_doubled
),
feeds AS (
    SELECT
        moment_no, indicator, ref_area, breakdown_family, feed, min(kind_order) AS kind_order, min(source_rank) AS source_rank,
        max(vintage_date) AS vintage_date, max(CASE WHEN is_superseded THEN 1 ELSE 0 END) AS superseded,
        count(*) AS n_values, min(time_period) AS first_year
    FROM candidate
    GROUP BY moment_no, indicator, ref_area, breakdown_family, feed
),
ranked AS (
    SELECT
        f.*,
        row_number() OVER (
            PARTITION BY f.moment_no, f.indicator, f.ref_area, f.breakdown_family
            ORDER BY f.kind_order, f.superseded, f.source_rank, f.vintage_date DESC, f.n_values DESC, f.feed
        ) AS preference
    FROM feeds AS f
),
picked AS (
    SELECT c.*, 'chosen' AS role
    FROM candidate AS c
    JOIN ranked AS r
        ON r.moment_no = c.moment_no AND r.indicator = c.indicator AND r.ref_area = c.ref_area AND r.breakdown_family = c.breakdown_family
        AND r.feed = c.feed AND r.preference = 1
),
agreement AS (
    SELECT
        x.moment_no, x.indicator, x.ref_area, x.breakdown_family, o.feed,
        count(DISTINCT o.observation_id) AS agreeing_points
    FROM picked AS x
    JOIN candidate AS o
        ON o.moment_no = x.moment_no AND o.indicator = x.indicator AND o.ref_area = x.ref_area AND o.cell = x.cell AND o.feed <> x.feed
        AND abs(o.time_period - x.time_period) <= 1
    WHERE abs(o.obs_value - x.obs_value) <= x.tolerance OR abs(o.obs_value - x.obs_value) <= 0.05 * abs(x.obs_value)
    GROUP BY x.moment_no, x.indicator, x.ref_area, x.breakdown_family, o.feed
),
extending AS (
    SELECT r.moment_no, r.indicator, r.ref_area, r.breakdown_family, r.feed, r.preference
    FROM ranked AS r
    JOIN ranked AS b
        ON b.moment_no = r.moment_no AND b.indicator = r.indicator AND b.ref_area = r.ref_area AND b.breakdown_family = r.breakdown_family
        AND b.preference = 1
    JOIN agreement AS a
        ON a.moment_no = r.moment_no AND a.indicator = r.indicator AND a.ref_area = r.ref_area AND a.breakdown_family = r.breakdown_family
        AND a.feed = r.feed
    WHERE r.preference > 1 AND r.kind_order = 1 AND b.kind_order = 1 AND r.superseded = 0 AND b.superseded = 0
        AND a.agreeing_points >= 2 AND r.first_year < b.first_year
),
first_chosen AS (
    SELECT moment_no, indicator, ref_area, cell, min(time_period) AS first_year
    FROM picked
    GROUP BY moment_no, indicator, ref_area, cell
),
extension AS (
    SELECT
        c.*, 'extended backwards' AS role,
        row_number() OVER (PARTITION BY c.moment_no, c.indicator, c.ref_area, c.cell, c.time_period ORDER BY e.preference) AS turn
    FROM candidate AS c
    JOIN extending AS e
        ON e.moment_no = c.moment_no AND e.indicator = c.indicator AND e.ref_area = c.ref_area AND e.breakdown_family = c.breakdown_family
        AND e.feed = c.feed
    JOIN first_chosen AS f
        ON f.moment_no = c.moment_no AND f.indicator = c.indicator AND f.ref_area = c.ref_area AND f.cell = c.cell
    WHERE c.time_period < f.first_year
        AND NOT EXISTS (
            SELECT 1 FROM picked AS p
            WHERE p.moment_no = c.moment_no AND p.indicator = c.indicator AND p.ref_area = c.ref_area AND p.cell = c.cell
                AND abs(p.time_period - c.time_period) <= 1 AND abs(p.obs_value - c.obs_value) < 0.05
        )
),
both_roles AS (
    SELECT * FROM picked
    UNION ALL
    SELECT * EXCLUDE (turn) FROM extension WHERE turn = 1
),
lined_up AS (
    SELECT
        b.*,
        lag(b.obs_value) OVER series AS value_before, lag(b.role) OVER series AS role_before,
        lag(b.time_period) OVER series AS year_before
    FROM both_roles AS b
    WINDOW series AS (PARTITION BY b.moment_no, b.indicator, b.ref_area, b.cell ORDER BY b.time_period)
),
declared_break AS (
    SELECT l.moment_no, l.observation_id, min(k.decided) AS decided  -- 'break' sorts before 'genuine'
    FROM lined_up AS l
    JOIN reference.series_break AS k
        ON k.indicator = l.indicator AND k.ref_area = l.ref_area AND k.break_year > l.year_before
        AND k.break_year <= l.time_period
    GROUP BY l.moment_no, l.observation_id
),
state AS (
    SELECT
        l.moment_no, l.observation_id, l.indicator, l.snapshot_id, l.snapshot_row, l.cell, l.breakdown_family,
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
    LEFT JOIN declared_break AS d ON d.moment_no = l.moment_no AND d.observation_id = l.observation_id
),
numbered AS (  -- moments in a row in which nothing about the value changed are one stretch
    SELECT
        *, moment_no - row_number() OVER (
            PARTITION BY observation_id, snapshot_id, snapshot_row, role, obs_status, break_before ORDER BY moment_no
        ) AS stretch
    FROM state
),
stretch AS (
    SELECT
        observation_id, indicator, snapshot_id, snapshot_row, cell, breakdown_family, dataset_kind, role, correction,
        obs_status, in_aggregates, break_before, above_maximum,
        min(moment_no) AS first_moment, max(moment_no) AS last_moment
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
    x.cell, x.breakdown_family, x.breakdown_family = 'total' AS is_headline,
    o.obs_value, o.value_text, o.lower_bound, o.upper_bound, o.unit_measure, x.obs_status,
    o.obs_status AS published_status, o.nature, o.footnote, o.source, o.provider_series, o.feed, x.dataset_kind,
    o.vintage_date, x.role, x.in_aggregates, x.break_before, x.correction, x.above_maximum, x.snapshot_id, x.snapshot_row
FROM stretch AS x
JOIN moment AS f ON f.indicator = x.indicator AND f.moment_no = x.first_moment
JOIN moment AS t ON t.indicator = x.indicator AND t.moment_no = x.last_moment
JOIN lineage.vintage_value AS o
    ON o.observation_id = x.observation_id AND o.snapshot_id = x.snapshot_id AND o.snapshot_row = x.snapshot_row
ORDER BY x.indicator, o.ref_area, o.time_period, x.cell, f.known_from
