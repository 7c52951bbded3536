-- severity: warns
-- description: Every vintage describes its series (title, unit, attributes) as the definitions expect; otherwise the previous vintage stays in use
-- finding: {n} series [is|are] described differently than expected in [a newer vintage|newer vintages]; the previous vintage stays in use
WITH vintage_in_use AS (  -- the newest vintage that is accepted
    SELECT provider, dataset, current_series, max(vintage_date) AS vintage_date
    FROM lineage.series_vintage
    WHERE is_declared AND is_newest
    GROUP BY provider, dataset, current_series
),
newest_vintage AS (
    SELECT provider, dataset, current_series, max(vintage_date) AS vintage_date
    FROM lineage.series_vintage
    GROUP BY provider, dataset, current_series
)
SELECT DISTINCT
    o.series,
    CASE o.finding
        WHEN 'title_changed' THEN 'title ' || o.title
        WHEN 'unit_unknown' THEN 'no title'
        WHEN 'unit_changed' THEN 'unit ' || o.unit_as_published
        ELSE 'attribute ' || o.unexpected
    END AS found,
    CASE o.finding
        WHEN 'attribute_unexpected' THEN 'one listed under expected: in sources/providers/' || o.provider || '.yaml' ELSE o.expected
    END AS expected,
    o.vintage_date, u.vintage_date AS vintage_in_use, o.used_in AS confirm_in
FROM lineage.series_description AS o
JOIN newest_vintage AS n
    ON n.provider = o.provider AND n.dataset = o.dataset AND n.current_series = o.current_series
    AND n.vintage_date = o.vintage_date
JOIN vintage_in_use AS u
    ON u.provider = o.provider AND u.dataset = o.dataset AND u.current_series = o.current_series
WHERE o.finding IS NOT NULL
