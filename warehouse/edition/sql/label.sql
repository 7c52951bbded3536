-- The labels of the figures of a regional baseline, one row each: comparability, class, status, footnote, members.
-- A label that is a sentence of Payung has its code and its sentence with {places} (code list sentence), because the
-- wording differs between versions. is_sentence is NULL where an older version has no codes, so that it is unknown.
WITH regional_figure AS (
    SELECT a.*, CASE WHEN a.time_period = s.baseline_year THEN 'baseline' ELSE 'latest' END AS which
    FROM indicator_set.aggregate AS a
    JOIN reference.settings AS s ON a.time_period IN (s.baseline_year, s.latest_reference_year)
),
coded_value AS (  -- the codes are NULL where the table of an older version has no such columns
    SELECT * FROM baseline.value
    UNION ALL BY NAME
    SELECT CAST(NULL AS VARCHAR) AS sentence_code, CAST(NULL AS VARCHAR) AS baseline_sentence_code WHERE FALSE
),
baseline_value AS (
    SELECT
        b.*, b.baseline_value IS NOT NULL OR b.baseline_text IS NOT NULL AS has_baseline,
        b.latest_value IS NOT NULL OR b.latest_text IS NOT NULL AS has_latest,
        count(b.sentence_code) OVER () > 0 AS has_codes
    FROM coded_value AS b
),
sentence_label AS (
    SELECT
        indicator, ref_area, cell, 'comparability' AS item, 'comparability' AS kind, FALSE AS is_companion,
        CASE WHEN comparable THEN 'comparable' ELSE 'not comparable: ' || reason END AS label,
        NOT comparable AS is_sentence, sentence_code, 'not comparable: ' AS prefix
    FROM baseline_value
    WHERE has_baseline OR has_latest
    UNION ALL
    -- the footnote of a group repeats its class, members and flags, which are compared below
    SELECT
        indicator, ref_area, cell, 'baseline: footnote', 'footnote', TRUE, coalesce(baseline_footnote, 'none'),
        CASE WHEN has_codes THEN baseline_sentence_code IS NOT NULL END, baseline_sentence_code, ''
    FROM baseline_value
    WHERE has_baseline AND area_type = 'country'
),
other_label AS (
    SELECT indicator, ref_area, cell, 'unit' AS item, 'status' AS kind, FALSE AS is_companion, unit_measure AS label
    FROM baseline_value WHERE has_baseline OR has_latest
    UNION ALL
    SELECT indicator, ref_area, cell, 'baseline: class', 'class', FALSE, baseline_class FROM baseline_value WHERE area_type = 'group'
    UNION ALL
    SELECT indicator, ref_area, cell, 'latest: class', 'class', FALSE, publication_class FROM baseline_value WHERE area_type = 'group'
    UNION ALL
    SELECT indicator, ref_area, cell, 'baseline: status', 'status', FALSE, coalesce(baseline_status, 'not stated')
    FROM baseline_value WHERE has_baseline
    UNION ALL
    SELECT indicator, ref_area, cell, 'latest: status', 'status', FALSE, coalesce(latest_status, 'not stated')
    FROM baseline_value WHERE has_latest
    UNION ALL
    SELECT indicator, ref_area, cell, 'latest: footnote', 'footnote', TRUE, coalesce(latest_footnote, 'none')
    FROM baseline_value WHERE has_latest AND area_type = 'country'
    UNION ALL
    SELECT indicator, ref_area, cell, 'target group', 'status', TRUE, target_group FROM baseline_value WHERE has_baseline OR has_latest
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': reporting', 'members', TRUE, coalesce(areas, 'none') FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, which || ': flags', 'status', TRUE, coalesce(flags, 'none') FROM regional_figure
    UNION ALL
    SELECT indicator, ref_area, cell, 'change: members', 'members', TRUE, coalesce(change_areas, 'none')
    FROM baseline_value WHERE area_type = 'group'
)
SELECT
    l.indicator, l.ref_area, l.cell, l.item, l.kind, l.is_companion, l.label, l.is_sentence, l.sentence_code,
    l.prefix || k.name AS sentence
FROM sentence_label AS l
LEFT JOIN reference.code AS k ON k.codelist = 'sentence' AND k.code = l.sentence_code
UNION ALL
SELECT indicator, ref_area, cell, item, kind, is_companion, label, FALSE, NULL, NULL FROM other_label
