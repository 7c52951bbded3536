-- lineage_of('OBSERVATION_ID'): the lineage of a value to the file it was read from: row, series, snapshot, producer,
-- address, licence and sha256, in every stored vintage
CREATE MACRO lineage_of(id) AS TABLE
SELECT
    v.indicator, v.ref_area, v.time_period, v.value_text, v.obs_value, v.vintage_date, v.provider_series, v.snapshot_row,
    s.producer, s.snapshot_id, s.address, s.is_rebuilt, s.licence, s.attribution, s.files, v.source_citation, v.footnote
FROM lineage.vintage_value AS v
JOIN lineage.snapshot AS s ON s.snapshot_id = v.snapshot_id
WHERE v.observation_id = id
ORDER BY v.vintage_date DESC, v.snapshot_id
