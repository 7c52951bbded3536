-- indicator_set.member_value: the value that represents each member at each reference year t, with its weight.
-- The newest usable value in t - lookback ... t. At the baseline year: exactly the baseline values (nearest to the baseline
-- year in the baseline period; the earlier of two equally near). A member whose baseline value is not usable is left out;
-- no other year replaces it.
-- Event counts: only t itself, and at the baseline year the mean of the period.
-- A censored value has a lower and an upper bound. If it is open on a side where the indicator has no limit, the member is
-- left out; no older number replaces it.
-- Figures for women and men: only areas with values for both and for the total.
WITH years AS (
    SELECT DISTINCT w.time_period AS reference_year
    FROM indicator_set.weight_value AS w, reference.settings AS s
    WHERE w.weight = 'POP_TOTAL'
        AND (w.time_period BETWEEN s.first_reference_year AND s.latest_reference_year OR w.time_period = s.baseline_year)
),
cell_with_weight AS (
    SELECT
        v.cell_no, v.indicator, v.cell, i.lookback_years, i.minimum, i.maximum, m.event_count,
        CASE WHEN c.has_weight THEN c.weight END AS cell_weight, c.sex AS weight_sex, c.age AS weight_age,
        c.urbanisation AS weight_urbanisation
    FROM harmonised.cell AS v
    JOIN indicator_set.weight_cell AS c ON c.indicator = v.indicator AND c.cell = v.cell
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
),
numbered_weight AS (
    SELECT row_number() OVER (ORDER BY weight, sex, age, urbanisation) AS weight_no, *
    FROM (SELECT DISTINCT weight, sex, age, urbanisation FROM indicator_set.weight_value)
),
numbered_cell AS (
    SELECT k.*, s.cell_no IS NOT NULL AS by_sex, s.other_sex_no, s.total_no, w.weight_no
    FROM cell_with_weight AS k
    LEFT JOIN indicator_set.sex_cell AS s ON s.cell_no = k.cell_no
    LEFT JOIN numbered_weight AS w
        ON w.weight = k.cell_weight AND w.sex = k.weight_sex AND w.age = k.weight_age
        AND w.urbanisation = k.weight_urbanisation
),
value_with_ends AS (
    SELECT
        k.cell_no, v.ref_area, v.time_period, CAST(v.observation_id AS UUID) AS observation, v.in_aggregates,
        k.event_count, k.lookback_years,
        coalesce(v.obs_value, v.lower_bound, k.minimum) AS low, coalesce(v.obs_value, v.upper_bound, k.maximum) AS high,
        v.nature, v.obs_status, coalesce(v.role = 'extended backwards', FALSE) AS is_extended
    FROM indicator_set.value AS v
    JOIN numbered_cell AS k ON k.indicator = v.indicator AND k.cell = v.cell
    SEMI JOIN reference.area_group AS g ON g.ref_area = v.ref_area AND g.is_member_today
),
newest_value AS (  -- valid until its window ends or a newer value follows; nothing follows the last one (least skips NULL)
    SELECT
        cell_no, ref_area, time_period, low, high, observation, nature, obs_status, is_extended,
        least(
            time_period + lookback_years,
            lead(time_period) OVER (PARTITION BY cell_no, ref_area ORDER BY time_period) - 1
        ) AS last_year
    FROM value_with_ends
    WHERE in_aggregates
),
value_near_baseline AS (
    SELECT
        v.cell_no, v.ref_area, s.baseline_year AS reference_year, v.time_period, v.low, v.high, v.observation, v.nature,
        v.obs_status, v.is_extended, v.in_aggregates,
        row_number() OVER (
            PARTITION BY v.cell_no, v.ref_area ORDER BY abs(v.time_period - s.baseline_year), v.time_period
        ) AS turn
    FROM value_with_ends AS v
    CROSS JOIN reference.settings AS s
    JOIN years AS y ON y.reference_year = s.baseline_year
    WHERE NOT v.event_count AND v.time_period BETWEEN s.baseline_from AND s.baseline_to
),
value_of_year AS (
    SELECT
        n.cell_no, n.ref_area, y.reference_year, n.time_period AS value_year, n.low, n.high, n.observation, n.nature,
        n.obs_status, n.is_extended
    FROM newest_value AS n, years AS y, reference.settings AS s
    WHERE y.reference_year BETWEEN n.time_period AND n.last_year AND y.reference_year <> s.baseline_year
        AND n.low IS NOT NULL AND n.high IS NOT NULL
    UNION ALL
    SELECT
        cell_no, ref_area, reference_year, time_period AS value_year, low, high, observation, nature, obs_status,
        is_extended
    FROM value_near_baseline
    WHERE turn = 1 AND in_aggregates AND low IS NOT NULL AND high IS NOT NULL
    UNION ALL  -- event counts at the baseline year: the mean of the period, computed in decimals like every sum
    SELECT
        v.cell_no, v.ref_area, s.baseline_year AS reference_year, s.baseline_year AS value_year,
        CAST(sum(CAST(v.low AS DECIMAL(24, 9))) AS DOUBLE) / count(*) AS low,
        CAST(sum(CAST(v.high AS DECIMAL(24, 9))) AS DOUBLE) / count(*) AS high,
        NULL AS observation, NULL AS nature, NULL AS obs_status, FALSE AS is_extended
    FROM value_with_ends AS v
    CROSS JOIN reference.settings AS s
    JOIN years AS y ON y.reference_year = s.baseline_year
    WHERE v.event_count AND v.in_aggregates AND v.low IS NOT NULL AND v.high IS NOT NULL
        AND v.time_period BETWEEN s.baseline_from AND s.baseline_to
    GROUP BY v.cell_no, v.ref_area, s.baseline_year
),
value_that_counts AS (
    SELECT p.*, k.weight_no
    FROM value_of_year AS p
    JOIN numbered_cell AS k ON k.cell_no = p.cell_no
    WHERE NOT k.by_sex
    UNION ALL
    SELECT p.*, k.weight_no
    FROM value_of_year AS p
    JOIN numbered_cell AS k ON k.cell_no = p.cell_no
    SEMI JOIN value_of_year AS o ON o.cell_no = k.other_sex_no AND o.ref_area = p.ref_area AND o.reference_year = p.reference_year
    SEMI JOIN value_of_year AS t ON t.cell_no = k.total_no AND t.ref_area = p.ref_area AND t.reference_year = p.reference_year
    WHERE k.by_sex
),
weight_of_year AS (
    SELECT c.weight_no, w.ref_area, w.time_period, w.weight_value, w.filling, w.is_proxy
    FROM indicator_set.weight_value AS w
    JOIN numbered_weight AS c
        ON c.weight = w.weight AND c.sex = w.sex AND c.age = w.age AND c.urbanisation = w.urbanisation
)
SELECT
    k.cell_no, k.ref_area, k.reference_year, k.value_year, k.low, k.high, w.weight_value, w.filling AS weight_filling,
    w.is_proxy AS weight_is_proxy, k.observation, k.nature, k.obs_status, k.is_extended
FROM value_that_counts AS k
LEFT JOIN weight_of_year AS w
    ON w.weight_no = k.weight_no AND w.ref_area = k.ref_area AND w.time_period = k.reference_year
