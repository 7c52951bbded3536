-- The chosen feed of each indicator, area and breakdown family.
SELECT indicator, ref_area, breakdown_family, feed, vintage_date
FROM indicator_set.choice
WHERE is_chosen
ORDER BY indicator, ref_area, breakdown_family
