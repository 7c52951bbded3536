-- quality.target_group: the indicators of each target group, with the rule that assigns them and the number of members
-- with values. An indicator that its own definition assigns to a group is listed even without a value.
WITH member AS (
    SELECT DISTINCT ref_area FROM reference.area_group WHERE is_member_today
),
value_of_group AS (
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
rule_of_definition AS (  -- 'exact' sorts before 'proxy': one exact rule is enough
    SELECT target_group, indicator, min(match) AS match, string_agg(note, ' ' ORDER BY rule_id) AS note
    FROM reference.target_group_rule
    WHERE indicator IS NOT NULL
    GROUP BY target_group, indicator
),
general_rule AS (
    SELECT target_group, string_agg(note, '; ' ORDER BY rule_id) AS note
    FROM reference.target_group_rule
    WHERE indicator IS NULL
    GROUP BY target_group
),
group_indicator AS (
    SELECT target_group, indicator FROM value_of_group
    UNION
    SELECT target_group, indicator FROM rule_of_definition
)
SELECT
    x.target_group, x.indicator, coalesce(v.match, d.match) AS match,
    CASE WHEN d.indicator IS NOT NULL THEN 'definition' ELSE 'breakdown' END AS by_rule_of,
    CASE WHEN d.indicator IS NOT NULL THEN d.note ELSE r.note END AS note,
    coalesce(v.n_values, 0) AS n_values, coalesce(v.n_members, 0) AS n_members,
    coalesce(v.n_members_by_sex, 0) AS n_members_by_sex, coalesce(v.n_members_by_age, 0) AS n_members_by_age,
    v.first_year, v.latest_year
FROM group_indicator AS x
LEFT JOIN value_of_group AS v ON v.target_group = x.target_group AND v.indicator = x.indicator
LEFT JOIN rule_of_definition AS d ON d.target_group = x.target_group AND d.indicator = x.indicator
LEFT JOIN general_rule AS r ON r.target_group = x.target_group
ORDER BY x.target_group, x.indicator
