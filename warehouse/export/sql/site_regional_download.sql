-- Regional figures of every reference year, headline and by sex, with class and coverage: the CSV file of each indicator.
SELECT
    g.indicator, g.ref_area, g.time_period, g.sex, g.age, g.is_headline, g.obs_value, g.obs_status, g.lower, g.upper,
    g.publication_class, g.class_reason, g.n_areas, g.areas, g.weight_covered, g.weight_name, g.mean_year,
    g.share_estimated, g.median, g.minimum, g.maximum, g.without_largest, g.uncertainty, g.title, g.flags
FROM indicator_set.aggregate AS g
JOIN ordered_indicator AS i ON i.indicator = g.indicator
JOIN ordered_area AS a ON a.ref_area = g.ref_area
WHERE g.is_headline
    OR (i.headline_sex = '_T' AND g.sex IN ('F', 'M')
        AND g.cell = g.sex || substring(i.headline_cell, position('|' IN i.headline_cell)))
ORDER BY i.indicator_order, a.area_order, g.time_period, g.cell
