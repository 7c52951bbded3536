-- quality.expected_figure: the figures that each Member State should have, by indicator and expected breakdown, with
-- the number and years of the chosen values.
WITH member AS (
    SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today
),
chosen_values AS (
    SELECT
        b.indicator, v.ref_area, b.breakdown, count(*) AS n_values, min(v.time_period) AS first_year,
        max(v.time_period) AS latest_year,
        max(CASE WHEN v.in_aggregates THEN v.time_period END) AS latest_usable_year,
        min(CASE WHEN v.dataset_kind = 'document' THEN 1 ELSE 0 END) = 1 AS only_quoted
    FROM harmonised.cell_breakdown AS b
    JOIN indicator_set.value AS v ON v.indicator = b.indicator AND v.cell = b.cell
    GROUP BY b.indicator, v.ref_area, b.breakdown
)
SELECT
    b.indicator, m.ref_area, b.breakdown, coalesce(c.n_values, 0) AS n_values, c.first_year, c.latest_year,
    c.latest_usable_year, coalesce(c.only_quoted, FALSE) AS only_quoted
FROM reference.indicator_breakdown AS b
CROSS JOIN member AS m
LEFT JOIN chosen_values AS c
    ON c.indicator = b.indicator AND c.ref_area = m.ref_area AND c.breakdown = b.breakdown
