-- Drift: every figure and label that differs between an edition (then) and a release (now).
-- Two numbers are equal within a billionth, as in the recomputation of the aggregates.
WITH frozen_and_current AS (
    SELECT
        coalesce(t.indicator, n.indicator) AS indicator, coalesce(t.ref_area, n.ref_area) AS ref_area,
        coalesce(t.cell, n.cell) AS cell, coalesce(t.item, n.item) AS item,
        coalesce(t.is_companion, n.is_companion) AS is_companion, t.obs_value AS value_then, n.obs_value AS value_now,
        t.value_text AS text_then, n.value_text AS text_now, t.time_period AS year_then, n.time_period AS year_now,
        CASE
            WHEN n.indicator IS NULL THEN 'disappeared'
            WHEN t.indicator IS NULL THEN 'new'
            WHEN (t.obs_value IS NULL) <> (n.obs_value IS NULL) THEN 'changed'
            WHEN abs(t.obs_value - n.obs_value) > 1e-9 * greatest(1, abs(t.obs_value)) THEN 'changed'
            WHEN t.obs_value IS NULL AND t.value_text IS DISTINCT FROM n.value_text THEN 'changed'
            WHEN t.time_period IS DISTINCT FROM n.time_period THEN 're_dated'
        END AS kind,
        FALSE AS is_sentence_then, FALSE AS is_sentence_now, CAST(NULL AS VARCHAR) AS sentence_code_then,
        CAST(NULL AS VARCHAR) AS sentence_code_now, CAST(NULL AS VARCHAR) AS sentence_then,
        CAST(NULL AS VARCHAR) AS sentence_now
    FROM figure_then AS t
    FULL JOIN figure_now AS n
        ON n.indicator = t.indicator AND n.ref_area = t.ref_area AND n.cell = t.cell AND n.item = t.item
),
differing_figure AS (
    SELECT * FROM frozen_and_current WHERE kind IS NOT NULL
    UNION ALL
    SELECT
        t.indicator, t.ref_area, t.cell, t.item, t.is_companion, NULL, NULL, t.label, n.label, NULL, NULL, t.kind,
        t.is_sentence, n.is_sentence, t.sentence_code, n.sentence_code, t.sentence, n.sentence
    FROM label_then AS t
    JOIN label_now AS n
        ON n.indicator = t.indicator AND n.ref_area = t.ref_area AND n.cell = t.cell AND n.item = t.item
    WHERE t.label IS DISTINCT FROM n.label
)
SELECT
    kind, indicator, ref_area, cell, item, is_companion, value_then, value_now, text_then, text_now, year_then, year_now,
    is_sentence_then, is_sentence_now, sentence_code_then, sentence_code_now, sentence_then, sentence_now
FROM differing_figure
ORDER BY
    is_companion,
    CASE kind
        WHEN 'disappeared' THEN 1 WHEN 'changed' THEN 2 WHEN 're_dated' THEN 3 WHEN 'comparability' THEN 4
        WHEN 'class' THEN 5 WHEN 'new' THEN 6 WHEN 'status' THEN 7 ELSE 8
    END,
    -- relative to the larger of the two: indicators have different units
    abs(value_now - value_then) / nullif(greatest(abs(value_now), abs(value_then)), 0) DESC NULLS LAST, indicator, ref_area, cell, item
