-- severity: warns
-- as of: informs
-- description: No chosen value is many times larger or smaller than the value of the same cell in the previous release
-- finding: {n} chosen [value is|values are] many times larger or smaller than in the previous release
WITH tolerance AS (
    SELECT
        coalesce(max(value) FILTER (WHERE quantity = 'factor'), 0) AS factor,
        coalesce(max(value) FILTER (WHERE quantity = 'least'), 0) AS least
    FROM reference.check_tolerance
    WHERE check_name = 'magnitude_kept'
)
SELECT
    v.indicator, v.ref_area, v.time_period, v.cell, p.obs_value AS value_before, v.obs_value AS value_now, p.feed AS feed_before,
    v.feed AS feed_now, p.release AS release_before
FROM indicator_set.value AS v
JOIN lineage.previous_value AS p
    ON p.indicator = v.indicator AND p.ref_area = v.ref_area AND p.time_period = v.time_period AND p.cell = v.cell
CROSS JOIN tolerance AS l
WHERE greatest(abs(v.obs_value), abs(p.obs_value)) > l.factor * least(abs(v.obs_value), abs(p.obs_value))
    AND abs(v.obs_value - p.obs_value) >= l.least
