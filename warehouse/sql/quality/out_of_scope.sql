-- quality.out_of_scope: the number of rows out of scope, by named rule and series.
SELECT s.snapshot_id, s.provider, s.dataset, m.reason AS rule, s.series, count(*) AS row_count
FROM staged.observation AS s
JOIN harmonised.series_map AS m
    ON m.provider = s.provider AND m.dataset = s.dataset AND m.series = s.series AND m.series_key = s.series_key
WHERE m.outcome = 'out_of_scope'
GROUP BY s.snapshot_id, s.provider, s.dataset, m.reason, s.series
ORDER BY s.snapshot_id, rule, s.series
