-- The class that follows from the tests of a regional figure or change: A where it passes all tests of class A, B where
-- it passes all tests of class B or all of its alternative, otherwise C. Reads test (the tests), which the including
-- file defines.
SELECT
    indicator, area_group, reference_year, cell,
    CASE
        WHEN bool_and(passed) FILTER (WHERE threshold = 'A') THEN 'A'
        WHEN bool_and(passed) FILTER (WHERE threshold = 'B')
            OR bool_and(passed) FILTER (WHERE threshold = 'B_alternative') THEN 'B'
        ELSE 'C'
    END AS publication_class
FROM test
GROUP BY indicator, area_group, reference_year, cell
