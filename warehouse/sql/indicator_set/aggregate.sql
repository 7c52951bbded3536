-- indicator_set.aggregate: the regional figures (indicator_set.group_figure) with their class
-- (indicator_set.figure_class) and what a reader must know about them. Class C is withheld: obs_value NULL, status Q,
-- and the reporting members.
WITH figure AS (
    SELECT
        f.*, c.indicator, c."@breakdowns", c.cell, i.headline_cell, i.method, i.publication_rule, i.aggregate_title,
        CASE WHEN f.n_areas IS NULL THEN 'no_weight_for_breakdown' END AS sentence_code,
        CASE
            WHEN f.kind = 'sum' AND f.n_areas < f.n_members THEN 'title_of_sum'
            WHEN f.kind = 'median' AND i.aggregate_title IS NULL THEN 'title_of_median'
        END AS title_sentence_code
    FROM indicator_set.group_figure AS f
    JOIN harmonised.cell AS c ON c.cell_no = f.cell_no
    JOIN reference.indicator AS i ON i.indicator = c.indicator
)
SELECT
    f.indicator, f.area_group AS ref_area, f.reference_year AS time_period,
    f."@breakdowns", f.cell, f.cell = f.headline_cell AS is_headline,
    CASE WHEN k.publication_class <> 'C' THEN (f.lower + f.upper) / 2 END AS obs_value,
    CASE WHEN k.publication_class = 'C' THEN 'Q' END AS obs_status,
    CASE WHEN k.publication_class <> 'C' AND f.has_censored THEN f.lower END AS lower,
    CASE WHEN k.publication_class <> 'C' AND f.has_censored THEN f.upper END AS upper,
    k.publication_class,
    nullif(concat_ws('; ', n.name, k.class_reason), '') AS class_reason, f.sentence_code,
    f.n_reporting AS n_areas, f.reporting AS areas, f.reporting_names AS area_names, f.weight_covered, f.weight_name,
    f.mean_year, f.recent_share, f.share_estimated,
    CASE WHEN k.publication_class <> 'C' THEN f.median END AS median,
    CASE WHEN k.publication_class <> 'C' THEN f.minimum END AS minimum,
    CASE WHEN k.publication_class <> 'C' THEN f.maximum END AS maximum,
    CASE WHEN k.publication_class <> 'C' THEN f.without_largest END AS without_largest,
    CASE
        WHEN k.publication_class <> 'C' AND f.kind = 'mean'
            THEN r.uncertainty_factor * greatest(0, 1 - f.weight_covered) * (f.maximum - f.minimum)
    END AS uncertainty,
    f.method,
    coalesce(filled(t.name, MAP {'n_areas': CAST(f.n_areas AS VARCHAR)}), f.aggregate_title) AS title,
    f.title_sentence_code,
    nullif(concat_ws('; ',
        CASE WHEN f.n_areas IS NULL THEN 'no_weight' END,
        CASE WHEN f.event_count AND f.reference_year = s.baseline_year THEN 'mean_of_years' END,
        CASE WHEN f.has_carried THEN 'carried_weight' END,
        CASE WHEN f.kind = 'mean' AND f.is_proxy AND f.n_areas IS NOT NULL THEN 'proxy_weight' END,
        CASE WHEN f.has_censored THEN 'censored' END,
        CASE WHEN f.has_capped THEN 'capped' END,
        CASE WHEN f.has_extended THEN 'extended' END,
        CASE WHEN f.has_break THEN 'member_break' END,
        CASE WHEN k.sex_total_differs THEN 'sex_total_differs' END
    ), '') AS flags
FROM figure AS f
CROSS JOIN reference.settings AS s
JOIN reference.publication_rule AS r ON r.publication_rule = f.publication_rule AND r.threshold = 'A'
JOIN indicator_set.figure_class AS k
    ON k.indicator = f.indicator AND k.area_group = f.area_group
    AND k.reference_year = f.reference_year AND k.cell = f.cell
LEFT JOIN reference.code AS n ON n.codelist = 'sentence' AND n.code = f.sentence_code
LEFT JOIN reference.code AS t ON t.codelist = 'sentence' AND t.code = f.title_sentence_code
ORDER BY indicator, is_headline DESC, ref_area, time_period, cell
