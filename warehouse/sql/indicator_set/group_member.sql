-- indicator_set.group_member: the members behind each regional figure (indicator_set.aggregate_member), with the
-- properties that the figure and its class depend on. A member counts if it has a weight or the method needs none, and
-- if the population of the group is available for the year.
WITH member_population AS (
    SELECT
        g.area_group, w.time_period AS reference_year, w.ref_area,
        row_number() OVER (PARTITION BY g.area_group, w.time_period ORDER BY w.weight_value DESC, w.ref_area) AS size_order,
        count(*) OVER (PARTITION BY g.area_group, w.time_period) AS n_members
    FROM reference.area_group AS g
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    JOIN indicator_set.weight_value AS w
        ON w.ref_area = g.ref_area AND w.weight = 'POP_TOTAL' AND w.sex = '_T' AND w.age = '_T' AND w.urbanisation = '_T'
    WHERE g.is_member_today
),
largest_member AS (
    SELECT area_group, reference_year, ref_area, n_members FROM member_population WHERE size_order = 1
),
cell AS (
    SELECT
        k.cell_no, k.indicator, k.cell, m.kind, m.event_count,
        CASE WHEN i.is_survey THEN r.recent_years_survey ELSE r.recent_years END AS recent_years
    FROM harmonised.cell AS k
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.publication_rule AS r ON r.publication_rule = i.publication_rule AND r.threshold = 'A'
)
SELECT
    c.cell_no, a.area_group, a.reference_year, a.ref_area, c.kind, a.value_year,
    CASE
        WHEN c.event_count AND a.reference_year = s.baseline_year
            THEN CAST(s.baseline_from AS VARCHAR) || '-' || CAST(s.baseline_to AS VARCHAR)
        ELSE CAST(a.value_year AS VARCHAR)
    END AS value_years,
    a.value_low, a.value_high, a.weight_value, l.n_members,
    (c.kind <> 'mean' OR a.weight_value IS NOT NULL) AND l.ref_area IS NOT NULL AS counts,
    a.ref_area = l.ref_area AS is_largest,
    a.value_year >= a.reference_year - c.recent_years AS is_recent,
    a.nature IS NOT NULL OR a.obs_status IS NOT NULL AS has_origin,
    a.nature IN ('E', 'M') OR a.obs_status IN ('E', 'I') AS is_estimated,
    a.value_low < a.value_high AS is_censored, a.is_capped, a.is_extended,
    a.weight_filling = 'carried' AS weight_is_carried, a.weight_is_proxy
FROM indicator_set.aggregate_member AS a
JOIN cell AS c ON c.indicator = a.indicator AND c.cell = a.cell
LEFT JOIN largest_member AS l ON l.area_group = a.area_group AND l.reference_year = a.reference_year
CROSS JOIN reference.settings AS s
