-- lineage.vintage_value: the values of every vintage; observation_id names the same cell in all of them.
SELECT
    observation_id, vintage_date, obs_value, value_text, lower_bound, upper_bound, obs_status, nature, unit_measure, footnote,
    snapshot_id, snapshot_row
FROM harmonised.row
WHERE outcome = 'harmonised'
ORDER BY observation_id, vintage_date, snapshot_id
