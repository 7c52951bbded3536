-- severity: blocks
-- description: A regional figure of class C has no value and status Q; figures of classes A and B have a value
-- finding: {n} regional [figure has|figures have] a value although withheld (class C), or no value in class A or B
SELECT indicator, ref_area, time_period, cell, publication_class, obs_value, obs_status
FROM indicator_set.aggregate
WHERE (publication_class = 'C' AND (obs_value IS NOT NULL OR obs_status IS DISTINCT FROM 'Q' OR median IS NOT NULL))
    OR (publication_class <> 'C' AND (obs_value IS NULL OR obs_status = 'Q'))
