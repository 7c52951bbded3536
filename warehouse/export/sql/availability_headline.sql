-- Availability of the headline figures, one row per indicator and member, in the order of the tables.
SELECT i.indicator, i.name, i.group_name, i.tier, q.ref_area, q.shown_as
FROM quality.availability AS q
JOIN ordered_indicator AS i ON i.indicator = q.indicator
JOIN ordered_area AS a ON a.ref_area = q.ref_area
WHERE q.breakdown = 'headline'
ORDER BY i.indicator_order, a.area_order
