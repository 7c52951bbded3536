-- lineage.comparison: the pairs of consecutive snapshots that are compared, numbered in the order of the later
-- snapshot.
WITH snapshot_pair AS (
    SELECT DISTINCT previous_snapshot_id AS snapshot_from, snapshot_id AS snapshot_to FROM lineage.series_vintage
)
SELECT
    row_number() OVER (ORDER BY t.vintage_date, p.snapshot_to, p.snapshot_from) AS comparison_no,
    p.snapshot_from, f.vintage_date AS vintage_from, p.snapshot_to, t.vintage_date AS vintage_to
FROM snapshot_pair AS p
JOIN lineage.snapshot AS f ON f.snapshot_id = p.snapshot_from
JOIN lineage.snapshot AS t ON t.snapshot_id = p.snapshot_to
ORDER BY comparison_no
