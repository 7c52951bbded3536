-- Rejected rows, counted by dataset, series and reason, with an example of each.
SELECT
    r.provider, r.dataset, r.series, r.stage, r.reason, count(*) AS row_count,
    arg_min(r.detail, r.snapshot_id || r.snapshot_row) AS example_detail,
    arg_min(r.row_as_published, r.snapshot_id || r.snapshot_row) AS example_row,
    min(r.snapshot_id) AS snapshot_id
FROM lineage.rejection AS r
GROUP BY r.provider, r.dataset, r.series, r.stage, r.reason
ORDER BY r.provider, r.dataset, r.series, r.stage, r.reason
