-- severity: blocks
-- as of: informs
-- description: Every series that a weight is made of is one that an answer at hand holds
-- finding: {n} series of weights [is|are] in no answer at hand
WITH known AS (
    SELECT DISTINCT series FROM lineage.series_vintage WHERE provider <> 'national'
),
near AS (
    SELECT
        w.weight, w.weight_file, w.provider_series, k.series,
        row_number() OVER (
            PARTITION BY w.weight ORDER BY jaro_winkler_similarity(k.series, w.provider_series) DESC, k.series
        ) AS place
    FROM reference.weight AS w
    LEFT JOIN known AS k ON TRUE
    WHERE w.kind = 'series' AND w.provider_series NOT IN (SELECT series FROM known)
)
SELECT weight_file AS named_in, weight, provider_series AS unknown_series, string_agg(series, ' ' ORDER BY place) AS near_it
FROM near
WHERE place <= 3
GROUP BY weight_file, weight, provider_series
