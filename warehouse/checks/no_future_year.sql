-- severity: blocks
-- description: No value is for a year after its vintage, unless it is a forecast
-- finding: {n} [value is|values are] for a year after the vintage without being a forecast
SELECT observation_id, indicator, time_period, vintage_date
FROM harmonised.observation
WHERE time_period > extract(year FROM vintage_date) AND coalesce(obs_status, '') <> 'F'
