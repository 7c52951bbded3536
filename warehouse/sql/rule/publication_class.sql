-- The class that follows from the tests of a regional figure or change, and why it is not better: the failed tests of
-- class A where it is B, those of class B where it is C. Reads test, the tests, of the file that names it.
WITH figure_class AS (
    SELECT
        indicator, area_group, reference_year, cell,
        CASE
            WHEN bool_and(passed) FILTER (WHERE threshold = 'A') THEN 'A'
            WHEN bool_and(passed) FILTER (WHERE threshold = 'B')
                OR bool_and(passed) FILTER (WHERE threshold = 'B_alternative') THEN 'B'
            ELSE 'C'
        END AS publication_class,
        coalesce(bool_or(criterion = 'sex_total' AND NOT passed), FALSE) AS sex_total_differs
    FROM test
    GROUP BY indicator, area_group, reference_year, cell
),
failed_test AS (
    SELECT
        t.indicator, t.area_group, t.reference_year, t.cell, r.sort_order, r.reason, r.unit, t.value, t.limit_value,
        CASE t.threshold WHEN 'A' THEN 'class A needs' ELSE 'needs' END AS needs
    FROM test AS t
    JOIN figure_class AS c
        ON c.indicator = t.indicator AND c.area_group = t.area_group
        AND c.reference_year = t.reference_year AND c.cell = t.cell
        AND t.threshold = CASE c.publication_class WHEN 'B' THEN 'A' WHEN 'C' THEN 'B' END
    JOIN reference.class_criterion AS r ON r.criterion = t.criterion
    WHERE NOT t.passed AND t.value IS NOT NULL
),
why_not_better AS (
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
                'areas': CASE WHEN value = 1 THEN 'area' ELSE 'areas' END,
                'needs': needs
            }),
            '; ' ORDER BY sort_order
        ) AS class_reason
    FROM failed_test
    GROUP BY indicator, area_group, reference_year, cell
)
SELECT
    c.indicator, c.area_group, c.reference_year, c.cell, c.publication_class, r.class_reason, c.sex_total_differs
FROM figure_class AS c
LEFT JOIN why_not_better AS r
    ON r.indicator = c.indicator AND r.area_group = c.area_group
    AND r.reference_year = c.reference_year AND r.cell = c.cell
