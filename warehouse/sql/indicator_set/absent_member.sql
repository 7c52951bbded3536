-- indicator_set.absent_member: the members that do not count in each regional figure, and why (code list sentence).
-- For each member it shows the newest chosen value of the cell up to the year. At the baseline year it shows the value
-- nearest to that year in the baseline period (the earlier of two equally near), otherwise the newest one before.
WITH member_without_value AS (
    SELECT f.indicator, f.ref_area AS area_group, f.time_period AS reference_year, f.cell, g.ref_area
    FROM indicator_set.aggregate AS f
    JOIN reference.area_group AS g ON g.area_group = f.ref_area AND g.is_member_today
    ANTI JOIN indicator_set.aggregate_member AS m
        ON m.indicator = f.indicator AND m.area_group = f.ref_area AND m.reference_year = f.time_period
        AND m.cell = f.cell AND m.ref_area = g.ref_area
),
candidate_value AS (
    SELECT
        v.indicator, v.ref_area, v.cell, v.sex, v.time_period, v.value_text, v.in_aggregates,
        coalesce(v.obs_status, v.published_status) AS status,
        coalesce(v.obs_value, v.lower_bound, i.minimum) + coalesce(v.obs_value, v.upper_bound, i.maximum) IS NULL AS is_open,
        v.sex <> '_T' AND i.headline_sex = '_T' AS by_sex,
        lead(v.time_period) OVER (PARTITION BY v.indicator, v.cell, v.ref_area ORDER BY v.time_period) AS next_year
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    SEMI JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.is_member_today
),
value_near_baseline AS (
    SELECT
        c.*,
        row_number() OVER (
            PARTITION BY c.indicator, c.cell, c.ref_area
            ORDER BY CASE WHEN c.time_period >= s.baseline_from THEN 0 ELSE 1 END,
                CASE WHEN c.time_period >= s.baseline_from THEN abs(c.time_period - s.baseline_year) END,
                CASE WHEN c.time_period >= s.baseline_from THEN c.time_period ELSE -c.time_period END
        ) AS turn
    FROM candidate_value AS c
    JOIN reference.settings AS s ON c.time_period <= s.baseline_to
),
newest_value AS (
    SELECT
        a.*, FALSE AS is_baseline, a.reference_year - i.lookback_years AS first_year, c.time_period, c.value_text,
        c.in_aggregates, c.status, c.is_open, c.by_sex
    FROM member_without_value AS a
    JOIN reference.indicator AS i ON i.indicator = a.indicator
    JOIN reference.settings AS s ON a.reference_year <> s.baseline_year
    LEFT JOIN candidate_value AS c
        ON c.indicator = a.indicator AND c.cell = a.cell AND c.ref_area = a.ref_area
        AND c.time_period <= a.reference_year AND coalesce(c.next_year > a.reference_year, TRUE)
    UNION ALL
    SELECT
        a.*, TRUE AS is_baseline, s.baseline_from AS first_year, c.time_period, c.value_text, c.in_aggregates, c.status,
        c.is_open, c.by_sex
    FROM member_without_value AS a
    JOIN reference.settings AS s ON a.reference_year = s.baseline_year
    LEFT JOIN value_near_baseline AS c
        ON c.indicator = a.indicator AND c.cell = a.cell AND c.ref_area = a.ref_area AND c.turn = 1
)
SELECT
    indicator, area_group, reference_year, cell, ref_area,
    CASE
        WHEN time_period IS NULL THEN CASE WHEN is_baseline THEN 'no_value_at_baseline' ELSE 'no_value' END
        WHEN is_baseline AND time_period < first_year THEN 'not_in_baseline_period'
        WHEN NOT in_aggregates THEN CASE WHEN is_baseline THEN 'kept_out_at_baseline' ELSE 'kept_out' END
        WHEN is_open THEN 'open_end'
        WHEN by_sex AND time_period >= first_year THEN 'sex_without_the_other'
        ELSE 'before_window'
    END AS absence,
    time_period AS newest_year, value_text AS newest_text, status AS newest_status
FROM newest_value
ORDER BY indicator, area_group, reference_year, cell, ref_area
