-- indicator_set.value: the chosen observations of today: the newest state of indicator_set.value_history.
-- Sorted by kind of breakdown before area: the headline figures of an indicator, which most questions are about, stand
-- together and are read without the others.
SELECT * EXCLUDE (known_from, known_to, snapshot_id, snapshot_row)
FROM indicator_set.value_history
WHERE known_to IS NULL
ORDER BY indicator, breakdown_family, ref_area, time_period, cell
