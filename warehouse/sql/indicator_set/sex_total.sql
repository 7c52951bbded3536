-- indicator_set.sex_total: for regional means of women and of men, the mean of both sexes over the same areas, to be
-- compared with the mean over all areas.
WITH member AS (
    SELECT
        cell_no, area_group, reference_year, ref_area, kind, CAST(weight_value AS DECIMAL(20, 3)) AS w,
        CAST(value_low AS DECIMAL(24, 9)) AS low, CAST(value_high AS DECIMAL(24, 9)) AS high
    FROM indicator_set.group_member
)
SELECT
    m.cell_no, m.area_group, m.reference_year,
    CAST(sum(t.w * (t.low + t.high)) AS DOUBLE) / 2 / nullif(CAST(sum(t.w) AS DOUBLE), 0) AS total_of_same_areas
FROM member AS m
JOIN indicator_set.sex_cell AS x ON x.cell_no = m.cell_no
JOIN member AS t
    ON t.cell_no = x.total_no AND t.area_group = m.area_group AND t.reference_year = m.reference_year
    AND t.ref_area = m.ref_area
WHERE m.kind = 'mean'
GROUP BY m.cell_no, m.area_group, m.reference_year
