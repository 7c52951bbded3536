-- Regional figures that differ between two releases, with the members and weights that explain the difference.
-- A title that is a sentence of Payung is compared by its code, because the wording differs between versions.
WITH version AS (  -- a release of an older version has no codes
    SELECT
        (SELECT count(title_sentence_code) > 0 FROM before.indicator_set.aggregate)
        AND (SELECT count(title_sentence_code) > 0 FROM after.indicator_set.aggregate) AS both_have_codes
),
cell AS (
    SELECT
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.ref_area, b.ref_area) AS ref_area,
        coalesce(a.time_period, b.time_period) AS time_period, coalesce(a.cell, b.cell) AS cell,
        coalesce(a.is_headline, b.is_headline) AS is_headline,
        b.obs_value AS value_before, a.obs_value AS value_after,
        b.publication_class AS class_before, a.publication_class AS class_after,
        nullif(concat_ws(', ',
            CASE WHEN b.publication_class IS DISTINCT FROM a.publication_class THEN 'publication_class' END,
            CASE WHEN b.areas IS DISTINCT FROM a.areas THEN 'areas' END,
            CASE
                WHEN b.title IS NOT DISTINCT FROM a.title THEN NULL
                WHEN b.title_sentence_code = a.title_sentence_code THEN NULL
                WHEN coalesce(b.title_sentence_code, a.title_sentence_code) IS NULL OR v.both_have_codes THEN 'title'
            END,
            CASE WHEN b.flags IS DISTINCT FROM a.flags THEN 'flags' END,
            CASE WHEN b.is_headline IS DISTINCT FROM a.is_headline THEN 'is_headline' END), '') AS fields
    FROM before.indicator_set.aggregate AS b
    FULL JOIN after.indicator_set.aggregate AS a
        ON a.indicator = b.indicator AND a.ref_area = b.ref_area AND a.time_period = b.time_period AND a.cell = b.cell
    CROSS JOIN version AS v
),
differing_cell AS (
    SELECT
        *,
        CASE
            WHEN value_before IS NOT NULL AND value_after IS NULL THEN 'withdrawn'
            WHEN value_before IS NULL AND value_after IS NOT NULL THEN 'new'
            WHEN abs(value_after - value_before) > 1e-9 * greatest(abs(value_before), abs(value_after)) THEN 'changed'
            ELSE 'restated'
        END AS kind
    FROM cell
    -- figures that are withheld on both sides do not differ
    WHERE (value_before IS NOT NULL OR value_after IS NOT NULL)
        AND (value_before IS NULL OR value_after IS NULL OR fields IS NOT NULL
            OR abs(value_after - value_before) > 1e-9 * greatest(abs(value_before), abs(value_after)))
),
member AS (
    SELECT
        coalesce(a.indicator, b.indicator) AS indicator, coalesce(a.area_group, b.area_group) AS area_group,
        coalesce(a.reference_year, b.reference_year) AS reference_year, coalesce(a.cell, b.cell) AS cell,
        coalesce(n.short_name, n.name, a.ref_area, b.ref_area) AS area_name, n.sort_order AS area_order,
        b.ref_area IS NULL AS is_new, a.ref_area IS NULL AS is_removed,
        b.value_year IS DISTINCT FROM a.value_year OR b.value_low IS DISTINCT FROM a.value_low
            OR b.value_high IS DISTINCT FROM a.value_high AS value_differs,
        abs(a.weight_value - b.weight_value) > 1e-9 * abs(b.weight_value) AS weight_differs
    FROM before.indicator_set.aggregate_member AS b
    FULL JOIN after.indicator_set.aggregate_member AS a
        ON a.indicator = b.indicator AND a.area_group = b.area_group AND a.reference_year = b.reference_year
        AND a.cell = b.cell AND a.ref_area = b.ref_area
    LEFT JOIN after.reference.area AS n ON n.ref_area = coalesce(a.ref_area, b.ref_area)
),
member_that_differs AS (
    SELECT
        indicator, area_group, reference_year, cell,
        string_agg(area_name, ', ' ORDER BY area_order) FILTER (is_new) AS joined,
        string_agg(area_name, ', ' ORDER BY area_order) FILTER (is_removed) AS removed,
        string_agg(area_name, ', ' ORDER BY area_order) FILTER (value_differs AND NOT is_new AND NOT is_removed) AS differs,
        string_agg(area_name, ', ' ORDER BY area_order) FILTER (weight_differs) AS reweighted
    FROM member
    WHERE is_new OR is_removed OR value_differs OR weight_differs
    GROUP BY indicator, area_group, reference_year, cell
)
SELECT
    d.kind, 'regional' AS level, 'obs_value' AS quantity, d.indicator, d.ref_area, d.time_period, d.cell, d.is_headline,
    d.value_before, d.value_after, d.class_before AS text_before, d.class_after AS text_after, d.fields,
    CAST(NULL AS VARCHAR) AS source_before, CAST(NULL AS VARCHAR) AS source_after,
    CAST(NULL AS VARCHAR) AS series_before, CAST(NULL AS VARCHAR) AS series_after,
    CAST(NULL AS DATE) AS vintage_before, CAST(NULL AS DATE) AS vintage_after,
    concat_ws('; ',
        CASE
            WHEN i.indicator IS NULL THEN 'indicator withdrawn from the set'
            WHEN j.indicator IS NULL THEN 'indicator new in the set'
            WHEN r.indicator IS NOT NULL THEN 'definition or method changed (' || r.fields || ')'
        END,
        CASE WHEN d.class_before <> d.class_after THEN 'class ' || d.class_before || ' -> ' || d.class_after END,
        'changed values of ' || m.differs, 'no longer with ' || m.removed, 'now with ' || m.joined,
        'changed weights of ' || m.reweighted,
        (SELECT 'membership of a group changed: ' || string_agg(area_group, ', ' ORDER BY area_group)
            FROM regrouped WHERE regrouped.area_group = d.ref_area),
        (SELECT 'rules changed: ' || string_agg(rule, ', ' ORDER BY rule) FROM reruled)
    ) AS reason
FROM differing_cell AS d
LEFT JOIN member_that_differs AS m
    ON m.indicator = d.indicator AND m.area_group = d.ref_area AND m.reference_year = d.time_period AND m.cell = d.cell
LEFT JOIN after.reference.indicator AS i ON i.indicator = d.indicator
LEFT JOIN before.reference.indicator AS j ON j.indicator = d.indicator
LEFT JOIN redefined AS r ON r.indicator = d.indicator
