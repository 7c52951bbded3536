-- severity: blocks
-- description: The contributions of the members add up to the change of the group
-- finding: {n} [change of a group differs|changes of groups differ] from the sum of the contributions of the members
SELECT b.indicator, b.ref_area, b.cell, b.change, c.total
FROM baseline.value AS b
JOIN (
    SELECT indicator, area_group, cell, sum(contribution) AS total
    FROM baseline.change_contribution
    GROUP BY indicator, area_group, cell
) AS c ON c.indicator = b.indicator AND c.area_group = b.ref_area AND c.cell = b.cell
WHERE b.change IS NOT NULL AND abs(b.change - c.total) > 1e-8 * greatest(1, abs(b.change))
