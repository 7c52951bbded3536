-- reference.cell_group: the target groups of each kind of cell, most specific first.
-- A rule holds where each of its columns is empty or equal, and the cell's age band lies within the rule's ages.
WITH cell AS (
    SELECT DISTINCT
        indicator, cell, sex, age, urbanisation, income_wealth_quantile, disability_status, education_lev, migratory_status,
        occupation, activity, formality, composite_breakdown
    FROM harmonised.row
    WHERE outcome = 'harmonised'
),
matched AS (
    SELECT
        c.*, r.target_group,
        min(r.match) AS match,  -- 'exact' sorts before 'proxy': one exact rule is enough
        max(r.priority) AS priority
    FROM cell AS c
    LEFT JOIN reference.age AS a ON a.age = c.age
    JOIN reference.target_group_rule AS r
        ON (r.indicator IS NULL OR r.indicator = c.indicator)
        AND (r.sex IS NULL OR r.sex = c.sex)
        AND (r.age IS NULL OR r.age = c.age)
        AND (r.urbanisation IS NULL OR r.urbanisation = c.urbanisation)
        AND (r.income_wealth_quantile IS NULL OR r.income_wealth_quantile = c.income_wealth_quantile)
        AND (r.disability_status IS NULL OR r.disability_status = c.disability_status)
        AND (r.education_lev IS NULL OR r.education_lev = c.education_lev)
        AND (r.migratory_status IS NULL OR r.migratory_status = c.migratory_status)
        AND (r.occupation IS NULL OR r.occupation = c.occupation)
        AND (r.activity IS NULL OR r.activity = c.activity)
        AND (r.formality IS NULL OR r.formality = c.formality)
        AND (r.composite_breakdown IS NULL OR r.composite_breakdown = c.composite_breakdown)
        AND (r.age_within_from IS NULL OR (c.age <> '_T' AND a.age_from >= r.age_within_from))
        AND (r.age_within_to IS NULL OR (c.age <> '_T' AND a.age_to <= r.age_within_to))
    GROUP BY ALL
)
SELECT
    *,
    row_number() OVER (PARTITION BY indicator, cell ORDER BY priority DESC, match, target_group) AS specificity
FROM matched
ORDER BY indicator, cell, specificity
