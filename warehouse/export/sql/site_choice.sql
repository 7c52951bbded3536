-- The feeds of each headline cell: chosen or not, for which members, and the reason.
SELECT
    c.indicator, c.feed, coalesce(d.title, c.source) AS source_title, c.is_chosen, c.reason,
    string_agg(a.area_name, ', ' ORDER BY a.area_order) AS areas
FROM indicator_set.choice AS c
JOIN ordered_indicator AS i ON i.indicator = c.indicator
JOIN ordered_area AS a ON a.ref_area = c.ref_area AND a.area_type = 'country'
JOIN (
    SELECT DISTINCT indicator, ref_area, breakdown_family FROM indicator_set.value WHERE is_headline
) AS f ON f.indicator = c.indicator AND f.ref_area = c.ref_area AND f.breakdown_family = c.breakdown_family
LEFT JOIN (SELECT DISTINCT feed, source, dataset FROM harmonised.observation) AS o ON o.feed = c.feed AND o.source = c.source
LEFT JOIN reference.dataset AS d ON d.provider = o.source AND d.dataset = o.dataset
GROUP BY i.indicator_order, c.indicator, c.feed, coalesce(d.title, c.source), c.is_chosen, c.reason
ORDER BY i.indicator_order, c.is_chosen DESC, c.feed, c.reason
