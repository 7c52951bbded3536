-- The headline figure of ASEAN at every reference year.
SELECT
    g.indicator, g.time_period, g.obs_value, g.publication_class, g.n_areas, g.area_names, g.weight_covered, g.class_reason,
    g.flags
FROM indicator_set.aggregate AS g
JOIN ordered_indicator AS i ON i.indicator = g.indicator
WHERE g.is_headline AND g.ref_area = 'ASEAN'
ORDER BY i.indicator_order, g.time_period
