-- harmonised.cell: the cells of each indicator, numbered. Joining, sorting and grouping values by a number takes a
-- fraction of the time and memory that the codes would take. Numbers go up with indicator, breakdown family and cell.
WITH cell AS (
    SELECT DISTINCT
        indicator, sex, age, urbanisation, income_wealth_quantile, disability_status, education_lev, migratory_status,
        occupation, activity, formality, composite_breakdown,
        concat_ws('|', sex, age, urbanisation, income_wealth_quantile, disability_status, education_lev,
            migratory_status, occupation, activity, formality, composite_breakdown) AS cell
    FROM harmonised.series_map
    WHERE outcome = 'harmonised'
),
in_family AS (
    SELECT
        c.*,
        coalesce(nullif(concat_ws('+',
            CASE WHEN c.sex <> i.headline_sex THEN 'sex' END,
            CASE WHEN c.age <> i.headline_age THEN 'age' END,
            CASE WHEN c.urbanisation <> i.headline_urbanisation THEN 'urbanisation' END,
            CASE WHEN c.income_wealth_quantile <> i.headline_income_wealth_quantile THEN 'income_wealth_quantile' END,
            CASE WHEN c.disability_status <> i.headline_disability_status THEN 'disability_status' END,
            CASE WHEN c.education_lev <> i.headline_education_lev THEN 'education_lev' END,
            CASE WHEN c.migratory_status <> i.headline_migratory_status THEN 'migratory_status' END,
            CASE WHEN c.occupation <> i.headline_occupation THEN 'occupation' END,
            CASE WHEN c.activity <> i.headline_activity THEN 'activity' END,
            CASE WHEN c.formality <> i.headline_formality THEN 'formality' END,
            CASE WHEN c.composite_breakdown <> i.headline_composite_breakdown THEN 'composite_breakdown' END
        ), ''), 'total') AS breakdown_family
    FROM cell AS c
    JOIN reference.indicator AS i ON i.indicator = c.indicator
)
SELECT
    row_number() OVER (ORDER BY indicator, breakdown_family, cell) AS cell_no,
    dense_rank() OVER (ORDER BY indicator, breakdown_family) AS family_no,
    *
FROM in_family
ORDER BY cell_no
