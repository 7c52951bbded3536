-- quality.target_group: the indicators of each target group, by rule, with what members have values. An indicator that a
-- definition gives to a group stands here also without a value; a group of which no indicator speaks has no row.
WITH member AS (
    SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today
),
about AS (
    SELECT
        g.target_group, v.indicator, min(g.match) AS match, count(*) AS n_values, count(DISTINCT v.ref_area) AS n_members,
        count(DISTINCT v.ref_area) FILTER (WHERE v.sex <> i.headline_sex) AS n_members_by_sex,
        count(DISTINCT v.ref_area) FILTER (WHERE v.age <> i.headline_age) AS n_members_by_age,
        min(v.time_period) AS first_year, max(v.time_period) AS latest_year
    FROM reference.cell_group AS g
    JOIN indicator_set.value AS v ON v.indicator = g.indicator AND v.cell = g.cell
    JOIN member AS m ON m.ref_area = v.ref_area
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    GROUP BY g.target_group, v.indicator
),
named AS (  -- exact sorts before proxy
    SELECT target_group, indicator, min(match) AS match, string_agg(note, ' ' ORDER BY rule_id) AS note
    FROM reference.target_group_rule
    WHERE indicator IS NOT NULL
    GROUP BY target_group, indicator
),
general AS (
    SELECT target_group, string_agg(note, '; ' ORDER BY rule_id) AS note
    FROM reference.target_group_rule
    WHERE indicator IS NULL
    GROUP BY target_group
),
pair AS (
    SELECT target_group, indicator FROM about
    UNION
    SELECT target_group, indicator FROM named
)
SELECT
    p.target_group, p.indicator, coalesce(a.match, n.match) AS match,
    CASE WHEN n.indicator IS NOT NULL THEN 'definition' ELSE 'breakdown' END AS by_rule_of,
    CASE WHEN n.indicator IS NOT NULL THEN n.note ELSE g.note END AS note,
    coalesce(a.n_values, 0) AS n_values, coalesce(a.n_members, 0) AS n_members,
    coalesce(a.n_members_by_sex, 0) AS n_members_by_sex, coalesce(a.n_members_by_age, 0) AS n_members_by_age,
    a.first_year, a.latest_year
FROM pair AS p
LEFT JOIN about AS a ON a.target_group = p.target_group AND a.indicator = p.indicator
LEFT JOIN named AS n ON n.target_group = p.target_group AND n.indicator = p.indicator
LEFT JOIN general AS g ON g.target_group = p.target_group
ORDER BY p.target_group, p.indicator
