-- severity: blocks
-- description: Every weight of a definition has a value for each ASEAN member in the latest reference year
-- finding: {n} [weight of a Member State is|weights of Member States are] missing for the latest reference year
SELECT i.indicator, i.weight, g.ref_area
FROM reference.indicator AS i
JOIN reference.method AS m ON m.method = i.method AND m.kind = 'mean'
JOIN reference.weight AS d ON d.weight = i.weight AND d.kind <> 'beneficiaries'
CROSS JOIN (SELECT ref_area FROM reference.area_group WHERE area_group = 'ASEAN' AND is_member_today) AS g
CROSS JOIN reference.settings AS s
LEFT JOIN indicator_set.weight_value AS w
    ON w.weight = i.weight AND w.ref_area = g.ref_area AND w.time_period = s.latest_reference_year
    AND w.sex = i.headline_sex AND w.age = '_T' AND w.urbanisation = '_T'
WHERE w.weight_value IS NULL AND i.status = 'with_values'
    AND (  -- weight_series_known reports a series without any answer
        d.kind <> 'series' OR d.provider_series IN (SELECT v.series FROM lineage.series_vintage AS v)
    )
