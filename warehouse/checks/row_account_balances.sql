-- severity: blocks
-- description: Every row of every provider answer is harmonised, out of scope by a named rule, or rejected
-- finding: {n} [snapshot has|snapshots have] rows that are not accounted for
SELECT snapshot_id, rows_in, harmonised, out_of_scope, rejected, difference
FROM quality.row_account
WHERE difference <> 0
