-- Reviewed breaks in series, in the order of the tables.
SELECT x.*, i.name AS indicator_name, a.short_name AS area_name
FROM reference.series_break AS x
JOIN ordered_indicator AS i ON i.indicator = x.indicator
JOIN reference.area AS a ON a.ref_area = x.ref_area
ORDER BY i.indicator_order, a.sort_order, x.break_year
