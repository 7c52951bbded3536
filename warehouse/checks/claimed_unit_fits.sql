-- severity: blocks
-- as of: informs
-- description: Every claimed series is in the unit of its indicator, by the unit that its newest answer states or by (% in its name
-- finding: {n} claimed series [is not in the unit of its indicator|are not in the units of their indicators]
WITH claim_in_other_unit AS (
    SELECT DISTINCT claim_id FROM harmonised.row WHERE reason = 'unit_differs'
),
newest_series_vintage AS (
    SELECT DISTINCT snapshot_id, series FROM lineage.series_vintage WHERE is_newest
),
unit_stated AS (
    SELECT r.claim_id, min(r.published_unit) FILTER (WHERE r.reason = 'unit_differs') AS unit
    FROM harmonised.row AS r
    JOIN claim_in_other_unit AS x ON x.claim_id = r.claim_id
    JOIN newest_series_vintage AS n ON n.snapshot_id = r.snapshot_id AND n.series = r.provider_series
    GROUP BY r.claim_id
    HAVING count(*) FILTER (WHERE r.outcome = 'harmonised') = 0 AND count(*) FILTER (WHERE r.reason = 'unit_differs') > 0
),
unit_in_name AS (  -- where no unit is stated, the name may contain it
    SELECT DISTINCT c.claim_id, s.series_name
    FROM reference.claim AS c
    JOIN reference.indicator AS i ON i.indicator = c.indicator AND i.unit_measure <> 'PT'
    JOIN staged.observation AS s ON s.provider = c.provider AND s.dataset = c.dataset AND s.series = c.provider_series
    JOIN newest_series_vintage AS n ON n.snapshot_id = s.snapshot_id AND n.series = s.series
    WHERE contains(s.series_name, '(%')
)
SELECT
    c.definition_file AS defined_in, i.unit_measure AS unit, c.provider, c.provider_series AS series, d.found
FROM (
    SELECT claim_id, 'unit ' || unit AS found FROM unit_stated
    UNION ALL
    SELECT claim_id, 'name ' || series_name AS found FROM unit_in_name
) AS d
JOIN reference.claim AS c ON c.claim_id = d.claim_id
JOIN reference.indicator AS i ON i.indicator = c.indicator
