-- indicator_set.figure_class: the class of each regional figure, and why it is not higher: the failed tests of class A
-- for class B, those of class B for class C. Each criterion has its sentence in reference.class_criterion.
WITH test AS (
    SELECT * FROM indicator_set.class_test
),
class AS (
    SELECT * FROM "@publication_class"
),
failed_test AS (
    SELECT
        t.indicator, t.area_group, t.reference_year, t.cell, r.sort_order, r.reason, r.unit, t.value, t.limit_value,
        CASE t.threshold WHEN 'A' THEN 'class A needs' ELSE 'needs' END AS needs
    FROM test AS t
    JOIN class AS c
        ON c.indicator = t.indicator AND c.area_group = t.area_group
        AND c.reference_year = t.reference_year AND c.cell = t.cell
        AND t.threshold = CASE c.publication_class WHEN 'B' THEN 'A' WHEN 'C' THEN 'B' END
    JOIN reference.class_criterion AS r ON r.criterion = t.criterion
    WHERE NOT t.passed AND t.value IS NOT NULL
),
why_not_higher AS (
    SELECT
        indicator, area_group, reference_year, cell,
        string_agg(
            filled(reason, MAP {
                'value': CASE unit
                    WHEN 'share' THEN CAST(half_up(value, 3) AS VARCHAR)
                    ELSE CAST(CAST(round(value) AS INTEGER) AS VARCHAR)
                END,
                'limit': CASE unit
                    WHEN 'share' THEN CAST(half_up(limit_value, 2) AS VARCHAR)
                    ELSE CAST(CAST(round(limit_value) AS INTEGER) AS VARCHAR)
                END,
                'members': CASE WHEN value = 1 THEN 'member' ELSE 'members' END,
                'needs': needs
            }),
            '; ' ORDER BY sort_order
        ) AS class_reason
    FROM failed_test
    GROUP BY indicator, area_group, reference_year, cell
),
sex_total AS (
    SELECT indicator, area_group, reference_year, cell, bool_or(NOT passed) AS differs
    FROM test
    WHERE criterion = 'sex_total'
    GROUP BY indicator, area_group, reference_year, cell
)
SELECT
    c.indicator, c.area_group, c.reference_year, c.cell, c.publication_class, r.class_reason,
    coalesce(x.differs, FALSE) AS sex_total_differs
FROM class AS c
LEFT JOIN why_not_higher AS r
    ON r.indicator = c.indicator AND r.area_group = c.area_group
    AND r.reference_year = c.reference_year AND r.cell = c.cell
LEFT JOIN sex_total AS x
    ON x.indicator = c.indicator AND x.area_group = c.area_group
    AND x.reference_year = c.reference_year AND x.cell = c.cell
