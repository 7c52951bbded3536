-- severity: blocks
-- as of: informs
-- description: Every claimed series was requested: an available snapshot covers it, or a download that failed names it (for a new series: payung refresh --online)
-- finding: {n} claimed series [was|were] never requested, so no available snapshot can contain [it|them]; run payung refresh --online
WITH requested_series AS (
    SELECT DISTINCT n.provider, n.dataset, unnest([s.series, r.new_series]) AS series
    FROM lineage.snapshot_series AS s
    JOIN lineage.snapshot AS n ON n.snapshot_id = s.snapshot_id
    LEFT JOIN reference.series_rename AS r
        ON r.provider = n.provider AND r.dataset = n.dataset AND r.old_series = s.series
),
unrequested_series AS (  -- without series that a provider refused or did not deliver: the download reports them
    SELECT DISTINCT c.definition_file, c.definition_line, c.indicator, c.provider, c.dataset, c.provider_series
    FROM reference.claim AS c
    JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset AND d.kind = 'statistical'
    WHERE
        NOT EXISTS (
            SELECT 1 FROM requested_series AS k
            WHERE k.provider = c.provider AND k.dataset = c.dataset AND k.series = c.provider_series
        )
        AND NOT EXISTS (
            SELECT 1 FROM lineage.fetch AS f
            WHERE f.provider = c.provider AND f.dataset = c.dataset
                AND (f.outcome = 'failed' OR contains(f.left_out, c.provider_series))
        )
),
similar_series AS (
    SELECT
        u.definition_file, u.definition_line, u.indicator, u.provider_series, k.series,
        row_number() OVER (
            PARTITION BY u.definition_file, u.definition_line, u.indicator, u.provider_series
            ORDER BY jaro_winkler_similarity(k.series, u.provider_series) DESC, k.series
        ) AS place
    FROM unrequested_series AS u
    LEFT JOIN requested_series AS k ON k.provider = u.provider AND k.dataset = u.dataset
)
SELECT
    definition_file || ':' || definition_line AS claimed_in, indicator, provider_series AS unknown_series,
    coalesce(string_agg(series, ' ' ORDER BY place), 'no series: no answer of this dataset is available') AS similar_names
FROM similar_series
WHERE place <= 3
GROUP BY definition_file, definition_line, indicator, provider_series
