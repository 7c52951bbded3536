-- indicator_set.value: the chosen observations of today: the newest state of indicator_set.value_history.
SELECT * EXCLUDE (known_from, known_to, snapshot_id, snapshot_row)
FROM indicator_set.value_history
WHERE known_to IS NULL
ORDER BY indicator, ref_area, time_period, cell
