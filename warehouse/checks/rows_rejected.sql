-- severity: warns
-- description: No row of a vintage in use or of a newer one is rejected; lineage.rejection lists each rejected row with its reason
-- finding: {n} [kind|kinds] of rows (by series and reason) of current vintages [was|were] rejected
SELECT r.provider, r.dataset, r.series, r.stage, r.reason, r.detail, count(*) AS row_count
FROM lineage.rejection AS r
WHERE NOT EXISTS (
    SELECT 1 FROM lineage.series_vintage AS v
    JOIN lineage.series_vintage AS n
        ON n.provider = v.provider AND n.dataset = v.dataset AND n.current_series = v.current_series
        AND n.area_code = v.area_code AND n.is_newest
    WHERE v.snapshot_id = r.snapshot_id AND v.series = r.series AND v.vintage_no < n.vintage_no
)
AND NOT EXISTS (  -- records have no series: a newer snapshot of the dataset replaces them all
    SELECT 1 FROM lineage.snapshot AS v
    JOIN lineage.snapshot AS n
        ON n.provider = v.provider AND n.dataset = v.dataset AND n.vintage_date > v.vintage_date
    WHERE v.snapshot_id = r.snapshot_id AND r.series = ''
)
GROUP BY r.provider, r.dataset, r.series, r.stage, r.reason, r.detail
