-- harmonised.cell_breakdown: the cells that break down an indicator by one of its expected breakdowns only. Cells by
-- sex may have another age, where the definition declares another age for figures by sex (sex_total_age).
SELECT b.indicator, b.breakdown, c.cell
FROM reference.indicator_breakdown AS b
JOIN reference.indicator AS i ON i.indicator = b.indicator
JOIN harmonised.cell AS c ON c.indicator = b.indicator
WHERE c.breakdown_family = CASE b.breakdown WHEN 'headline' THEN 'total' ELSE b.breakdown END
    OR (b.breakdown = 'sex' AND c.breakdown_family = 'sex+age' AND i.sex_total_age IS NOT NULL)
ORDER BY b.indicator, b.breakdown, c.cell
