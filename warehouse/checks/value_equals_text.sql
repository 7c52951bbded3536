-- severity: blocks
-- description: Every number equals the text as published
SELECT observation_id, indicator, obs_value, value_text
FROM harmonised.observation
WHERE obs_value IS NOT NULL AND obs_value IS DISTINCT FROM TRY_CAST(trim(value_text) AS DOUBLE)
