-- compare('ASP_COV_PENSN', 2020): all members at one reference year, each with its newest headline value up to that
-- year, and the regional figures of the year; in_regional_figure: whether the value counts in the figure of ASEAN
CREATE MACRO compare(indicator_code, requested_year) AS TABLE
WITH newest_value AS (
    SELECT
        v.ref_area, v.time_period, v.obs_value, v.value_text, v.unit_measure, v.obs_status, v.break_before, v.feed,
        v.footnote, v.observation_id,
        row_number() OVER (PARTITION BY v.ref_area ORDER BY v.time_period DESC) AS turn
    FROM indicator_set.value AS v
    WHERE v.indicator = indicator_code AND v.is_member AND v.is_headline AND v.time_period <= requested_year
),
member_counted AS (
    SELECT m.ref_area, m.value_year
    FROM indicator_set.aggregate_member AS m
    JOIN indicator_set.aggregate AS r
        ON r.indicator = m.indicator AND r.ref_area = m.area_group AND r.time_period = m.reference_year AND r.cell = m.cell
    WHERE m.indicator = indicator_code AND m.area_group = 'ASEAN' AND m.reference_year = requested_year AND r.is_headline
),
member_or_group AS (
    SELECT
        g.ref_area, n.time_period, n.obs_value, n.value_text, n.obs_status, NULL AS publication_class,
        c.ref_area IS NOT NULL AS in_regional_figure,
        CASE WHEN n.ref_area IS NULL THEN 'no value up to ' || CAST(requested_year AS VARCHAR) ELSE n.break_before END AS note,
        NULL AS flags, n.feed, n.footnote, n.observation_id
    FROM reference.area_group AS g
    LEFT JOIN newest_value AS n ON n.ref_area = g.ref_area AND n.turn = 1
    LEFT JOIN member_counted AS c ON c.ref_area = g.ref_area
    WHERE g.area_group = 'ASEAN' AND g.is_member_today
    UNION ALL
    SELECT
        r.ref_area, r.time_period, r.obs_value, NULL, r.obs_status, r.publication_class, NULL,
        r.class_reason, r.flags, NULL, r.title, NULL
    FROM indicator_set.aggregate AS r
    WHERE r.indicator = indicator_code AND r.time_period = requested_year AND r.is_headline
)
SELECT
    f.ref_area, a.name AS area_name, a.area_type, f.time_period, f.obs_value, f.value_text, u.name AS unit, f.obs_status,
    f.publication_class, f.in_regional_figure, f.note, f.flags, f.feed, f.footnote, f.observation_id
FROM member_or_group AS f
JOIN reference.area AS a ON a.ref_area = f.ref_area
JOIN reference.indicator AS i ON i.indicator = indicator_code
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = i.unit_measure
ORDER BY a.sort_order
