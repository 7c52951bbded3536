-- The claims of each definition as texts, which stay the same when claims get other running numbers.
WITH claim_filter AS (
    SELECT claim_id, string_agg(dimension || '=' || code, ', ' ORDER BY dimension, code) AS filters
    FROM reference.claim_filter
    GROUP BY claim_id
)
SELECT
    c.indicator,
    c.provider || '/' || c.dataset || '/' || c.provider_series || coalesce(' where ' || f.filters, '')
    || coalesce(' as ' || nullif(concat_ws(', ', c."@set"), ''), '')
    || coalesce(' named ' || c.series_name_contains, '') AS claim,
    concat_ws(', ', 'rank ' || CAST(c.source_rank AS VARCHAR), 'vintages from ' || CAST(c.vintage_from AS VARCHAR),
        'vintages to ' || CAST(c.vintage_to AS VARCHAR), 'superseded before ' || CAST(c.superseded_before AS VARCHAR)) AS terms
FROM reference.claim AS c
LEFT JOIN claim_filter AS f ON f.claim_id = c.claim_id
ORDER BY c.indicator, claim, terms
