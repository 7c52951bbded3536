-- The snapshots used by the release, with row counts.
SELECT
    s.provider, s.dataset, coalesce(d.title, s.dataset) AS title, s.producer, s.vintage_date,
    CASE WHEN s.is_rebuilt THEN 'yes' ELSE 'no' END AS is_rebuilt, s.licence, s.attribution, s.address,
    a.rows_in, a.harmonised, a.records, a.out_of_scope, a.rejected, a.difference, s.note, s.snapshot_id, d.terms_url
FROM lineage.snapshot AS s
LEFT JOIN reference.dataset AS d ON d.provider = s.provider AND d.dataset = s.dataset
LEFT JOIN quality.row_account AS a ON a.snapshot_id = s.snapshot_id
ORDER BY s.provider, s.dataset, s.vintage_date, s.snapshot_id
