-- Baseline values, latest values and changes that differ between two releases: one row per cell and quantity.
WITH cell AS (
    SELECT
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.ref_area, b.ref_area) AS ref_area,
        coalesce(a.cell, b.cell) AS cell, coalesce(a.is_headline, b.is_headline) AS is_headline,
        b.baseline_value AS baseline_before, a.baseline_value AS baseline_after,
        b.baseline_year AS baseline_year_before, a.baseline_year AS baseline_year_after,
        b.latest_value AS latest_before, a.latest_value AS latest_after,
        b.latest_year AS latest_year_before, a.latest_year AS latest_year_after,
        b.change AS change_before, a.change AS change_after, b.comparable AS comparable_before,
        a.comparable AS comparable_after, b.reason AS reason_before, a.reason AS reason_after
    FROM before.baseline.value AS b
    FULL JOIN after.baseline.value AS a ON a.indicator = b.indicator AND a.ref_area = b.ref_area AND a.cell = b.cell
),
quantity AS (
    SELECT
        'baseline_value' AS quantity, indicator, ref_area, cell, is_headline, baseline_before AS value_before,
        baseline_after AS value_after, baseline_year_before AS year_before, baseline_year_after AS year_after,
        CAST(NULL AS VARCHAR) AS comparability_change
    FROM cell
    UNION ALL
    SELECT
        'latest_value', indicator, ref_area, cell, is_headline, latest_before, latest_after, latest_year_before,
        latest_year_after, NULL
    FROM cell
    UNION ALL
    SELECT
        'change', indicator, ref_area, cell, is_headline, change_before, change_after, latest_year_before,
        latest_year_after,
        CASE
            WHEN comparable_before AND NOT comparable_after THEN 'no longer comparable: ' || reason_after
            WHEN comparable_after AND NOT comparable_before THEN 'comparable now; before: ' || reason_before
        END
    FROM cell
)
SELECT
    CASE
        WHEN q.value_after IS NULL THEN 'withdrawn'
        WHEN q.value_before IS NULL THEN 'new'
        WHEN q.value_before = q.value_after THEN 'restated'
        ELSE 'changed'
    END AS kind,
    'baseline' AS level, q.quantity, q.indicator, q.ref_area, coalesce(q.year_after, q.year_before) AS time_period, q.cell,
    q.is_headline, q.value_before, q.value_after,
    CAST(q.year_before AS VARCHAR) AS text_before, CAST(q.year_after AS VARCHAR) AS text_after,
    CASE WHEN q.year_before IS DISTINCT FROM q.year_after THEN 'year' END AS fields,
    CAST(NULL AS VARCHAR) AS source_before, CAST(NULL AS VARCHAR) AS source_after,
    CAST(NULL AS VARCHAR) AS series_before, CAST(NULL AS VARCHAR) AS series_after,
    CAST(NULL AS DATE) AS vintage_before, CAST(NULL AS DATE) AS vintage_after,
    concat_ws('; ',
        CASE
            WHEN i.indicator IS NULL THEN 'indicator withdrawn from the set'
            WHEN j.indicator IS NULL THEN 'indicator new in the set'
            WHEN r.indicator IS NOT NULL THEN 'definition or method changed (' || r.fields || ')'
        END,
        q.comparability_change,
        CASE WHEN q.year_before <> q.year_after THEN 'another year: ' || q.year_before || ' -> ' || q.year_after END,
        CASE WHEN v.indicator IS NOT NULL THEN 'follows from its values in this list' END,
        (SELECT 'rules changed: ' || string_agg(rule, ', ' ORDER BY rule) FROM reruled)
    ) AS reason
FROM quantity AS q
LEFT JOIN after.reference.indicator AS i ON i.indicator = q.indicator
LEFT JOIN before.reference.indicator AS j ON j.indicator = q.indicator
LEFT JOIN redefined AS r ON r.indicator = q.indicator
LEFT JOIN (SELECT DISTINCT indicator, ref_area, cell FROM found WHERE kind <> 'restated') AS v
    ON v.indicator = q.indicator AND v.ref_area = q.ref_area AND v.cell = q.cell
WHERE (q.value_before IS NOT NULL OR q.value_after IS NOT NULL)
    AND (
        q.value_before IS NULL OR q.value_after IS NULL
        OR (q.quantity <> 'change' AND q.year_before IS DISTINCT FROM q.year_after)
        OR abs(q.value_after - q.value_before) > 1e-9 * greatest(abs(q.value_before), abs(q.value_after))
    )
