-- The regional baseline: headline figures of members and groups, with labels; gaps are rows with a reason
SELECT
    b.indicator, i.name AS indicator_name, i.indicator_group, i.tier, b.ref_area, a.name AS area_name, b.area_type,
    b.sex, b.age, b.baseline_year, b.baseline_value, b.baseline_text, b.baseline_status, b.latest_year, b.latest_value,
    b.latest_text, b.latest_status, b.change, b.comparable, b.reason, b.floor, b.target, u.name AS unit,
    b.publication_class, b.change_areas, b.change_without_largest, b.baseline_footnote, b.latest_footnote
FROM baseline.value AS b
JOIN reference.indicator AS i ON i.indicator = b.indicator
JOIN reference.area AS a ON a.ref_area = b.ref_area
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = b.unit_measure
WHERE b.is_headline
ORDER BY b.indicator, a.sort_order
