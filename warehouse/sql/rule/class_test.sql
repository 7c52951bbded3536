-- The class rule of regional figures and of changes of groups: compares the measure of each criterion with the limit of
-- each class that uses the criterion (reference.class_limit).
-- Reads measure (cell_no, area_group, reference_year, criterion, value), which the including file defines.
WITH group_size AS (
    SELECT area_group, count(*) AS n_members FROM reference.area_group WHERE is_member_today GROUP BY area_group
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
)
SELECT
    indicator, area_group, reference_year, cell, threshold, criterion, value, limit_value, years,
    coalesce(CASE bound WHEN 'at_least' THEN value >= limit_value ELSE value <= limit_value END, FALSE) AS passed
FROM test
