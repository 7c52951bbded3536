-- indicator_set.weight_cell: the weight, and the cell of the weight, of each cell of an indicator: for means the
-- denominator (none for breakdowns that no weight has), for medians and sums the population, which measures coverage.
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
