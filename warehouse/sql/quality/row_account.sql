-- quality.row_account: rows in = harmonised + records + out of scope + rejected. The two sides are counted
-- independently: rows in by the parser, the others in the tables that contain them.
WITH harmonised_rows AS (
    SELECT snapshot_id, count(*) AS row_count FROM lineage.vintage_value GROUP BY snapshot_id
),
record_rows AS (
    SELECT snapshot_id, count(*) AS row_count FROM staged.record GROUP BY snapshot_id
),
rejected_rows AS (
    SELECT snapshot_id, count(*) AS row_count FROM lineage.rejection GROUP BY snapshot_id
),
out_rows AS (
    SELECT snapshot_id, sum(row_count) AS row_count FROM quality.out_of_scope GROUP BY snapshot_id
)
SELECT
    n.snapshot_id, n.provider, n.dataset,
    n.row_count AS rows_in,
    coalesce(h.row_count, 0) AS harmonised,
    coalesce(e.row_count, 0) AS records,
    coalesce(o.row_count, 0) AS out_of_scope,
    coalesce(r.row_count, 0) AS rejected,
    n.row_count - coalesce(h.row_count, 0) - coalesce(e.row_count, 0) - coalesce(o.row_count, 0)
        - coalesce(r.row_count, 0) AS difference
FROM lineage.snapshot AS n
LEFT JOIN harmonised_rows AS h ON h.snapshot_id = n.snapshot_id
LEFT JOIN record_rows AS e ON e.snapshot_id = n.snapshot_id
LEFT JOIN out_rows AS o ON o.snapshot_id = n.snapshot_id
LEFT JOIN rejected_rows AS r ON r.snapshot_id = n.snapshot_id
ORDER BY n.snapshot_id
