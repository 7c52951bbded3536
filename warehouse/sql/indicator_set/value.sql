-- indicator_set.value: the chosen observations of today: the newest state of indicator_set.value_history, which is in order
-- already, so that nothing need be sorted.
-- The Member States come before all other areas, and within each the headline figures of an indicator are together: most
-- queries are about those, and read nothing else.
-- In the order of is_member DESC, indicator, breakdown_family, ref_area, time_period, cell
SELECT * EXCLUDE (known_from, known_to, snapshot_id, snapshot_row)
FROM indicator_set.value_history
WHERE known_to IS NULL
