-- series('ASP_COV_PENSN', 'PHL'): one indicator of one area by year, chosen values of a country or regional figures of
-- a group. The headline; for a breakdown family := 'sex', 'age', 'sex+age' and so on (breakdown_family)
CREATE MACRO series(indicator_code, area, family := 'total') AS TABLE
WITH family_of_cell AS (
    SELECT DISTINCT cell, breakdown_family FROM indicator_set.value WHERE indicator = indicator_code
),
value_or_figure AS (
    SELECT
        v.time_period, v.cell, v.obs_value, v.value_text, v.unit_measure, v.obs_status, NULL AS publication_class,
        v.break_before AS note, NULL AS flags, v.feed, v.vintage_date, v.footnote, v.observation_id
    FROM indicator_set.value AS v
    WHERE v.indicator = indicator_code AND v.ref_area = area AND v.breakdown_family = family
    UNION ALL
    SELECT
        r.time_period, r.cell, r.obs_value, NULL, i.unit_measure, r.obs_status, r.publication_class,
        r.class_reason, r.flags, NULL, NULL, r.title, NULL
    FROM indicator_set.aggregate AS r
    JOIN family_of_cell AS n ON n.cell = r.cell AND n.breakdown_family = family
    JOIN reference.indicator AS i ON i.indicator = r.indicator
    WHERE r.indicator = indicator_code AND r.ref_area = area
)
SELECT
    f.time_period, f."@cell", f.obs_value, f.value_text, u.name AS unit, f.obs_status,
    s.name AS status_label, f.publication_class, f.note, f.flags, f.feed, f.vintage_date, f.footnote, f.cell, f.observation_id
FROM value_or_figure AS f
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = f.unit_measure
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = f.obs_status
ORDER BY f.time_period, f.cell
