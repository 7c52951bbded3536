-- The tables of the regional baseline as its report has them: headline figures, table by table, in the order of print
SELECT
    t.sort_order AS table_order, t.table_code, t.title AS table_title, n.sort_order AS indicator_order, b.indicator,
    i.name AS indicator_name, i.tier, m.standing, b.ref_area, a.name AS area_name, b.area_type, b.baseline_year,
    b.baseline_value, b.baseline_text, b.baseline_status, b.baseline_class, b.latest_year, b.latest_value, b.latest_text,
    b.latest_status, b.publication_class, b.change, b.comparable, b.reason, b.floor, b.target, u.name AS unit,
    b.baseline_footnote, b.latest_footnote
FROM baseline.value AS b
JOIN reference.baseline_table_indicator AS n ON n.indicator = b.indicator
JOIN reference.baseline_table AS t ON t.table_code = n.table_code
JOIN reference.set_member AS m ON m.indicator = b.indicator
JOIN reference.indicator AS i ON i.indicator = b.indicator
JOIN reference.area AS a ON a.ref_area = b.ref_area
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = b.unit_measure
WHERE b.is_headline
ORDER BY t.sort_order, n.sort_order, b.area_type, a.sort_order
