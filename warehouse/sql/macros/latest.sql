-- latest('ASP_COV_PENSN'): the newest headline value of every member, however old, with its year; a member without a
-- value has a row with the reason
CREATE MACRO latest(indicator_code) AS TABLE
WITH newest_value AS (
    SELECT
        v.ref_area, v.time_period, v.obs_value, v.value_text, v.unit_measure, v.obs_status, v.feed, v.vintage_date,
        v.footnote, v.observation_id,
        row_number() OVER (PARTITION BY v.ref_area ORDER BY v.time_period DESC) AS turn
    FROM indicator_set.value AS v
    WHERE v.indicator = indicator_code AND v.is_member AND v.is_headline
)
SELECT
    g.ref_area, a.name AS area_name, n.time_period, n.obs_value, n.value_text, u.name AS unit, n.obs_status,
    s.name AS status_label, CASE WHEN n.ref_area IS NULL THEN q.reason END AS gap, n.feed, n.vintage_date, n.footnote,
    n.observation_id
FROM reference.area_group AS g
JOIN reference.area AS a ON a.ref_area = g.ref_area
LEFT JOIN newest_value AS n ON n.ref_area = g.ref_area AND n.turn = 1
LEFT JOIN quality.availability AS q
    ON q.indicator = indicator_code AND q.ref_area = g.ref_area AND q.breakdown = 'headline'
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = n.unit_measure
LEFT JOIN reference.code AS s ON s.codelist = 'obs_status' AND s.code = n.obs_status
WHERE g.area_group = 'ASEAN' AND g.is_member_today
ORDER BY a.sort_order
