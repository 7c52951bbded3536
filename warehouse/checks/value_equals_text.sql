-- severity: blocks
-- description: Every number equals the published text times its multiplier
-- finding: {n} [number differs|numbers differ] from the published text times the multiplier
SELECT observation_id, indicator, obs_value, value_text, unit_mult
FROM harmonised.observation
WHERE obs_value IS NOT NULL
    AND CASE
        WHEN coalesce(unit_mult, 0) = 0 THEN obs_value IS DISTINCT FROM TRY_CAST(trim(value_text) AS DOUBLE)
        ELSE coalesce(abs(obs_value - TRY_CAST(trim(value_text) AS DOUBLE) * power(10, unit_mult)) > 1e-12 * abs(obs_value), TRUE)
    END
