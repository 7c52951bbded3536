-- indicator_set.sex_cell: the cells of women and of men, where the headline figure of the indicator is for both sexes:
-- each with the cell of the other sex and the cell of both, which may have another age (sex_total_age of the
-- indicator).
SELECT k.cell_no, o.cell_no AS other_sex_no, t.cell_no AS total_no
FROM harmonised.cell AS k
JOIN reference.indicator AS i ON i.indicator = k.indicator
LEFT JOIN harmonised.cell AS o
    ON o.indicator = k.indicator AND o.cell_but_sex_age = k.cell_but_sex_age AND o.age = k.age
    AND o.sex = CASE k.sex WHEN 'F' THEN 'M' ELSE 'F' END
LEFT JOIN harmonised.cell AS t
    ON t.indicator = k.indicator AND t.cell_but_sex_age = k.cell_but_sex_age AND t.sex = '_T'
    AND t.age = coalesce(i.sex_total_age, k.age)
WHERE k.sex IN ('F', 'M') AND i.headline_sex = '_T'
