-- baseline.class_test: the tests of the change of each group, by the rule of regional figures. A change is either
-- published or withheld, so only the tests of class B are needed.
WITH measure AS (
    SELECT cell_no, area_group, latest_year AS reference_year, 'weight_covered' AS criterion, weight_covered AS value
    FROM baseline.group_change
    UNION ALL
    SELECT cell_no, area_group, latest_year, 'n_areas', n_areas FROM baseline.group_change
)
SELECT * FROM "@class_test"
WHERE threshold <> 'A'
ORDER BY indicator, area_group, reference_year, cell, threshold, criterion
