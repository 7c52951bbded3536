-- indicator_set.value: the currently chosen observations: the newest state of indicator_set.value_history, which is
-- already sorted. Member States come before all other areas, and within them the headline figures of an indicator are
-- stored together: most queries are about these, and read nothing else.
-- Sorted by is_member DESC, indicator, breakdown_family, ref_area, time_period, cell
SELECT * EXCLUDE (known_from, known_to, snapshot_id, snapshot_row)
FROM indicator_set.value_history
WHERE known_to IS NULL
