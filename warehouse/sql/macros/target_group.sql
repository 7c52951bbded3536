-- target_group('OLDER'): all values about a target group of the Declaration, including breakdowns: the newest value of
-- every indicator, cell and member, and whether the cell matches the group exactly or is a proxy
CREATE MACRO target_group(group_code) AS TABLE
WITH value_of_group AS (
    SELECT
        v.indicator, v.ref_area, v.cell, v."@breakdowns", v.time_period, v.obs_value, v.value_text, v.unit_measure, v.obs_status, g.match,
        v.observation_id,
        row_number() OVER (PARTITION BY v.indicator, v.ref_area, v.cell ORDER BY v.time_period DESC) AS turn
    FROM reference.cell_group AS g
    JOIN indicator_set.value AS v ON v.indicator = g.indicator AND v.cell = g.cell
    WHERE g.target_group = group_code AND v.is_member
)
SELECT
    f.indicator, i.name AS indicator_name, f.match, f."@breakdowns", f.ref_area, f.time_period, f.obs_value, f.value_text, u.name AS unit,
    f.obs_status, f.observation_id
FROM value_of_group AS f
JOIN reference.area AS a ON a.ref_area = f.ref_area
JOIN reference.indicator AS i ON i.indicator = f.indicator
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = f.unit_measure
WHERE f.turn = 1
ORDER BY f.indicator, f.cell, a.sort_order
