-- indicator_set.aggregate_member: the member values behind each regional figure.
-- For a reference year t: the newest usable value in t - lookback ... t. At the baseline year: exactly the baseline
-- values (nearest to the baseline year in its range; a tie takes the earlier); a member whose baseline value is not
-- usable is left out, never replaced by another year. Event counts: t only, and at the
-- baseline year the mean of the range. A censored value stands with both its ends; one that is open at an end which the
-- indicator does not bound keeps its member out, as an older number does not come back in its place. Values above the
-- maximum count at the maximum. Figures for women and men: only areas that have both and the total.
WITH settings AS (
    SELECT * FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'
),
years AS (
    SELECT DISTINCT w.time_period AS reference_year
    FROM indicator_set.weight_value AS w, settings AS s
    WHERE w.weight = 'POP_TOTAL'
        AND (w.time_period BETWEEN s.first_reference_year AND s.latest_reference_year OR w.time_period = s.baseline_year)
),
valued AS (
    SELECT
        v.observation_id, v.indicator, v.ref_area, v.cell, v.time_period,
        coalesce(v.obs_value, v.lower_bound, i.minimum) AS low, coalesce(v.obs_value, v.upper_bound, i.maximum) AS high,
        i.lookback_years, m.event_count, v.in_aggregates
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN (SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today) AS g ON g.ref_area = v.ref_area
    WHERE m.kind <> 'none'
),
in_reach AS (
    SELECT
        v.observation_id, v.indicator, v.ref_area, v.cell, v.time_period, v.low, v.high, v.in_aggregates, y.reference_year,
        row_number() OVER (
            PARTITION BY v.indicator, v.ref_area, v.cell, y.reference_year
            ORDER BY
                CASE WHEN y.reference_year = s.baseline_year THEN abs(v.time_period - s.baseline_year) ELSE 0 END,
                CASE WHEN y.reference_year = s.baseline_year THEN v.time_period ELSE -v.time_period END
        ) AS turn
    FROM valued AS v, years AS y, settings AS s
    WHERE (y.reference_year <> s.baseline_year AND v.in_aggregates
            AND v.time_period BETWEEN y.reference_year - v.lookback_years AND y.reference_year)
        OR (y.reference_year = s.baseline_year AND NOT v.event_count
            AND v.time_period BETWEEN s.baseline_from AND s.baseline_to)
),
picked AS (
    SELECT indicator, ref_area, cell, reference_year, time_period AS value_year, low, high, observation_id
    FROM in_reach
    WHERE turn = 1 AND in_aggregates AND low IS NOT NULL AND high IS NOT NULL
    UNION ALL  -- event counts at the baseline year: the mean of the range
    SELECT
        v.indicator, v.ref_area, v.cell, s.baseline_year AS reference_year, s.baseline_year AS value_year,
        avg(v.low) AS low, avg(v.high) AS high, NULL AS observation_id
    FROM valued AS v, settings AS s
    WHERE v.event_count AND v.in_aggregates AND v.low IS NOT NULL AND v.high IS NOT NULL
        AND v.time_period BETWEEN s.baseline_from AND s.baseline_to
    GROUP BY v.indicator, v.ref_area, v.cell, s.baseline_year
),
kind_of_cell AS (  -- the cells of the other sex and of the total, and the weight of the cell
    SELECT DISTINCT
        v.indicator, v.cell, i.maximum,
        v.sex IN ('F', 'M') AND i.headline_sex = '_T' AS by_sex,
        concat_ws('|', CASE v.sex WHEN 'F' THEN 'M' ELSE 'F' END, v.age, v.urbanisation, v.income_wealth_quantile,
            v.disability_status, v.education_lev, v.migratory_status, v.occupation, v.activity, v.formality,
            v.composite_breakdown) AS other_cell,
        concat_ws('|', '_T', coalesce(i.sex_total_age, v.age), v.urbanisation, v.income_wealth_quantile,
            v.disability_status, v.education_lev, v.migratory_status, v.occupation, v.activity, v.formality,
            v.composite_breakdown) AS total_cell,
        -- its own denominator for a mean (none for breakdowns that no weight knows), and the population for the
        -- coverage of medians and sums
        CASE
            WHEN m.kind <> 'mean' THEN 'POP_TOTAL'
            WHEN v.disability_status = i.headline_disability_status AND v.education_lev = i.headline_education_lev
                AND v.migratory_status = i.headline_migratory_status AND v.occupation = i.headline_occupation
                AND v.activity = i.headline_activity AND v.formality = i.headline_formality
                AND v.composite_breakdown = i.headline_composite_breakdown THEN i.weight
        END AS cell_weight,
        CASE WHEN m.kind = 'mean' THEN v.sex ELSE '_T' END AS weight_sex,
        CASE WHEN m.kind = 'mean' AND v.age <> i.headline_age THEN v.age ELSE '_T' END AS weight_age,
        CASE WHEN m.kind = 'mean' THEN v.urbanisation ELSE '_T' END AS weight_urbanisation
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
),
kept AS (
    SELECT p.*, k.maximum, k.cell_weight, k.weight_sex, k.weight_age, k.weight_urbanisation
    FROM picked AS p
    JOIN kind_of_cell AS k ON k.indicator = p.indicator AND k.cell = p.cell
    LEFT JOIN picked AS o
        ON k.by_sex AND o.indicator = p.indicator AND o.ref_area = p.ref_area
        AND o.reference_year = p.reference_year AND o.cell = k.other_cell
    LEFT JOIN picked AS t
        ON k.by_sex AND t.indicator = p.indicator AND t.ref_area = p.ref_area
        AND t.reference_year = p.reference_year AND t.cell = k.total_cell
    WHERE NOT k.by_sex OR (o.cell IS NOT NULL AND t.cell IS NOT NULL)
),
weighed AS (
    SELECT
        k.indicator, g.area_group, k.reference_year, k.cell, k.ref_area, k.value_year, k.low, k.high, k.maximum,
        k.observation_id, v.nature, v.obs_status, coalesce(v.role = 'extended backwards', FALSE) AS is_extended,
        w.weight_value, w.filling AS weight_filling, w.is_proxy AS weight_is_proxy
    FROM kept AS k
    JOIN reference.area_group AS g ON g.ref_area = k.ref_area AND g.is_member_today
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    LEFT JOIN indicator_set.value AS v ON v.observation_id = k.observation_id
    LEFT JOIN indicator_set.weight_value AS w
        ON w.ref_area = k.ref_area AND w.time_period = k.reference_year AND w.weight = k.cell_weight
        AND w.sex = k.weight_sex AND w.age = k.weight_age AND w.urbanisation = k.weight_urbanisation
)
SELECT
    indicator, area_group, reference_year, cell, ref_area, value_year,
    least(low, maximum) AS value_low, least(high, maximum) AS value_high, weight_value,
    weight_value / sum(weight_value) OVER whole AS weight_share,
    observation_id, nature, obs_status, weight_filling, weight_is_proxy, is_extended,
    coalesce(high > maximum, FALSE) AS is_capped
FROM weighed
WINDOW whole AS (  -- ordered, so that the sum is the same at every run
    PARTITION BY indicator, area_group, reference_year, cell
    ORDER BY ref_area ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
ORDER BY indicator, area_group, reference_year, cell, ref_area
