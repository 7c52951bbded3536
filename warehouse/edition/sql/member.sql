-- The members of each regional figure at both ends, with value and weight.
SELECT
    m.indicator, m.area_group, m.cell,
    CASE WHEN m.reference_year = s.baseline_year THEN 'baseline' ELSE 'latest' END AS item,
    m.ref_area, m.value_low, m.value_high, m.value_year, m.weight_value
FROM indicator_set.aggregate_member AS m
JOIN reference.settings AS s
    ON m.reference_year IN (s.baseline_year, s.latest_reference_year)
ORDER BY m.indicator, m.area_group, m.cell, m.reference_year, m.ref_area
