-- Availability by indicator, breakdown and member, with the reason for each gap.
SELECT
    i.indicator, i.name, i.group_name, i.tier, i.status, q.breakdown, q.ref_area, a.area_name, q.availability,
    q.shown_as, q.latest_year, q.first_year, q.n_values, q.reason, q.filled_by
FROM quality.availability AS q
JOIN ordered_indicator AS i ON i.indicator = q.indicator
JOIN ordered_area AS a ON a.ref_area = q.ref_area
ORDER BY i.indicator_order, q.breakdown <> 'headline', q.breakdown, a.area_order
