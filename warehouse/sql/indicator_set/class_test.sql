-- indicator_set.class_test: the tests that determine the class of each regional figure. A new criterion needs one more
-- measure here.
WITH group_size AS (
    SELECT area_group, count(*) AS n_members FROM reference.area_group WHERE is_member_today GROUP BY area_group
),
measure AS (  -- a criterion that does not apply to a figure has no row; one that could not be measured is NULL
    SELECT cell_no, area_group, reference_year, 'weight_covered' AS criterion, weight_covered AS value
    FROM indicator_set.group_figure
    UNION ALL
    SELECT cell_no, area_group, reference_year, 'n_areas', n_areas FROM indicator_set.group_figure
    UNION ALL
    SELECT cell_no, area_group, reference_year, 'recent_share', recent_share FROM indicator_set.group_figure
    UNION ALL
    SELECT cell_no, area_group, reference_year, 'proxy', CASE WHEN is_proxy THEN 1 WHEN NOT is_proxy THEN 0 END
    FROM indicator_set.group_figure
    UNION ALL
    SELECT f.cell_no, f.area_group, f.reference_year, 'all_members', f.n_areas / g.n_members
    FROM indicator_set.group_figure AS f
    JOIN group_size AS g ON g.area_group = f.area_group
    WHERE f.kind = 'sum'
    UNION ALL
    SELECT cell_no, area_group, reference_year, 'sex_total', sex_total_difference
    FROM indicator_set.group_figure
    WHERE sex_total_difference IS NOT NULL
)
SELECT * FROM "@class_test"
ORDER BY indicator, area_group, reference_year, cell, threshold, criterion
