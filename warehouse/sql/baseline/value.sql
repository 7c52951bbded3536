-- baseline.value: baseline, latest and change of members and groups in one table.
-- A group's change is over the members comparable at both ends, never the difference of the two figures shown, and
-- only where these members reach class B.
WITH settings AS (
    SELECT * FROM reference.indicator_set WHERE set_name = 'asean_indicator_set'
),
people AS (
    SELECT
        g.area_group, w.ref_area, w.weight_value,
        row_number() OVER (PARTITION BY g.area_group ORDER BY w.weight_value DESC, w.ref_area) AS size_order,
        count(*) OVER (PARTITION BY g.area_group) AS n_members
    FROM reference.area_group AS g
    JOIN settings AS s ON TRUE
    JOIN indicator_set.weight_value AS w
        ON w.ref_area = g.ref_area AND w.time_period = s.latest_reference_year AND w.weight = 'POP_TOTAL'
        AND w.sex = '_T' AND w.age = '_T' AND w.urbanisation = '_T'
    WHERE g.is_member_today
),
change AS (
    SELECT
        c.indicator, c.area_group, c.cell, CAST(sum(CAST(c.contribution AS DECIMAL(28, 12))) AS DOUBLE) AS change, count(*) AS n_areas,
        string_agg(c.ref_area, ', ' ORDER BY c.ref_area) AS areas,
        CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3))) AS DOUBLE) AS weight_both, min(m.kind) AS kind, min(p.n_members) AS n_members,
        CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3)) * CAST(c.latest_value AS DECIMAL(24, 9)))
                FILTER (WHERE p.size_order > 1) AS DOUBLE)
            / nullif(CAST(sum(CAST(c.latest_weight AS DECIMAL(20, 3))) FILTER (WHERE p.size_order > 1) AS DOUBLE), 0)
        - CAST(sum(CAST(c.baseline_weight AS DECIMAL(20, 3)) * CAST(c.baseline_value AS DECIMAL(24, 9)))
                FILTER (WHERE p.size_order > 1) AS DOUBLE)
            / nullif(CAST(sum(CAST(c.baseline_weight AS DECIMAL(20, 3))) FILTER (WHERE p.size_order > 1) AS DOUBLE), 0)
            AS mean_without_largest,
        CAST(sum(CAST(c.contribution AS DECIMAL(28, 12))) FILTER (WHERE p.size_order > 1) AS DOUBLE) AS sum_without_largest
    FROM baseline.change_contribution AS c
    JOIN people AS p ON p.area_group = c.area_group AND p.ref_area = c.ref_area
    JOIN reference.indicator AS i ON i.indicator = c.indicator
    JOIN reference.method AS m ON m.method = i.method
    GROUP BY c.indicator, c.area_group, c.cell
),
ends AS (
    SELECT
        coalesce(b.indicator, l.indicator) AS indicator, coalesce(b.ref_area, l.ref_area) AS ref_area,
        coalesce(b.cell, l.cell) AS cell, coalesce(b.is_headline, l.is_headline) AS is_headline,
        b.time_period AS baseline_year, b.obs_value AS baseline_value, b.obs_status AS baseline_status,
        b.publication_class AS baseline_class, b.areas AS baseline_areas,
        l.time_period AS latest_year, l.obs_value AS latest_value, l.obs_status AS latest_status,
        l.publication_class AS latest_class, l.areas AS latest_areas, l.weight_covered, l.n_areas
    FROM (
        SELECT a.* FROM indicator_set.aggregate AS a JOIN settings AS s ON a.time_period = s.baseline_year
    ) AS b
    FULL JOIN (
        SELECT a.* FROM indicator_set.aggregate AS a JOIN settings AS s ON a.time_period = s.latest_reference_year
    ) AS l ON l.indicator = b.indicator AND l.ref_area = b.ref_area AND l.cell = b.cell
),
weight_all AS (
    SELECT
        m.indicator, m.area_group, m.cell, sum(m.weight_value) / nullif(max(a.weight_covered), 0) AS weight_all
    FROM indicator_set.aggregate_member AS m
    JOIN settings AS s ON m.reference_year = s.latest_reference_year
    JOIN indicator_set.aggregate AS a
        ON a.indicator = m.indicator AND a.ref_area = m.area_group AND a.time_period = m.reference_year AND a.cell = m.cell
    GROUP BY m.indicator, m.area_group, m.cell
),
group_rows AS (
    SELECT
        e.*, i.sector, i.unit_measure, c.change, c.areas AS change_areas,
        CASE c.kind WHEN 'sum' THEN c.sum_without_largest ELSE c.mean_without_largest END AS change_without_largest,
        CASE
            WHEN e.latest_class IS NULL OR e.baseline_class IS NULL THEN 'no figure at one end'
            WHEN e.latest_class = 'C' OR e.baseline_class = 'C' THEN 'withheld (class C) at one end'
            WHEN m.kind = 'median' THEN 'medians of different areas are not compared'
            WHEN c.indicator IS NULL THEN 'no member is comparable at both ends'
            WHEN NOT (
                (c.weight_both / w.weight_all >= b.weight_covered
                    AND c.n_areas >= CASE WHEN c.n_members <= 6 THEN b.n_areas_small ELSE b.n_areas END)
                OR (c.weight_both / w.weight_all >= x.weight_covered
                    AND c.n_areas >= CASE WHEN c.n_members <= 6 THEN x.n_areas_small ELSE x.n_areas END)
            ) THEN 'only ' || c.areas || ' comparable at both ends'
        END AS reason
    FROM ends AS e
    JOIN reference.indicator AS i ON i.indicator = e.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.publication_rule AS b ON b.publication_rule = i.publication_rule AND b.threshold = 'B'
    JOIN reference.publication_rule AS x ON x.publication_rule = i.publication_rule AND x.threshold = 'B_alternative'
    LEFT JOIN change AS c ON c.indicator = e.indicator AND c.area_group = e.ref_area AND c.cell = e.cell
    LEFT JOIN weight_all AS w ON w.indicator = e.indicator AND w.area_group = e.ref_area AND w.cell = e.cell
),
flag AS (  -- what must be said beside a regional figure, in words
    SELECT
        f.indicator, f.ref_area, f.time_period, f.cell,
        string_agg(k.name, '; ' ORDER BY strpos('; ' || f.flags || ';', '; ' || k.code || ';')) AS words
    FROM indicator_set.aggregate AS f
    JOIN settings AS s ON f.time_period IN (s.baseline_year, s.latest_reference_year)
    JOIN reference.code AS k
        ON k.codelist = 'aggregate_flag' AND strpos('; ' || f.flags || ';', '; ' || k.code || ';') > 0
    GROUP BY f.indicator, f.ref_area, f.time_period, f.cell
),
target AS (
    SELECT indicator, cell, min(target_group) AS target_group FROM indicator_set.value GROUP BY indicator, cell
)
SELECT
    c.indicator, c.ref_area, 'country' AS area_type, c.sector, c.target_group, k."@breakdowns", c.cell, c.is_headline, c.baseline_year, c.baseline_value, c.baseline_text,
    c.baseline_status, c.baseline_footnote, c.baseline_observation_id, c.latest_year, c.latest_value, c.latest_text,
    c.latest_status, c.latest_footnote, c.latest_observation_id, c.change, c.comparable, c.reason,
    n.floor, n.target, c.unit_measure, NULL AS publication_class, NULL AS baseline_class,
    NULL AS change_areas, NULL AS change_without_largest
FROM baseline.country_value AS c
JOIN harmonised.cell AS k ON k.indicator = c.indicator AND k.cell = c.cell
LEFT JOIN reference.national_target AS n ON n.indicator = c.indicator AND n.ref_area = c.ref_area AND c.is_headline
UNION ALL
SELECT
    g.indicator, g.ref_area, 'group' AS area_type, g.sector, coalesce(t.target_group, '_T') AS target_group, k."@breakdowns", g.cell, g.is_headline, g.baseline_year, g.baseline_value,
    NULL AS baseline_text, g.baseline_status, nullif(concat_ws('; ', CASE WHEN g.baseline_class = 'C' THEN 'reporting: ' || g.baseline_areas END, fb.words), '') AS baseline_footnote,
    NULL AS baseline_observation_id, g.latest_year, g.latest_value, NULL AS latest_text, g.latest_status,
    nullif(concat_ws('; ', CASE WHEN g.latest_class = 'C' THEN 'reporting: ' || g.latest_areas END, fl.words), '') AS latest_footnote,
    NULL AS latest_observation_id,
    CASE WHEN g.reason IS NULL THEN g.change END AS change, g.reason IS NULL AS comparable, g.reason,
    NULL AS floor, NULL AS target, g.unit_measure, g.latest_class AS publication_class, g.baseline_class,
    CASE WHEN g.reason IS NULL THEN g.change_areas END AS change_areas,
    CASE WHEN g.reason IS NULL THEN g.change_without_largest END AS change_without_largest
FROM group_rows AS g
JOIN harmonised.cell AS k ON k.indicator = g.indicator AND k.cell = g.cell
LEFT JOIN target AS t ON t.indicator = g.indicator AND t.cell = g.cell
LEFT JOIN flag AS fb
    ON fb.indicator = g.indicator AND fb.ref_area = g.ref_area AND fb.cell = g.cell AND fb.time_period = g.baseline_year
LEFT JOIN flag AS fl
    ON fl.indicator = g.indicator AND fl.ref_area = g.ref_area AND fl.cell = g.cell AND fl.time_period = g.latest_year
ORDER BY indicator, is_headline DESC, area_type, ref_area, cell
