-- severity: blocks
-- description: No year after the vintage unless it is a forecast
-- finding: {n} [value is of a year after its vintage and no forecast|values are of years after their vintages and no forecasts]
SELECT observation_id, indicator, time_period, vintage_date
FROM harmonised.observation
WHERE time_period > extract(year FROM vintage_date) AND coalesce(obs_status, '') <> 'F'
