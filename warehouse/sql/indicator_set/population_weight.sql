-- indicator_set.population_weight: the weights that are populations, by member, year, sex and age: the persons of the
-- five-year groups (indicator_set.age_group_population) within the age band of the weight (age _T), and within the age
-- of each cell that uses the weight. A band that cuts a five-year group takes the share of its years of age; the group
-- of 100 and over is never cut. Sums are computed in decimals, so that the result does not depend on the order of
-- addition.
WITH ages_of_cells AS (
    SELECT DISTINCT i.weight, v.age
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    WHERE v.age <> i.headline_age AND v.age <> '_T'
),
age_band AS (
    SELECT weight, '_T' AS age, sex AS weight_sex, coalesce(age_from, 0) AS age_from, coalesce(age_to, 150) AS age_to
    FROM reference.weight
    WHERE kind = 'population'
    UNION ALL
    SELECT w.weight, c.age, w.sex AS weight_sex, a.age_from, coalesce(a.age_to, 150) AS age_to
    FROM reference.weight AS w
    JOIN ages_of_cells AS c ON c.weight = w.weight
    JOIN reference.age AS a ON a.age = c.age
    WHERE w.kind = 'population' AND a.age_from IS NOT NULL
),
persons_of_band AS (
    SELECT
        b.weight, p.ref_area, p.time_period, p.sex, b.age, b.weight_sex,
        CAST(sum(CAST(
            p.persons * CASE
                WHEN p.age_from = 100 THEN CASE WHEN b.age_to >= 100 THEN 1.0 ELSE 0.0 END
                ELSE greatest(0.0, least(b.age_to + 1.0, p.age_from + 5.0) - greatest(b.age_from, p.age_from)) / 5.0
            END
        AS DECIMAL(24, 6))) AS DOUBLE) AS amount,
        CASE WHEN b.age_from = 0 AND b.age_to >= 100 AND p.sex = '_T' THEN 'published' ELSE 'interpolated' END AS filling
    FROM age_band AS b, indicator_set.age_group_population AS p
    GROUP BY b.weight, p.ref_area, p.time_period, p.sex, b.age, b.weight_sex, b.age_from, b.age_to
)
SELECT weight, ref_area, time_period, sex, age, amount, filling FROM persons_of_band WHERE weight_sex = '_T'
UNION ALL  -- a weight for one sex is the same in the cells of every sex
SELECT p.weight, p.ref_area, p.time_period, s.sex, p.age, p.amount, p.filling
FROM persons_of_band AS p, (SELECT DISTINCT sex FROM indicator_set.age_group_population) AS s
WHERE p.weight_sex <> '_T' AND p.sex = p.weight_sex
