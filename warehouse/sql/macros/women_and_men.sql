-- women_and_men('ASP_LAB_UNE'): figures of the members for women and men, from the same year and feed, with the total
-- and the difference (women minus men)
CREATE MACRO women_and_men(indicator_code) AS TABLE
SELECT
    f.ref_area, a.name AS area_name, f.time_period, f.obs_value AS women, m.obs_value AS men, t.obs_value AS total,
    f.obs_value - m.obs_value AS difference, f.feed
FROM indicator_set.value AS f
JOIN indicator_set.value AS m
    ON m.indicator = f.indicator AND m.ref_area = f.ref_area AND m.time_period = f.time_period AND m.feed = f.feed
    AND m.cell = 'M' || substr(f.cell, 2) AND m.is_member
LEFT JOIN indicator_set.value AS t
    ON t.indicator = f.indicator AND t.ref_area = f.ref_area AND t.time_period = f.time_period AND t.feed = f.feed
    AND t.is_member AND t.is_headline
JOIN reference.area AS a ON a.ref_area = f.ref_area
WHERE f.indicator = indicator_code AND f.is_member AND f.sex = 'F' AND f.breakdown_family = 'sex'
ORDER BY a.sort_order, f.time_period
