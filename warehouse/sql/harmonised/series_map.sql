-- harmonised.series_map: the outcome of each published series key, with its cell.
-- A claimed key is rejected when one of its dimensions cannot be translated (harmonised.key_dimension). A key that no
-- claim matches is out of scope; in national files and documents, which use our indicator codes, it is rejected.
WITH series_keys AS (
    SELECT DISTINCT provider, dataset, series, series_key, current_series FROM harmonised.published_key
),
key_problem AS (
    SELECT
        provider, dataset, series, series_key,
        max(sentence_code) AS sentence_code,  -- unmapped_dimension before unknown_code
        string_agg(detail, '; ' ORDER BY dimension) AS detail
    FROM harmonised.key_dimension
    GROUP BY provider, dataset, series, series_key
),
key_code AS (
    SELECT provider, dataset, series, series_key, concept, max(target) AS code
    FROM harmonised.key_dimension
    GROUP BY provider, dataset, series, series_key, concept
),
key_cell AS (  -- the code set by the rename, else by the claim, else by the crosswalk, else _T
    SELECT
        c.provider, c.dataset, c.series, c.series_key,
        string_agg(
            coalesce(
                nullif(split_part(v.set_cell, '|', b.position), ''), nullif(split_part(r.set_cell, '|', b.position), ''), k.code,
                '_T'
            ), '|' ORDER BY b.position
        ) AS cell
    FROM harmonised.claimed_key AS c
    JOIN reference.claim AS r ON r.claim_id = c.claim_id
    CROSS JOIN reference.breakdown AS b
    LEFT JOIN reference.series_rename AS v
        ON v.provider = c.provider AND v.dataset = c.dataset AND v.old_series = c.series
    LEFT JOIN key_code AS k
        ON k.provider = c.provider AND k.dataset = c.dataset AND k.series = c.series AND k.series_key = c.series_key
        AND k.concept = b.breakdown
    GROUP BY c.provider, c.dataset, c.series, c.series_key
),
outside_dataset_scope AS (
    SELECT DISTINCT d.provider, d.dataset, d.series, d.series_key
    FROM staged.series_dimension AS d
    JOIN reference.dataset_scope AS s
        ON s.provider = d.provider AND s.dataset = d.dataset AND s.dimension = d.dimension AND s.code <> d.code
),
key_reason AS (
    SELECT
        k.provider, k.dataset, k.series, k.series_key, k.current_series, c.claim_id, p.detail AS key_detail,
        CASE
            WHEN d.use = 'weights' THEN 'weight_input'
            WHEN o.series_key IS NOT NULL THEN 'outside_dataset_scope'
            WHEN c.claim_id IS NOT NULL THEN p.sentence_code
            WHEN d.kind <> 'statistical' THEN 'unknown_indicator'
            WHEN s.provider_series IS NOT NULL THEN 'outside_definition_filter'
            WHEN w.provider_series IS NOT NULL AND d.kind = 'statistical' THEN 'weight_input'
            ELSE 'series_not_claimed'
        END AS reason
    FROM series_keys AS k
    LEFT JOIN reference.dataset AS d ON d.provider = k.provider AND d.dataset = k.dataset
    LEFT JOIN outside_dataset_scope AS o
        ON o.provider = k.provider AND o.dataset = k.dataset AND o.series = k.series AND o.series_key = k.series_key
    LEFT JOIN harmonised.claimed_key AS c
        ON c.provider = k.provider AND c.dataset = k.dataset AND c.series = k.series AND c.series_key = k.series_key
    LEFT JOIN key_problem AS p
        ON p.provider = k.provider AND p.dataset = k.dataset AND p.series = k.series AND p.series_key = k.series_key
    LEFT JOIN (SELECT DISTINCT provider, dataset, provider_series FROM reference.claim) AS s
        ON s.provider = k.provider AND s.dataset = k.dataset AND s.provider_series = k.current_series
    LEFT JOIN (SELECT DISTINCT provider_series FROM reference.weight) AS w
        ON w.provider_series = k.series
),
key_outcome AS (
    SELECT
        *,
        CASE
            WHEN reason IS NULL THEN 'harmonised'
            WHEN reason IN ('unknown_indicator', 'unknown_code', 'unmapped_dimension') THEN 'rejected'
            ELSE 'out_of_scope'
        END AS outcome
    FROM key_reason
)
SELECT
    k.provider, k.dataset, k.series, k.series_key, k.current_series, k.claim_id, r.indicator, k.outcome, k.reason,
    CASE WHEN k.outcome = 'rejected' THEN k.reason END AS sentence_code,
    CASE
        WHEN k.reason = 'unknown_indicator' THEN filled(s.name, MAP {'series': k.series})
        WHEN k.outcome = 'rejected' THEN k.key_detail
    END AS detail,
    l.cell
FROM key_outcome AS k
LEFT JOIN reference.claim AS r ON r.claim_id = k.claim_id
LEFT JOIN key_cell AS l
    ON l.provider = k.provider AND l.dataset = k.dataset AND l.series = k.series AND l.series_key = k.series_key
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = 'unknown_indicator'
ORDER BY k.provider, k.dataset, k.series, k.series_key
