-- harmonised.series_map: what becomes of each published series key.
-- A key is claimed when every filter of a claim holds for it. Each of its dimensions must then be translated by the
-- crosswalk, fixed by the claim or the dataset's scope to one code, or constant over the whole series; otherwise it is refused by name.
-- National files name our indicators: a code that no definition has is refused, not out of scope.
-- A series that was renamed is claimed through the code under which it goes on (reference.series_rename).
WITH vintage_keys AS (
    SELECT DISTINCT provider, dataset, series, series_key, snapshot_id FROM staged.observation
),
keys AS (
    SELECT DISTINCT k.provider, k.dataset, k.series, k.series_key, coalesce(r.new_series, k.series) AS current_series
    FROM vintage_keys AS k
    LEFT JOIN reference.series_rename AS r
        ON r.provider = k.provider AND r.dataset = k.dataset AND r.old_series = k.series
),
dimension_codes AS (  -- how many codes each dimension takes in a series
    SELECT provider, dataset, series, dimension, count(DISTINCT code) AS codes
    FROM staged.series_dimension
    GROUP BY provider, dataset, series, dimension
),
vintage_size AS (
    SELECT provider, dataset, series, snapshot_id, count(*) AS n_keys
    FROM vintage_keys
    GROUP BY provider, dataset, series, snapshot_id
),
vintage_dimension AS (  -- ... and in how many keys of a vintage it stands
    SELECT k.provider, k.dataset, k.series, k.snapshot_id, d.dimension, count(DISTINCT k.series_key) AS n_keys
    FROM vintage_keys AS k
    JOIN staged.series_dimension AS d
        ON d.provider = k.provider AND d.dataset = k.dataset AND d.series = k.series AND d.series_key = k.series_key
    GROUP BY k.provider, k.dataset, k.series, k.snapshot_id, d.dimension
),
partial_dimension AS (  -- a vintage may have a dimension that another has not; within one it is all keys or it varies
    SELECT DISTINCT d.provider, d.dataset, d.series, d.dimension
    FROM vintage_dimension AS d
    JOIN vintage_size AS s
        ON s.provider = d.provider AND s.dataset = d.dataset AND s.series = d.series AND s.snapshot_id = d.snapshot_id
    WHERE d.n_keys < s.n_keys
),
filters_met AS (
    SELECT c.claim_id, k.provider, k.dataset, k.series, k.series_key, count(DISTINCT f.dimension) AS met
    FROM reference.claim AS c
    JOIN keys AS k ON k.provider = c.provider AND k.dataset = c.dataset AND k.current_series = c.provider_series
    JOIN reference.claim_filter AS f ON f.claim_id = c.claim_id
    JOIN staged.series_dimension AS d
        ON d.provider = k.provider AND d.dataset = k.dataset AND d.series = k.series
        AND d.series_key = k.series_key AND d.dimension = f.dimension AND d.code = f.code
    GROUP BY c.claim_id, k.provider, k.dataset, k.series, k.series_key
),
claimed AS (  -- the catalogue guarantees that at most one claim holds
    SELECT k.provider, k.dataset, k.series, k.series_key, min(c.claim_id) AS claim_id
    FROM keys AS k
    JOIN reference.claim AS c
        ON c.provider = k.provider AND c.dataset = k.dataset AND c.provider_series = k.current_series
    LEFT JOIN filters_met AS m
        ON m.claim_id = c.claim_id AND m.provider = k.provider AND m.dataset = k.dataset
        AND m.series = k.series AND m.series_key = k.series_key
    WHERE coalesce(m.met, 0) >= (SELECT count(DISTINCT f.dimension) FROM reference.claim_filter AS f WHERE f.claim_id = c.claim_id)
    GROUP BY k.provider, k.dataset, k.series, k.series_key
),
known_dimension AS (
    SELECT provider, dimension, min(crosswalk_file) AS known_in
    FROM reference.crosswalk
    WHERE concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
    GROUP BY provider, dimension
),
translated AS (
    SELECT
        d.provider, d.dataset, d.series, d.series_key, d.dimension, d.code, x.concept, x.target, n.known_in,
        r.definition_file || ':' || r.definition_line AS definition,
        CASE
            WHEN x.target IS NOT NULL THEN NULL
            WHEN EXISTS (
                SELECT 1 FROM reference.claim_filter AS f
                WHERE f.claim_id = c.claim_id AND f.dimension = d.dimension AND f.fixes
            ) THEN NULL
            WHEN EXISTS (  -- the dataset's scope fixes it: keys with another code are out of scope
                SELECT 1 FROM reference.dataset_scope AS q
                WHERE q.provider = d.provider AND q.dataset = d.dataset AND q.dimension = d.dimension
            ) THEN NULL
            WHEN EXISTS (  -- the dataset expects certain codes: rows with another one are rejected in harmonised.row
                SELECT 1 FROM reference.dataset_expected AS e
                WHERE e.provider = d.provider AND e.dataset = d.dataset AND e.published_as = d.dimension
            ) THEN NULL
            WHEN n.dimension IS NOT NULL THEN 'unknown_code'
            WHEN u.codes = 1 AND p.dimension IS NULL THEN NULL
            ELSE 'unmapped_dimension'
        END AS problem
    FROM claimed AS c
    JOIN reference.claim AS r ON r.claim_id = c.claim_id
    JOIN staged.series_dimension AS d
        ON d.provider = c.provider AND d.dataset = c.dataset AND d.series = c.series AND d.series_key = c.series_key
    JOIN dimension_codes AS u
        ON u.provider = d.provider AND u.dataset = d.dataset AND u.series = d.series AND u.dimension = d.dimension
    LEFT JOIN partial_dimension AS p
        ON p.provider = d.provider AND p.dataset = d.dataset AND p.series = d.series AND p.dimension = d.dimension
    LEFT JOIN known_dimension AS n ON n.provider = d.provider AND n.dimension = d.dimension
    LEFT JOIN reference.crosswalk AS x
        ON x.provider = d.provider AND x.dimension = d.dimension AND x.code = d.code
        AND x.concept NOT IN ('ref_area', 'obs_status', 'nature', 'unit_measure')
),
key_problem AS (
    SELECT
        provider, dataset, series, series_key,
        max(problem) AS problem,  -- a dimension without a crosswalk before a code that is not in one
        string_agg(
            CASE problem
                WHEN 'unknown_code' THEN
                    dimension || ' ' || code || ' is not in ' || coalesce(known_in, 'indicator_defs/crosswalks/' || provider)
                WHEN 'unmapped_dimension' THEN
                    'dimension ' || dimension || ' has no crosswalk in indicator_defs/crosswalks/' || provider
                    || ' and ' || definition || ' does not fix it to a code under where: add one of the two'
            END, '; ' ORDER BY dimension
        ) AS detail
    FROM translated
    GROUP BY provider, dataset, series, series_key
),
key_code AS (
    SELECT provider, dataset, series, series_key, concept, max(target) AS code
    FROM translated
    GROUP BY provider, dataset, series, series_key, concept
),
key_cell AS (  -- what a rename or a claim sets goes before what the crosswalk says; _T where nothing is said
    SELECT
        c.provider, c.dataset, c.series, c.series_key,
        string_agg(
            coalesce(
                nullif(split_part(v.set_cell, '|', b.position), ''), nullif(split_part(r.set_cell, '|', b.position), ''), k.code,
                '_T'
            ), '|' ORDER BY b.position
        ) AS cell
    FROM claimed AS c
    JOIN reference.claim AS r ON r.claim_id = c.claim_id
    CROSS JOIN reference.breakdown AS b
    LEFT JOIN reference.series_rename AS v
        ON v.provider = c.provider AND v.dataset = c.dataset AND v.old_series = c.series
    LEFT JOIN key_code AS k
        ON k.provider = c.provider AND k.dataset = c.dataset AND k.series = c.series AND k.series_key = c.series_key
        AND k.concept = b.breakdown
    GROUP BY c.provider, c.dataset, c.series, c.series_key
),
outside_scope AS (
    SELECT DISTINCT d.provider, d.dataset, d.series, d.series_key
    FROM staged.series_dimension AS d
    JOIN reference.dataset_scope AS s
        ON s.provider = d.provider AND s.dataset = d.dataset AND s.dimension = d.dimension AND s.code <> d.code
),
claimed_series AS (
    SELECT DISTINCT provider, dataset, provider_series FROM reference.claim
)
SELECT
    k.provider, k.dataset, k.series, k.series_key, k.current_series,
    c.claim_id, r.indicator,
    CASE
        WHEN d.use = 'weights' OR o.series_key IS NOT NULL THEN 'out_of_scope'
        WHEN c.claim_id IS NULL AND d.kind <> 'statistical' THEN 'rejected'
        WHEN c.claim_id IS NULL THEN 'out_of_scope'
        WHEN t.problem IS NOT NULL THEN 'rejected'
        ELSE 'harmonised'
    END AS outcome,
    CASE
        WHEN d.use = 'weights' THEN 'weight_input'
        WHEN o.series_key IS NOT NULL THEN 'outside_dataset_scope'
        WHEN c.claim_id IS NULL AND d.kind <> 'statistical' THEN 'unknown_indicator'
        WHEN c.claim_id IS NULL AND s.provider_series IS NULL
            THEN CASE WHEN w.provider_series IS NULL THEN 'series_not_claimed' ELSE 'weight_input' END
        WHEN c.claim_id IS NULL THEN 'outside_definition_filter'
        ELSE t.problem
    END AS reason,
    CASE
        WHEN c.claim_id IS NULL AND d.kind <> 'statistical' THEN 'no definition in indicator_defs/indicators has the code ' || k.series
        ELSE t.detail
    END AS detail,
    l.cell
FROM keys AS k
LEFT JOIN reference.dataset AS d ON d.provider = k.provider AND d.dataset = k.dataset
LEFT JOIN outside_scope AS o
    ON o.provider = k.provider AND o.dataset = k.dataset AND o.series = k.series AND o.series_key = k.series_key
LEFT JOIN claimed AS c
    ON c.provider = k.provider AND c.dataset = k.dataset AND c.series = k.series AND c.series_key = k.series_key
LEFT JOIN reference.claim AS r ON r.claim_id = c.claim_id
LEFT JOIN claimed_series AS s
    ON s.provider = k.provider AND s.dataset = k.dataset AND s.provider_series = k.current_series
LEFT JOIN (SELECT DISTINCT provider_series FROM reference.weight WHERE provider_series IS NOT NULL) AS w
    ON w.provider_series = k.series AND d.kind = 'statistical'
LEFT JOIN key_cell AS l
    ON l.provider = k.provider AND l.dataset = k.dataset AND l.series = k.series AND l.series_key = k.series_key
LEFT JOIN key_problem AS t
    ON t.provider = k.provider AND t.dataset = k.dataset AND t.series = k.series AND t.series_key = k.series_key
ORDER BY k.provider, k.dataset, k.series, k.series_key
