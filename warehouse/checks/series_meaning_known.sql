-- severity: blocks
-- as of: informs
-- description: Every claimed series and every series of a weight has at least one available vintage that is described as its definition expects
-- finding: {n} series [has|have] no vintage that is described as [its definition expects|their definitions expect]
SELECT
    d.used_in AS claimed_in, d.series,
    CASE d.finding
        WHEN 'title_changed' THEN 'title ' || d.title
        WHEN 'unit_unknown' THEN 'no title: add the vintage to indicator_defs/vintage_units.csv'
        ELSE 'attribute ' || d.unexpected
    END AS found,
    CASE d.finding
        WHEN 'attribute_unexpected' THEN 'one listed under expected: in sources/providers/' || d.provider || '.yaml' ELSE d.expected
    END AS expected,
    max(d.vintage_date) AS newest_vintage
FROM lineage.series_description AS d
WHERE d.finding IS NOT NULL AND d.finding <> 'unit_changed'
    AND NOT EXISTS (
        SELECT 1 FROM lineage.series_description AS o
        WHERE o.used_in = d.used_in AND o.current_series = d.current_series AND o.provider = d.provider
            AND o.dataset = d.dataset AND (o.finding IS NULL OR o.finding = 'unit_changed')
            AND NOT EXISTS (
                SELECT 1 FROM lineage.series_description AS b
                WHERE b.snapshot_id = o.snapshot_id AND b.used_in = o.used_in AND b.current_series = o.current_series
                    AND b.blocks AND b.finding <> 'unit_changed'
            )
    )
GROUP BY d.used_in, d.series, d.finding, d.title, d.unexpected, d.provider, d.expected
