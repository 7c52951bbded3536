-- What each definition claims of which series, in words that stay the same when claims are numbered anew.
WITH filtered AS (
    SELECT claim_id, string_agg(dimension || '=' || code, ', ' ORDER BY dimension, code) AS filters
    FROM reference.claim_filter
    GROUP BY claim_id
)
SELECT
    c.indicator,
    c.provider || '/' || c.dataset || '/' || c.provider_series || coalesce(' where ' || f.filters, '')
    || coalesce(' as ' || nullif(concat_ws(', ', c.set_sex, c.set_age, c.set_urbanisation, c.set_income_wealth_quantile,
        c.set_disability_status, c.set_education_lev, c.set_migratory_status, c.set_occupation, c.set_activity,
        c.set_formality, c.set_composite_breakdown), ''), '')
    || coalesce(' named ' || c.series_name_contains, '') AS claim,
    concat_ws(', ', 'rank ' || CAST(c.source_rank AS VARCHAR), 'vintages from ' || CAST(c.vintage_from AS VARCHAR),
        'vintages to ' || CAST(c.vintage_to AS VARCHAR), 'superseded before ' || CAST(c.superseded_before AS VARCHAR)) AS terms
FROM reference.claim AS c
LEFT JOIN filtered AS f ON f.claim_id = c.claim_id
ORDER BY c.indicator, claim, terms
