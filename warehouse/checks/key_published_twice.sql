-- severity: warns
-- description: No provider publishes one key more than once with different values; such values are never chosen
-- finding: {n} [key was|keys were] published more than once with different values; none of these values is chosen
WITH keys_with_several_values AS (
    SELECT indicator, ref_area, time_period, cell, feed, snapshot_id, count(*) AS candidates
    FROM harmonised.observation
    GROUP BY indicator, ref_area, time_period, cell, feed, snapshot_id
    HAVING min(value_text) <> max(value_text) OR coalesce(min(unit_mult), 0) <> coalesce(max(unit_mult), 0)
)
SELECT
    t.indicator, t.ref_area, t.time_period, t.feed,
    string_agg(DISTINCT o.provider_series, ', ' ORDER BY o.provider_series) AS provider_series,
    any_value(t.candidates) AS candidates
FROM keys_with_several_values AS t
JOIN harmonised.observation AS o
    ON o.indicator = t.indicator AND o.ref_area = t.ref_area AND o.time_period = t.time_period AND o.cell = t.cell
    AND o.feed = t.feed AND o.snapshot_id = t.snapshot_id
GROUP BY t.indicator, t.ref_area, t.time_period, t.cell, t.feed, t.snapshot_id
