-- severity: blocks
-- as of: informs
-- description: Every dimension and code under where: of a claim exists in a key of the claimed series, in some available vintage
-- finding: {n} [dimension or code|dimensions or codes] under where: of a claim [exists|exist] in no key of the claimed series
WITH published_code AS (
    SELECT DISTINCT
        d.provider, d.dataset, coalesce(r.new_series, d.series) AS series, d.dimension, d.code
    FROM staged.series_dimension AS d
    LEFT JOIN reference.series_rename AS r
        ON r.provider = d.provider AND r.dataset = d.dataset AND r.old_series = d.series
),
unpublished_filter AS (  -- claimed_series_known reports a series without any available answer
    SELECT c.definition_file, c.definition_line, c.provider, c.dataset, c.provider_series, f.dimension, f.code
    FROM reference.claim_filter AS f
    JOIN reference.claim AS c ON c.claim_id = f.claim_id
    WHERE EXISTS (
            SELECT 1 FROM published_code AS p
            WHERE p.provider = c.provider AND p.dataset = c.dataset AND p.series = c.provider_series
        )
        AND NOT EXISTS (
            SELECT 1 FROM published_code AS p
            WHERE p.provider = c.provider AND p.dataset = c.dataset AND p.series = c.provider_series
                AND p.dimension = f.dimension AND p.code = f.code
        )
),
allowed_name AS (  -- codes of the dimension; where the series has no such dimension, its dimensions
    SELECT
        u.*, d.dimension IS NULL AS is_dimension, coalesce(d.code, p.dimension) AS near_name
    FROM unpublished_filter AS u
    LEFT JOIN published_code AS d
        ON d.provider = u.provider AND d.dataset = u.dataset AND d.series = u.provider_series AND d.dimension = u.dimension
    LEFT JOIN (SELECT DISTINCT provider, dataset, series, dimension FROM published_code) AS p
        ON d.dimension IS NULL AND p.provider = u.provider AND p.dataset = u.dataset AND p.series = u.provider_series
),
ranked_name AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY definition_file, definition_line, provider_series, dimension, code
            ORDER BY jaro_winkler_similarity(near_name, CASE WHEN is_dimension THEN dimension ELSE code END) DESC, near_name
        ) AS place
    FROM allowed_name
)
SELECT
    definition_file || ':' || definition_line AS claimed_in, provider_series AS series,
    CASE WHEN is_dimension THEN 'dimension ' || dimension ELSE dimension || ' ' || code END AS unknown,
    string_agg(near_name, ' ' ORDER BY place) AS similar_names
FROM ranked_name
WHERE place <= 5
GROUP BY definition_file, definition_line, provider_series, is_dimension, dimension, code
ORDER BY claimed_in, series, unknown
