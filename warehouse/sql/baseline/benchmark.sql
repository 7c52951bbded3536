-- baseline.benchmark: each member's latest value compared with the regional median, its own floor and target, and its
-- own baseline: the headline cell, and the same cell for women and men where a member has a value. The median is over
-- the members whose value may be aggregated, each counted once, with the value of the same window
-- (indicator_set.aggregate_member). With fewer members than class B needs, it is withheld. Nothing is ranked or added
-- up. An empty cell has a reason (code list sentence).
WITH regional_median AS (
    SELECT
        m.indicator, m.cell, median((m.value_low + m.value_high) / 2) AS region_median, count(*) AS n_areas,
        string_agg(m.ref_area || ' ' || CAST(m.value_year AS VARCHAR), ', ' ORDER BY m.ref_area) AS areas
    FROM indicator_set.aggregate_member AS m
    JOIN reference.settings AS s ON m.reference_year = s.latest_reference_year
    WHERE m.area_group = 'ASEAN'
    GROUP BY m.indicator, m.cell
),
member_count AS (
    SELECT count(DISTINCT ref_area) AS n_members FROM reference.area_group WHERE area_group = 'ASEAN' AND is_member_today
),
member_value AS (
    SELECT v.*, coalesce(o.in_aggregates, FALSE) AS is_usable
    FROM baseline.value AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    LEFT JOIN indicator_set.value AS o ON o.observation_id = v.latest_observation_id
    WHERE v.area_type = 'country'
        AND (v.is_headline OR (
            i.headline_sex = '_T' AND v.sex IN ('F', 'M')
            AND v.cell = v.sex || substring(i.headline_cell, 3)
        ))
),
with_median AS (
    SELECT
        w.*, r.region_median, coalesce(r.n_areas, 0) AS n_areas, r.areas, c.n_members, b.n_areas AS n_needed,
        CASE
            WHEN i.status = 'declared' AND r.indicator IS NULL THEN 'median_before_first_value'
            WHEN m.kind = 'sum' THEN 'median_of_counts'
            WHEN m.kind = 'none' THEN 'median_of_values_side_by_side'
            WHEN coalesce(r.n_areas, 0) < b.n_areas THEN 'median_of_too_few'
        END AS median_sentence_code
    FROM member_value AS w
    CROSS JOIN member_count AS c
    JOIN reference.indicator AS i ON i.indicator = w.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.publication_rule AS b ON b.publication_rule = i.publication_rule AND b.threshold = 'B'
    LEFT JOIN regional_median AS r ON r.indicator = w.indicator AND r.cell = w.cell
),
compared AS (
    SELECT
        r.*,
        CASE
            WHEN r.median_sentence_code IS NOT NULL THEN r.median_sentence_code
            WHEN r.latest_observation_id IS NULL THEN 'own_value_missing'
            WHEN r.latest_value IS NULL THEN 'own_value_without_number'
            WHEN NOT r.is_usable THEN 'own_value_not_usable'
        END AS difference_sentence_code,
        CASE
            WHEN NOT r.is_headline THEN 'target_of_headline_only'
            WHEN n.ref_area IS NULL THEN 'target_not_given'
        END AS target_sentence_code,
        n.floor AS national_floor, n.target AS national_target, n.target_year AS national_target_year,
        n.legal_basis AS national_legal_basis
    FROM with_median AS r
    LEFT JOIN reference.national_target AS n ON n.indicator = r.indicator AND n.ref_area = r.ref_area
)
SELECT
    r.indicator, r.ref_area, r.sector, r.sex, r.cell, r.is_headline, r.unit_measure,
    r.latest_year, r.latest_value, r.latest_text, r.latest_status, r.latest_footnote, r.latest_observation_id,
    CASE WHEN r.median_sentence_code IS NULL THEN r.region_median END AS region_median,
    r.n_areas AS median_n_areas, r.areas AS median_areas,
    filled(m.name, MAP {
        'n_areas': CAST(r.n_areas AS VARCHAR), 'n_members': CAST(r.n_members AS VARCHAR),
        'n_needed': CAST(r.n_needed AS VARCHAR)
    }) AS median_reason,
    r.median_sentence_code,
    CASE WHEN r.median_sentence_code IS NULL AND r.is_usable THEN r.latest_value - r.region_median END AS difference,
    filled(d.name, MAP {
        'n_areas': CAST(r.n_areas AS VARCHAR), 'n_members': CAST(r.n_members AS VARCHAR),
        'n_needed': CAST(r.n_needed AS VARCHAR)
    }) AS difference_reason,
    r.difference_sentence_code,
    CASE WHEN r.is_headline THEN r.national_floor END AS floor,
    CASE WHEN r.is_headline THEN r.latest_value - r.national_floor END AS distance_to_floor,
    CASE WHEN r.is_headline THEN r.national_target END AS target,
    CASE WHEN r.is_headline THEN r.national_target_year END AS target_year,
    CASE WHEN r.is_headline THEN r.latest_value - r.national_target END AS distance_to_target,
    CASE WHEN r.is_headline THEN r.national_legal_basis END AS legal_basis,
    t.name AS target_reason, r.target_sentence_code,
    r.baseline_year, r.baseline_value, r.baseline_text, r.baseline_status, r.baseline_footnote,
    r.baseline_observation_id, r.change, r.comparable, r.reason, r.sentence_code
FROM compared AS r
LEFT JOIN reference.code AS m ON m.codelist = 'sentence' AND m.code = r.median_sentence_code
LEFT JOIN reference.code AS d ON d.codelist = 'sentence' AND d.code = r.difference_sentence_code
LEFT JOIN reference.code AS t ON t.codelist = 'sentence' AND t.code = r.target_sentence_code
ORDER BY r.indicator, r.ref_area, r.cell
