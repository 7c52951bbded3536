-- severity: blocks
-- description: A regional figure of class C shows no number and status Q; classes A and B show one
-- finding: {n} regional [figure shows|figures show] more or less than [its|their] class allows
SELECT indicator, ref_area, time_period, cell, publication_class, obs_value, obs_status
FROM indicator_set.aggregate
WHERE (publication_class = 'C' AND (obs_value IS NOT NULL OR obs_status IS DISTINCT FROM 'Q' OR median IS NOT NULL))
    OR (publication_class <> 'C' AND (obs_value IS NULL OR obs_status = 'Q'))
