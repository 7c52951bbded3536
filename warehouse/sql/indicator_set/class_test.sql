-- indicator_set.class_test: the class rule of regional figures and of the changes of groups: what is measured of each, by
-- criterion, against the limit of each class (reference.class_limit). A new criterion is a measure here.
WITH group_size AS (
    SELECT area_group, count(*) AS n_members FROM reference.area_group WHERE is_member_today GROUP BY area_group
),
measure AS (  -- a criterion that does not apply to a figure has no row; one that could not be measured is NULL
    SELECT 'figure' AS subject, cell_no, area_group, reference_year, 'weight_covered' AS criterion, weight_covered AS value
    FROM indicator_set.group_figure
    UNION ALL
    SELECT 'figure', cell_no, area_group, reference_year, 'n_areas', n_areas FROM indicator_set.group_figure
    UNION ALL
    SELECT 'figure', cell_no, area_group, reference_year, 'recent_share', recent_share FROM indicator_set.group_figure
    UNION ALL
    SELECT
        'figure', cell_no, area_group, reference_year, 'proxy', CASE WHEN is_proxy THEN 1 WHEN NOT is_proxy THEN 0 END
    FROM indicator_set.group_figure
    UNION ALL
    SELECT 'figure', f.cell_no, f.area_group, f.reference_year, 'all_members', f.n_areas / g.n_members
    FROM indicator_set.group_figure AS f
    JOIN group_size AS g ON g.area_group = f.area_group
    WHERE f.kind = 'sum'
    UNION ALL
    SELECT 'figure', cell_no, area_group, reference_year, 'sex_total', sex_total_difference
    FROM indicator_set.group_figure
    WHERE sex_total_difference IS NOT NULL
    UNION ALL
    SELECT 'change', cell_no, area_group, latest_year, 'weight_covered', weight_covered FROM baseline.group_change
    UNION ALL
    SELECT 'change', cell_no, area_group, latest_year, 'n_areas', n_areas FROM baseline.group_change
),
test AS (
    SELECT
        m.*, c.indicator, c.cell, l.threshold, r.bound,
        CASE WHEN g.n_members <= p.small_group THEN l.limit_small ELSE l.limit_value END AS limit_value,
        CASE WHEN i.is_survey THEN l.years_survey ELSE l.years END AS years
    FROM measure AS m
    JOIN harmonised.cell AS c ON c.cell_no = m.cell_no
    JOIN reference.indicator AS i ON i.indicator = c.indicator
    JOIN group_size AS g ON g.area_group = m.area_group
    JOIN reference.class_criterion AS r ON r.criterion = m.criterion
    JOIN reference.class_limit AS l ON l.publication_rule = i.publication_rule AND l.criterion = m.criterion
    JOIN reference.publication_rule AS p ON p.publication_rule = l.publication_rule AND p.threshold = l.threshold
    WHERE m.subject = 'figure' OR l.threshold <> 'A'  -- a change is published or not: class B decides
)
SELECT
    subject, indicator, area_group, reference_year, cell, threshold, criterion, value, limit_value, years,
    coalesce(CASE bound WHEN 'at_least' THEN value >= limit_value ELSE value <= limit_value END, FALSE) AS passed
FROM test
ORDER BY subject, indicator, area_group, reference_year, cell, threshold, criterion
