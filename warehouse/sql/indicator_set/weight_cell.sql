-- indicator_set.weight_cell: which cell of which weight the cells of each indicator are weighted with: a mean with its
-- own denominator (none for breakdowns that no weight has), medians and sums with the population for their coverage.
SELECT
    v.indicator, v.cell, CASE WHEN m.kind = 'mean' THEN i.weight ELSE 'POP_TOTAL' END AS weight,
    CASE WHEN m.kind = 'mean' THEN v.sex ELSE '_T' END AS sex,
    CASE WHEN m.kind = 'mean' AND v.age <> i.headline_age THEN v.age ELSE '_T' END AS age,
    CASE WHEN m.kind = 'mean' THEN v.urbanisation ELSE '_T' END AS urbanisation,
    m.kind <> 'mean' OR v.has_weight AS has_weight
FROM harmonised.cell AS v
JOIN reference.indicator AS i ON i.indicator = v.indicator
JOIN reference.method AS m ON m.method = i.method
WHERE m.kind <> 'none'
ORDER BY indicator, cell
