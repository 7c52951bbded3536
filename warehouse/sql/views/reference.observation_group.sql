SELECT o.observation_id, g.target_group, g.match
FROM harmonised.observation AS o
JOIN reference.cell_group AS g
    ON g.indicator = o.indicator AND g.sex = o.sex AND g.age = o.age AND g.urbanisation = o.urbanisation
    AND g.income_wealth_quantile = o.income_wealth_quantile AND g.disability_status = o.disability_status
    AND g.education_lev = o.education_lev AND g.migratory_status = o.migratory_status AND g.occupation = o.occupation
    AND g.activity = o.activity AND g.formality = o.formality AND g.composite_breakdown = o.composite_breakdown
