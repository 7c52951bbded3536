-- The weights of every member at both ends, including members without a value.
SELECT w.weight, w.ref_area, w.time_period, w.sex, w.age, w.urbanisation, w.weight_value
FROM indicator_set.weight_value AS w
JOIN reference.settings AS s
    ON w.time_period IN (s.baseline_year, s.latest_reference_year)
