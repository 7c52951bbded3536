-- severity: warns
-- description: In one feed and country, the total is between women and men and between urban and rural; counts add up to the total
-- finding: {n} [total does|totals do] not fit the values of [its|their] parts (women and men, urban and rural)
WITH tolerance AS (
    SELECT
        coalesce(max(value) FILTER (WHERE quantity = 'outside_points'), 0) AS points,
        coalesce(max(value) FILTER (WHERE quantity = 'outside_share'), 0) AS share
    FROM reference.check_tolerance
    WHERE check_name = 'parts_around_total'
),
part_value AS (  -- each part, with the cell of its total
    SELECT
        v.indicator, v.ref_area, v.time_period, v.feed, v.obs_value, 'sex' AS breakdown, v.sex AS part,
        t.cell AS total_cell,
        CASE WHEN m.kind = 'median' AND i.unit_measure <> 'PT' THEN 'index' ELSE m.kind END AS kind
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN harmonised.cell AS k ON k.indicator = v.indicator AND k.cell = v.cell
    JOIN harmonised.cell AS t
        ON t.indicator = k.indicator AND t.cell_but_sex_age = k.cell_but_sex_age AND t.age = k.age AND t.sex = '_T'
    WHERE v.sex IN ('F', 'M') AND i.headline_sex = '_T' AND v.obs_value IS NOT NULL
        AND coalesce(i.sex_total_age, v.age) = v.age  -- parts and total of different ages need not fit
    UNION ALL
    SELECT
        v.indicator, v.ref_area, v.time_period, v.feed, v.obs_value, 'urbanisation' AS breakdown, v.urbanisation AS part,
        t.cell AS total_cell,
        CASE WHEN m.kind = 'median' AND i.unit_measure <> 'PT' THEN 'index' ELSE m.kind END AS kind
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN harmonised.cell AS k ON k.indicator = v.indicator AND k.cell = v.cell
    JOIN harmonised.cell AS t
        ON t.indicator = k.indicator AND t.cell_but_urbanisation = k.cell_but_urbanisation AND t.urbanisation = '_T'
    WHERE v.urbanisation IN ('U', 'R') AND i.headline_urbanisation = '_T' AND v.obs_value IS NOT NULL
),
both_parts AS (
    SELECT
        indicator, ref_area, time_period, feed, breakdown, total_cell, min(kind) AS kind, min(obs_value) AS lowest,
        max(obs_value) AS highest, sum(obs_value) AS together
    FROM part_value
    GROUP BY indicator, ref_area, time_period, feed, breakdown, total_cell
    HAVING count(DISTINCT part) = 2 AND count(*) = 2
),
total_and_parts AS (
    SELECT
        p.indicator, p.ref_area, p.time_period, p.breakdown, t.cell, t.obs_value AS total, p.kind, t.unit_measure,
        CASE WHEN p.kind = 'sum' THEN p.together ELSE p.lowest END AS lowest,
        CASE WHEN p.kind = 'sum' THEN p.together ELSE p.highest END AS highest
    FROM both_parts AS p
    JOIN indicator_set.value AS t
        ON t.indicator = p.indicator AND t.ref_area = p.ref_area AND t.time_period = p.time_period AND t.cell = p.total_cell
        AND t.feed = p.feed
    JOIN reference.area AS a ON a.ref_area = p.ref_area AND a.area_type = 'country'  -- the parts of a region may cover fewer countries
    WHERE t.obs_value IS NOT NULL
)
SELECT b.indicator, b.ref_area, b.time_period, b.breakdown, b.cell, b.total, b.lowest, b.highest
FROM total_and_parts AS b
CROSS JOIN tolerance AS l
WHERE CASE
    WHEN b.kind = 'index' THEN b.highest = 0 AND b.total <> 0  -- the ratio of the whole may be outside the ratios of its parts
    ELSE greatest(b.lowest - b.total, b.total - b.highest) > CASE b.unit_measure WHEN 'PT' THEN l.points ELSE 0 END
        AND greatest(b.lowest - b.total, b.total - b.highest) > l.share * abs(b.total)
END
