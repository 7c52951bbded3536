-- The labels of the figures of a regional baseline, one row each: comparability, class, status, footnote, members.
WITH regional_figure AS (
    SELECT a.*, CASE WHEN a.time_period = s.baseline_year THEN 'baseline' ELSE 'latest' END AS which
    FROM indicator_set.aggregate AS a
    JOIN reference.settings AS s ON a.time_period IN (s.baseline_year, s.latest_reference_year)
),
baseline_value AS (
    SELECT
        b.*, b.baseline_value IS NOT NULL OR b.baseline_text IS NOT NULL AS has_baseline,
        b.latest_value IS NOT NULL OR b.latest_text IS NOT NULL AS has_latest
    FROM baseline.value AS b
)
SELECT
    indicator, ref_area, cell, 'comparability' AS item, 'comparability' AS kind, FALSE AS is_companion,
    CASE WHEN comparable THEN 'comparable' ELSE 'not comparable: ' || reason END AS label
FROM baseline_value
WHERE has_baseline OR has_latest
UNION ALL
SELECT indicator, ref_area, cell, 'unit', 'status', FALSE, unit_measure FROM baseline_value WHERE has_baseline OR has_latest
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
SELECT indicator, ref_area, cell, 'baseline: footnote', 'footnote', TRUE, coalesce(baseline_footnote, 'none')
FROM baseline_value WHERE has_baseline
UNION ALL
SELECT indicator, ref_area, cell, 'latest: footnote', 'footnote', TRUE, coalesce(latest_footnote, 'none')
FROM baseline_value WHERE has_latest
UNION ALL
SELECT indicator, ref_area, cell, 'target group', 'status', TRUE, target_group FROM baseline_value WHERE has_baseline OR has_latest
UNION ALL
SELECT indicator, ref_area, cell, which || ': reporting', 'members', TRUE, coalesce(areas, 'none') FROM regional_figure
UNION ALL
SELECT indicator, ref_area, cell, which || ': flags', 'status', TRUE, coalesce(flags, 'none') FROM regional_figure
UNION ALL
SELECT indicator, ref_area, cell, 'change: members', 'members', TRUE, coalesce(change_areas, 'none')
FROM baseline_value WHERE area_type = 'group'
