-- The tables of the regional baseline as in the report: headline figures, table by table, in printed order; figures quoted in documents (table A4) are listed with their year, even outside the windows
WITH quoted_figure AS (  -- a quoted figure is shown for the record, even if its year is outside the windows
    SELECT
        v.indicator, v.ref_area, v.time_period, v.obs_value, v.value_text, v.obs_status, v.footnote,
        row_number() OVER (PARTITION BY v.indicator, v.ref_area ORDER BY v.time_period DESC) AS turn
    FROM indicator_set.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    WHERE v.is_headline AND v.dataset_kind = 'document' AND i.indicator_group = 'documents'
)
SELECT
    t.sort_order AS table_order, t.table_code, t.title AS table_title, n.sort_order AS indicator_order, b.indicator,
    i.name AS indicator_name, i.tier, m.standing, b.ref_area, a.name AS area_name, b.area_type, b.baseline_year,
    b.baseline_value, b.baseline_text, b.baseline_status, b.baseline_class,
    coalesce(q.time_period, b.latest_year) AS latest_year,
    CASE WHEN q.indicator IS NULL THEN b.latest_value ELSE q.obs_value END AS latest_value,
    CASE WHEN q.indicator IS NULL THEN b.latest_text ELSE q.value_text END AS latest_text,
    CASE WHEN q.indicator IS NULL THEN b.latest_status ELSE q.obs_status END AS latest_status,
    b.publication_class, b.change, b.comparable,
    CASE WHEN q.indicator IS NULL THEN b.reason ELSE s.name END AS reason,
    CASE WHEN q.indicator IS NULL THEN b.sentence_code ELSE s.code END AS sentence_code,
    b.floor, b.target, u.name AS unit, b.baseline_footnote,
    CASE WHEN q.indicator IS NULL THEN b.latest_footnote ELSE q.footnote END AS latest_footnote
FROM baseline.value AS b
JOIN reference.baseline_table_indicator AS n ON n.indicator = b.indicator
JOIN reference.baseline_table AS t ON t.table_code = n.table_code
JOIN reference.set_member AS m ON m.indicator = b.indicator
JOIN reference.indicator AS i ON i.indicator = b.indicator
JOIN reference.area AS a ON a.ref_area = b.ref_area
LEFT JOIN quoted_figure AS q ON q.indicator = b.indicator AND q.ref_area = b.ref_area AND q.turn = 1
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = 'quoted_in_document'
LEFT JOIN reference.code AS u ON u.codelist = 'unit' AND u.code = b.unit_measure
WHERE b.is_headline
ORDER BY t.sort_order, n.sort_order, b.area_type, a.sort_order
