-- baseline.benchmark: each member's latest value beside the regional median, its own floor and target, and its own past.
-- The headline cell, and the same cell for women and men where a member has a value. The median is taken over the
-- members whose value may be aggregated, each once, with the value of the same window (indicator_set.aggregate_member);
-- it is withheld below the number of members that class B asks for. Nothing is ranked and nothing is added up.
WITH region AS (
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
wanted AS (
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
reasoned AS (
    SELECT
        w.*, r.region_median, coalesce(r.n_areas, 0) AS n_areas, r.areas,
        CASE
            WHEN i.status = 'declared' AND r.indicator IS NULL THEN 'no values yet'
            WHEN m.kind = 'sum' THEN 'counts of countries of different size are not compared'
            WHEN m.kind = 'none' THEN 'values of this indicator only stand side by side'
            WHEN coalesce(r.n_areas, 0) < b.n_areas THEN
                CAST(coalesce(r.n_areas, 0) AS VARCHAR) || ' of ' || CAST(c.n_members AS VARCHAR)
                || ' members have a value that may be used; a median needs ' || CAST(b.n_areas AS VARCHAR)
        END AS median_reason
    FROM wanted AS w
    CROSS JOIN member_count AS c
    JOIN reference.indicator AS i ON i.indicator = w.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.publication_rule AS b ON b.publication_rule = i.publication_rule AND b.threshold = 'B'
    LEFT JOIN region AS r ON r.indicator = w.indicator AND r.cell = w.cell
)
SELECT
    r.indicator, r.ref_area, r.sector, r.sex, r.cell, r.is_headline, r.unit_measure,
    r.latest_year, r.latest_value, r.latest_text, r.latest_status, r.latest_footnote, r.latest_observation_id,
    CASE WHEN r.median_reason IS NULL THEN r.region_median END AS region_median,
    r.n_areas AS median_n_areas, r.areas AS median_areas, r.median_reason,
    CASE WHEN r.median_reason IS NULL AND r.is_usable THEN r.latest_value - r.region_median END AS difference,
    CASE
        WHEN r.median_reason IS NOT NULL THEN r.median_reason
        WHEN r.latest_observation_id IS NULL THEN 'no latest value of its own'
        WHEN r.latest_value IS NULL THEN 'its own latest value is censored or missing'
        WHEN NOT r.is_usable THEN 'its own latest value is superseded, unreliable or from a document'
    END AS difference_reason,
    CASE WHEN r.is_headline THEN n.floor END AS floor,
    CASE WHEN r.is_headline THEN r.latest_value - n.floor END AS distance_to_floor,
    CASE WHEN r.is_headline THEN n.target END AS target,
    CASE WHEN r.is_headline THEN n.target_year END AS target_year,
    CASE WHEN r.is_headline THEN r.latest_value - n.target END AS distance_to_target,
    CASE WHEN r.is_headline THEN n.legal_basis END AS legal_basis,
    CASE
        WHEN NOT r.is_headline THEN 'floors and targets are for the headline figure'
        WHEN n.ref_area IS NULL THEN 'none given by the Member State'
    END AS target_reason,
    r.baseline_year, r.baseline_value, r.baseline_text, r.baseline_status, r.baseline_footnote,
    r.baseline_observation_id, r.change, r.comparable, r.reason
FROM reasoned AS r
LEFT JOIN reference.national_target AS n ON n.indicator = r.indicator AND n.ref_area = r.ref_area
ORDER BY r.indicator, r.ref_area, r.cell
