-- baseline.value: baseline, latest and change of members and groups in one table.
-- The change of a group is over the members comparable at both ends, never the difference of the two figures shown, and
-- is given only if these members reach class B. Reasons and notes have the code of their sentence (code list sentence).
WITH baseline_figure AS (
    SELECT a.* FROM indicator_set.aggregate AS a JOIN reference.settings AS s ON a.time_period = s.baseline_year
),
latest_figure AS (
    SELECT a.* FROM indicator_set.aggregate AS a JOIN reference.settings AS s ON a.time_period = s.latest_reference_year
),
both_ends AS (
    SELECT
        coalesce(b.indicator, l.indicator) AS indicator, coalesce(b.ref_area, l.ref_area) AS ref_area,
        coalesce(b.cell, l.cell) AS cell, coalesce(b.is_headline, l.is_headline) AS is_headline,
        b.time_period AS baseline_year, b.obs_value AS baseline_value, b.obs_status AS baseline_status,
        b.publication_class AS baseline_class, b.area_names AS baseline_area_names,
        l.time_period AS latest_year, l.obs_value AS latest_value, l.obs_status AS latest_status,
        l.publication_class AS latest_class, l.area_names AS latest_area_names
    FROM baseline_figure AS b
    FULL JOIN latest_figure AS l ON l.indicator = b.indicator AND l.ref_area = b.ref_area AND l.cell = b.cell
),
group_value AS (
    SELECT
        e.*, i.sector, i.unit_measure, c.change, c.areas AS change_areas, c.area_names AS change_area_names,
        c.change_without_largest,
        CASE
            WHEN e.latest_class IS NULL OR e.baseline_class IS NULL THEN 'no_figure_at_one_end'
            WHEN e.latest_class = 'C' OR e.baseline_class = 'C' THEN 'figure_withheld_at_one_end'
            WHEN m.kind = 'median' THEN 'medians_not_compared'
            WHEN c.indicator IS NULL THEN 'no_member_at_both_ends'
            WHEN f.publication_class = 'C' THEN 'few_members_at_both_ends'
        END AS sentence_code,
        CASE WHEN e.baseline_class = 'C' THEN 'withheld_reporting' END AS baseline_sentence_code,
        CASE WHEN e.latest_class = 'C' THEN 'withheld_reporting' END AS latest_sentence_code
    FROM both_ends AS e
    JOIN reference.indicator AS i ON i.indicator = e.indicator
    JOIN reference.method AS m ON m.method = i.method
    LEFT JOIN baseline.group_change AS c ON c.indicator = e.indicator AND c.area_group = e.ref_area AND c.cell = e.cell
    LEFT JOIN baseline.change_class AS f
        ON f.indicator = c.indicator AND f.area_group = c.area_group AND f.cell = c.cell
),
flag_text AS (  -- the flags of a regional figure in words, in their order
    SELECT
        f.indicator, f.ref_area, f.time_period, f.cell,
        string_agg(k.name, '; ' ORDER BY strpos('; ' || f.flags || ';', '; ' || k.code || ';')) AS flags
    FROM indicator_set.aggregate AS f
    JOIN reference.settings AS s ON f.time_period IN (s.baseline_year, s.latest_reference_year)
    JOIN reference.code AS k
        ON k.codelist = 'aggregate_flag' AND strpos('; ' || f.flags || ';', '; ' || k.code || ';') > 0
    GROUP BY f.indicator, f.ref_area, f.time_period, f.cell
),
target_group_of_cell AS (
    SELECT indicator, cell, min(target_group) AS target_group FROM indicator_set.value GROUP BY indicator, cell
)
SELECT
    c.indicator, c.ref_area, 'country' AS area_type, c.sector, c.target_group, k."@breakdowns", c.cell, c.is_headline,
    c.baseline_year, c.baseline_value, c.baseline_text, c.baseline_status,
    c.baseline_footnote, c.baseline_sentence_code, c.baseline_observation_id,
    c.latest_year, c.latest_value, c.latest_text, c.latest_status,
    c.latest_footnote, NULL AS latest_sentence_code, c.latest_observation_id,
    c.change, c.comparable, c.reason, c.sentence_code,
    n.floor, n.target, c.unit_measure, NULL AS publication_class, NULL AS baseline_class,
    NULL AS change_areas, NULL AS change_without_largest, NULL AS change_area_names
FROM baseline.country_value AS c
JOIN harmonised.cell AS k ON k.indicator = c.indicator AND k.cell = c.cell
LEFT JOIN reference.national_target AS n ON n.indicator = c.indicator AND n.ref_area = c.ref_area AND c.is_headline
UNION ALL
SELECT
    g.indicator, g.ref_area, 'group' AS area_type, g.sector, coalesce(t.target_group, '_T') AS target_group,
    k."@breakdowns", g.cell, g.is_headline,
    g.baseline_year, g.baseline_value, NULL AS baseline_text, g.baseline_status,
    nullif(concat_ws('; ', filled(sb.name, MAP {'areas': g.baseline_area_names}), fb.flags), '') AS baseline_footnote,
    g.baseline_sentence_code, NULL AS baseline_observation_id,
    g.latest_year, g.latest_value, NULL AS latest_text, g.latest_status,
    nullif(concat_ws('; ', filled(sl.name, MAP {'areas': g.latest_area_names}), fl.flags), '') AS latest_footnote,
    g.latest_sentence_code, NULL AS latest_observation_id,
    CASE WHEN g.sentence_code IS NULL THEN g.change END AS change, g.sentence_code IS NULL AS comparable,
    filled(r.name, MAP {'areas': g.change_area_names}) AS reason, g.sentence_code,
    NULL AS floor, NULL AS target, g.unit_measure, g.latest_class AS publication_class, g.baseline_class,
    CASE WHEN g.sentence_code IS NULL THEN g.change_areas END AS change_areas,
    CASE WHEN g.sentence_code IS NULL THEN g.change_without_largest END AS change_without_largest,
    CASE WHEN g.sentence_code IS NULL THEN g.change_area_names END AS change_area_names
FROM group_value AS g
JOIN harmonised.cell AS k ON k.indicator = g.indicator AND k.cell = g.cell
LEFT JOIN target_group_of_cell AS t ON t.indicator = g.indicator AND t.cell = g.cell
LEFT JOIN flag_text AS fb
    ON fb.indicator = g.indicator AND fb.ref_area = g.ref_area AND fb.cell = g.cell AND fb.time_period = g.baseline_year
LEFT JOIN flag_text AS fl
    ON fl.indicator = g.indicator AND fl.ref_area = g.ref_area AND fl.cell = g.cell AND fl.time_period = g.latest_year
LEFT JOIN reference.code AS r ON r.codelist = 'sentence' AND r.code = g.sentence_code
LEFT JOIN reference.code AS sb ON sb.codelist = 'sentence' AND sb.code = g.baseline_sentence_code
LEFT JOIN reference.code AS sl ON sl.codelist = 'sentence' AND sl.code = g.latest_sentence_code
ORDER BY indicator, is_headline DESC, area_type, ref_area, cell
