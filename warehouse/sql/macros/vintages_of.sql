-- vintages_of('ASP_COV_SPL', 'THA'): every value in every stored vintage for an indicator and area, with all breakdowns
-- and withdrawn values; one row for each cell and vintage
CREATE MACRO vintages_of(indicator_code, area) AS TABLE
SELECT
    v.time_period, v."@breakdowns",
    v.source, v.provider_series, v.vintage_date, v.obs_value, v.value_text, v.obs_status, v.observation_id, v.snapshot_id,
    v.snapshot_row
FROM lineage.vintage_value AS v
WHERE v.indicator = indicator_code AND v.ref_area = area
ORDER BY v.time_period, v.observation_id, v.vintage_date
