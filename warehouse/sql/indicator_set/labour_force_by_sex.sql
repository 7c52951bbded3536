-- indicator_set.labour_force_by_sex: the labour force and the unemployed of each member and year, both sexes, men and
-- women. Women are a published share of the labour force, men the remainder. Unemployed men are computed from their own
-- rate; unemployed women are the remainder. A sex has no row in a year for which one of its inputs is not published.
WITH published AS (  -- persons, and shares of 0 to 1
    SELECT
        f.ref_area, f.time_period, f.amount AS persons, w.amount / 100 AS share_of_women,
        u.amount / 100 AS unemployment_rate, m.amount / 100 AS unemployment_rate_of_men
    FROM indicator_set.weight_figure AS f
    LEFT JOIN indicator_set.weight_figure AS w
        ON w.role = 'women_in_labour_force' AND w.ref_area = f.ref_area AND w.time_period = f.time_period
    LEFT JOIN indicator_set.weight_figure AS u
        ON u.role = 'unemployment_rate' AND u.ref_area = f.ref_area AND u.time_period = f.time_period
    LEFT JOIN indicator_set.weight_figure AS m
        ON m.role = 'unemployment_rate_of_men' AND m.ref_area = f.ref_area AND m.time_period = f.time_period
    WHERE f.role = 'labour_force'
),
by_sex AS (
    SELECT ref_area, time_period, '_T' AS sex, persons AS labour_force, persons * unemployment_rate AS unemployed
    FROM published
    UNION ALL
    SELECT
        ref_area, time_period, 'M' AS sex, persons * (1 - share_of_women) AS labour_force,
        persons * (1 - share_of_women) * unemployment_rate_of_men AS unemployed
    FROM published
    UNION ALL
    SELECT
        ref_area, time_period, 'F' AS sex, persons * share_of_women AS labour_force,
        persons * unemployment_rate - persons * (1 - share_of_women) * unemployment_rate_of_men AS unemployed
    FROM published
)
SELECT ref_area, time_period, sex, labour_force, unemployed
FROM by_sex
WHERE unemployed IS NOT NULL
