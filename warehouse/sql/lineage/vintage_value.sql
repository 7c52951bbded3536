-- lineage.vintage_value: the values of every vintage; observation_id names the same cell in all of them.
-- With the cell's key, so that cells withdrawn since can be asked for by indicator, area and year.
SELECT
    k.observation_id, k.vintage_date, k.obs_value, k.value_text, k.lower_bound, k.upper_bound, k.obs_status, k.nature,
    k.unit_measure, k.footnote, k.snapshot_id, k.snapshot_row,
    k.indicator, k.ref_area, k.time_period, k.time_detail, i.sector, coalesce(g.target_group, '_T') AS target_group,
    k.sex, k.age, k.urbanisation, k.income_wealth_quantile, k.disability_status, k.education_lev, k.migratory_status,
    k.occupation, k.activity, k.formality, k.composite_breakdown, k.cell, k.source, k.dataset, k.provider_series, k.feed,
    k.candidate_no, k.source_citation, k.is_superseded
FROM harmonised.row AS k
JOIN reference.indicator AS i ON i.indicator = k.indicator
LEFT JOIN reference.cell_group AS g ON g.indicator = k.indicator AND g.cell = k.cell AND g.specificity = 1
WHERE k.outcome = 'harmonised'
ORDER BY k.indicator, k.ref_area, k.time_period, k.observation_id, k.vintage_date, k.snapshot_id, k.snapshot_row
