-- harmonised.observation: one row per cell and feed, as in the newest vintage of the series.
-- A series requested in the newest vintage belongs to that vintage, even where the vintage has no row for it; a renamed
-- series belongs to the vintages of its new code. If a provider publishes a key more than once, the rows are kept as
-- candidates 1, 2, ...
SELECT
    k.observation_id,
    k.indicator, k.ref_area, k.time_period, k.time_detail, i.sector, coalesce(g.target_group, '_T') AS target_group,
    c."@breakdowns", k.cell,
    k.obs_value, k.value_text, k.unit_mult, k.title_check, k.lower_bound, k.upper_bound, k.unit_measure, k.obs_status, k.nature,
    k.source, k.dataset, k.provider_series, k.feed, k.candidate_no, k.source_citation, k.footnote, k.is_superseded,
    k.vintage_date, k.snapshot_id, k.snapshot_row
FROM harmonised.row AS k
JOIN lineage.series_vintage AS n
    ON n.snapshot_id = k.snapshot_id AND n.series = k.provider_series AND n.area_code IN ('', k.ref_area) AND n.is_newest
JOIN harmonised.cell AS c ON c.cell_no = k.cell_no
JOIN reference.indicator AS i ON i.indicator = k.indicator
LEFT JOIN reference.cell_group AS g ON g.indicator = k.indicator AND g.cell = k.cell AND g.specificity = 1
WHERE k.outcome = 'harmonised'
ORDER BY k.indicator, k.ref_area, k.time_period, k.source, k.provider_series, k.observation_id
