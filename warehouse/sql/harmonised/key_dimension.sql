-- harmonised.key_dimension: the dimensions of each claimed key, with the translation of their codes by the crosswalks.
-- A code that no crosswalk translates is accepted where the claim fixes the dimension to one code, where the scope of
-- the dataset does (keys with another code are out of scope), or where the dataset expects certain codes (rows with
-- another code are rejected in harmonised.row). Otherwise a missing code in an existing crosswalk is an error, and a
-- dimension without a crosswalk must have the same code in every key of the series.
WITH dimension_codes AS (
    SELECT provider, dataset, series, dimension, count(DISTINCT code) AS code_count
    FROM staged.series_dimension
    GROUP BY provider, dataset, series, dimension
),
snapshot_keys AS (
    SELECT provider, dataset, series, snapshot_id, count(*) AS key_count
    FROM harmonised.published_key
    GROUP BY provider, dataset, series, snapshot_id
),
snapshot_dimension_keys AS (  -- keys of a snapshot that have the dimension
    SELECT k.provider, k.dataset, k.series, k.snapshot_id, d.dimension, count(DISTINCT k.series_key) AS key_count
    FROM harmonised.published_key AS k
    JOIN staged.series_dimension AS d
        ON d.provider = k.provider AND d.dataset = k.dataset AND d.series = k.series AND d.series_key = k.series_key
    GROUP BY k.provider, k.dataset, k.series, k.snapshot_id, d.dimension
),
partial_dimension AS (  -- a snapshot may lack a dimension that another has; within one snapshot, a key without it is another cell
    SELECT DISTINCT d.provider, d.dataset, d.series, d.dimension
    FROM snapshot_dimension_keys AS d
    JOIN snapshot_keys AS s
        ON s.provider = d.provider AND s.dataset = d.dataset AND s.series = d.series AND s.snapshot_id = d.snapshot_id
    WHERE d.key_count < s.key_count
),
breakdown_crosswalk AS (
    SELECT provider, dimension, code, concept, target, crosswalk_file
    FROM reference.crosswalk
    WHERE concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
),
dimension_crosswalk AS (
    SELECT provider, dimension, min(crosswalk_file) AS crosswalk_file
    FROM breakdown_crosswalk
    GROUP BY provider, dimension
),
accepted_dimension AS (
    SELECT c.claim_id, f.dimension
    FROM reference.claim AS c
    JOIN reference.claim_filter AS f ON f.claim_id = c.claim_id
    WHERE f.fixes
    UNION
    SELECT c.claim_id, s.dimension
    FROM reference.claim AS c
    JOIN reference.dataset_scope AS s ON s.provider = c.provider AND s.dataset = c.dataset
    UNION
    SELECT c.claim_id, e.published_as AS dimension
    FROM reference.claim AS c
    JOIN reference.dataset_expected AS e ON e.provider = c.provider AND e.dataset = c.dataset
),
translated AS (
    SELECT
        d.provider, d.dataset, d.series, d.series_key, d.dimension, d.code, x.concept, x.target,
        CASE
            WHEN x.target IS NOT NULL OR a.dimension IS NOT NULL THEN NULL
            WHEN w.dimension IS NOT NULL THEN 'unknown_code'
            WHEN u.code_count > 1 OR p.dimension IS NOT NULL THEN 'unmapped_dimension'
        END AS sentence_code,
        w.crosswalk_file, concat_ws(':', r.definition_file, CAST(r.definition_line AS VARCHAR)) AS definition
    FROM harmonised.claimed_key AS c
    JOIN reference.claim AS r ON r.claim_id = c.claim_id
    JOIN staged.series_dimension AS d
        ON d.provider = c.provider AND d.dataset = c.dataset AND d.series = c.series AND d.series_key = c.series_key
    JOIN dimension_codes AS u
        ON u.provider = d.provider AND u.dataset = d.dataset AND u.series = d.series AND u.dimension = d.dimension
    LEFT JOIN partial_dimension AS p
        ON p.provider = d.provider AND p.dataset = d.dataset AND p.series = d.series AND p.dimension = d.dimension
    LEFT JOIN accepted_dimension AS a ON a.claim_id = c.claim_id AND a.dimension = d.dimension
    LEFT JOIN dimension_crosswalk AS w ON w.provider = d.provider AND w.dimension = d.dimension
    LEFT JOIN breakdown_crosswalk AS x ON x.provider = d.provider AND x.dimension = d.dimension AND x.code = d.code
)
SELECT
    t.provider, t.dataset, t.series, t.series_key, t.dimension, t.code, t.concept, t.target, t.sentence_code,
    filled(s.name, MAP {
        'dimension': t.dimension, 'code': t.code, 'crosswalk_file': t.crosswalk_file, 'provider': t.provider,
        'definition': t.definition
    }) AS detail
FROM translated AS t
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = t.sentence_code
ORDER BY t.provider, t.dataset, t.series, t.series_key, t.dimension, t.concept
