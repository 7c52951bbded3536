-- severity: blocks
-- as of: informs
-- description: Every series from which weights are made is in an available answer
-- finding: {n} series of weights [is|are] in no available answer
WITH available_series AS (
    SELECT DISTINCT provider, dataset, series FROM lineage.series_vintage
),
similar_series AS (
    SELECT
        w.role, w.sex, w.weight_series_file, w.provider_series, k.series,
        row_number() OVER (
            PARTITION BY w.role, w.sex ORDER BY jaro_winkler_similarity(k.series, w.provider_series) DESC, k.series
        ) AS place
    FROM reference.weight_series AS w
    LEFT JOIN available_series AS k ON k.provider = w.provider AND k.dataset = w.dataset
    WHERE NOT EXISTS (
        SELECT 1 FROM available_series AS o
        WHERE o.provider = w.provider AND o.dataset = w.dataset AND o.series = w.provider_series
    )
)
SELECT
    weight_series_file AS named_in, role, provider_series AS unknown_series,
    coalesce(string_agg(series, ' ' ORDER BY place), 'no series: no answer of this dataset is available') AS similar_names
FROM similar_series
WHERE place <= 3
GROUP BY weight_series_file, role, sex, provider_series
