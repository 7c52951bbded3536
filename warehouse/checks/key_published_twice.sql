-- severity: warns
-- description: No provider publishes one key twice with different values; none of such candidates is chosen
SELECT indicator, ref_area, time_period, feed, string_agg(DISTINCT provider_series, ', ' ORDER BY provider_series) AS provider_series,
    count(*) AS candidates
FROM harmonised.observation
GROUP BY
    indicator, ref_area, time_period, sex, age, urbanisation, income_wealth_quantile, disability_status, education_lev,
    migratory_status, occupation, activity, formality, composite_breakdown, feed, snapshot_id
HAVING count(DISTINCT value_text) > 1
