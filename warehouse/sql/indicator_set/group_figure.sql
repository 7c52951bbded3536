-- indicator_set.group_figure: the figure of each group, reference year and cell before its class: R = sum(w x) / sum(w)
-- over the members with a value, and what its class and its companions follow from.
-- Sums are made of decimals (weights to thousandths, values to nine places), so that the order of adding up cannot
-- show: the same inputs give the same figure to the last bit.
WITH group_people AS (
    SELECT
        g.area_group, w.time_period AS reference_year, w.ref_area, w.weight_value AS people,
        row_number() OVER (PARTITION BY g.area_group, w.time_period ORDER BY w.weight_value DESC, w.ref_area) AS size_order,
        count(*) OVER (PARTITION BY g.area_group, w.time_period) AS n_members
    FROM reference.area_group AS g
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    JOIN indicator_set.weight_value AS w
        ON w.ref_area = g.ref_area AND w.weight = 'POP_TOTAL' AND w.sex = '_T' AND w.age = '_T' AND w.urbanisation = '_T'
    WHERE g.is_member_today
),
largest AS (
    SELECT area_group, reference_year, ref_area, n_members FROM group_people WHERE size_order = 1
),
kind_of_cell AS (
    SELECT
        v.*, m.kind, m.event_count, t.cell_no AS total_no, v.sex IN ('F', 'M') AND i.headline_sex = '_T' AND m.kind = 'mean' AS by_sex,
        CASE WHEN m.kind = 'mean' THEN i.weight ELSE 'POP_TOTAL' END AS cell_weight,
        CASE WHEN m.kind = 'mean' THEN v.sex ELSE '_T' END AS weight_sex,
        CASE WHEN m.kind = 'mean' AND v.age <> i.headline_age THEN v.age ELSE '_T' END AS weight_age,
        CASE WHEN m.kind = 'mean' THEN v.urbanisation ELSE '_T' END AS weight_urbanisation,
        CASE WHEN i.is_survey THEN r.recent_years_survey ELSE r.recent_years END AS recent_years
    FROM harmonised.cell AS v
    JOIN reference.indicator AS i ON i.indicator = v.indicator
    JOIN reference.method AS m ON m.method = i.method
    JOIN reference.publication_rule AS r ON r.publication_rule = i.publication_rule AND r.threshold = 'A'
    LEFT JOIN harmonised.cell AS t
        ON t.indicator = v.indicator AND t.cell_but_sex_age = v.cell_but_sex_age AND t.sex = '_T'
        AND t.age = coalesce(i.sex_total_age, v.age)
),
broken AS (  -- figures with a break between a member's value and the one at the baseline year
    SELECT DISTINCT c.cell_no, b.area_group, b.reference_year
    FROM indicator_set.member_break AS b
    JOIN harmonised.cell AS c ON c.indicator = b.indicator AND c.cell = b.cell
    WHERE b.counts
),
member AS (
    SELECT
        c.cell_no, a.area_group, a.reference_year, a.ref_area, a.value_year, a.value_low, a.value_high,
        (a.value_low + a.value_high) / 2 AS middle,
        a.nature, a.obs_status, a.weight_filling, a.weight_is_proxy, a.is_extended, a.is_capped, c.kind,
        CASE
            WHEN c.event_count AND a.reference_year = s.baseline_year
                THEN CAST(s.baseline_from AS VARCHAR) || '-' || CAST(s.baseline_to AS VARCHAR)
            ELSE CAST(a.value_year AS VARCHAR)
        END AS value_years,
        l.n_members, a.ref_area = l.ref_area AS is_largest, a.value_year >= a.reference_year - c.recent_years AS is_recent,
        CAST(a.weight_value AS DECIMAL(20, 3)) AS w,
        CAST(a.value_low AS DECIMAL(24, 9)) AS low, CAST(a.value_high AS DECIMAL(24, 9)) AS high,
        (c.kind <> 'mean' OR a.weight_value IS NOT NULL) AND l.ref_area IS NOT NULL AS counts
    FROM indicator_set.aggregate_member AS a
    JOIN kind_of_cell AS c ON c.indicator = a.indicator AND c.cell = a.cell
    LEFT JOIN largest AS l ON l.area_group = a.area_group AND l.reference_year = a.reference_year
    CROSS JOIN reference.settings AS s
),
group_weight AS (  -- the weight of all members, reporting or not
    SELECT
        g.area_group, w.time_period, w.weight, w.sex, w.age, w.urbanisation,
        CAST(sum(CAST(w.weight_value AS DECIMAL(20, 3))) AS DOUBLE) AS weight_all
    FROM reference.area_group AS g
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    JOIN indicator_set.weight_value AS w ON w.ref_area = g.ref_area
    WHERE g.is_member_today
    GROUP BY g.area_group, w.time_period, w.weight, w.sex, w.age, w.urbanisation
),
figure AS (
    SELECT
        m.cell_no, m.area_group, m.reference_year,
        count(*) AS n_areas,
        min(m.n_members) AS n_members,
        array_to_string(list_sort(list(m.ref_area || ' ' || m.value_years)), ', ') AS areas,
        CAST(sum(m.w) AS DOUBLE) AS weight_reporting,
        CASE min(m.kind)
            WHEN 'mean' THEN CAST(sum(m.w * m.low) AS DOUBLE) / nullif(CAST(sum(m.w) AS DOUBLE), 0)
            WHEN 'sum' THEN CAST(sum(m.low) AS DOUBLE) ELSE median(m.value_low) FILTER (WHERE m.kind = 'median')
        END AS lower,
        CASE min(m.kind)
            WHEN 'mean' THEN CAST(sum(m.w * m.high) AS DOUBLE) / nullif(CAST(sum(m.w) AS DOUBLE), 0)
            WHEN 'sum' THEN CAST(sum(m.high) AS DOUBLE) ELSE median(m.value_high) FILTER (WHERE m.kind = 'median')
        END AS upper,
        CASE min(m.kind)
            WHEN 'mean' THEN
                CAST(sum(m.w * (m.low + m.high)) FILTER (WHERE NOT m.is_largest) AS DOUBLE) / 2
                / nullif(CAST(sum(m.w) FILTER (WHERE NOT m.is_largest) AS DOUBLE), 0)
            WHEN 'sum' THEN CAST(sum(m.low + m.high) FILTER (WHERE NOT m.is_largest) AS DOUBLE) / 2
            ELSE median(m.middle) FILTER (WHERE m.kind = 'median' AND NOT m.is_largest)
        END AS without_largest,
        CAST(sum(m.w * m.value_year) AS DOUBLE) / nullif(CAST(sum(m.w) AS DOUBLE), 0) AS mean_year,
        median(m.middle) AS median, min(m.middle) AS minimum, max(m.middle) AS maximum,
        CAST(coalesce(sum(m.w) FILTER (WHERE m.is_recent), 0) AS DOUBLE) / nullif(CAST(sum(m.w) AS DOUBLE), 0)
            AS recent_share,
        CAST(coalesce(sum(m.w) FILTER (WHERE m.nature IN ('E', 'M') OR m.obs_status IN ('E', 'I')), 0) AS DOUBLE)
            / nullif(CAST(sum(m.w) FILTER (WHERE m.nature IS NOT NULL OR m.obs_status IS NOT NULL) AS DOUBLE), 0)
            AS share_estimated,
        max(CASE WHEN m.value_low < m.value_high THEN 1 ELSE 0 END) AS has_censored,
        max(CASE WHEN m.is_capped THEN 1 ELSE 0 END) AS has_capped,
        max(CASE WHEN m.is_extended THEN 1 ELSE 0 END) AS has_extended,
        max(CASE WHEN m.weight_filling = 'carried' THEN 1 ELSE 0 END) AS has_carried,
        max(CASE WHEN m.weight_is_proxy THEN 1 ELSE 0 END) AS has_proxy_cell
    FROM member AS m
    WHERE m.counts
    GROUP BY m.cell_no, m.area_group, m.reference_year
),
not_counted AS (  -- members without a weight; shown where no member of the figure has one
    SELECT
        cell_no, area_group, reference_year, count(*) AS n_areas,
        string_agg(ref_area || ' ' || value_years, ', ' ORDER BY ref_area) AS areas
    FROM member
    WHERE NOT counts
    GROUP BY cell_no, area_group, reference_year
),
sex_total AS (  -- for figures by sex: the total over their areas, beside the total over all areas
    SELECT
        f.cell_no, f.area_group, f.reference_year,
        CAST(sum(t.w * (t.low + t.high)) AS DOUBLE) / 2 / nullif(CAST(sum(t.w) AS DOUBLE), 0) AS total_there
    FROM member AS f
    JOIN kind_of_cell AS k ON k.cell_no = f.cell_no AND k.by_sex
    JOIN member AS t
        ON t.cell_no = k.total_no AND t.area_group = f.area_group AND t.reference_year = f.reference_year
        AND t.ref_area = f.ref_area
    GROUP BY f.cell_no, f.area_group, f.reference_year
)
SELECT
    d.cell_no, d.area_group, d.reference_year, c.kind, c.event_count, c.cell_weight AS weight_name,
    coalesce(f.n_areas, u.n_areas) AS n_reporting, coalesce(f.areas, u.areas) AS reporting,
    f.n_areas, f.n_members, f.lower, f.upper, f.without_largest, f.mean_year, f.median, f.minimum, f.maximum,
    f.recent_share, f.share_estimated, f.has_censored = 1 AS has_censored, f.has_capped = 1 AS has_capped,
    f.has_extended = 1 AS has_extended, h.cell_no IS NOT NULL AS has_break, f.has_carried = 1 AS has_carried,
    f.weight_reporting / nullif(w.weight_all, 0) AS weight_covered,
    abs(x.total_there - (o.lower + o.upper) / 2) AS sex_total_difference,
    (i.weight_is_proxy AND i.proxy_accepted IS NULL) OR f.has_proxy_cell = 1 AS is_proxy
FROM (SELECT DISTINCT cell_no, area_group, reference_year FROM member) AS d
JOIN kind_of_cell AS c ON c.cell_no = d.cell_no
JOIN reference.indicator AS i ON i.indicator = c.indicator
LEFT JOIN figure AS f
    ON f.cell_no = d.cell_no AND f.area_group = d.area_group AND f.reference_year = d.reference_year
LEFT JOIN group_weight AS w
    ON w.area_group = d.area_group AND w.time_period = d.reference_year AND w.weight = c.cell_weight
    AND w.sex = c.weight_sex AND w.age = c.weight_age AND w.urbanisation = c.weight_urbanisation
LEFT JOIN broken AS h
    ON h.cell_no = d.cell_no AND h.area_group = d.area_group AND h.reference_year = d.reference_year
LEFT JOIN sex_total AS x
    ON x.cell_no = d.cell_no AND x.area_group = d.area_group AND x.reference_year = d.reference_year
LEFT JOIN figure AS o
    ON o.cell_no = c.total_no AND o.area_group = x.area_group AND o.reference_year = x.reference_year
LEFT JOIN not_counted AS u
    ON u.cell_no = d.cell_no AND u.area_group = d.area_group AND u.reference_year = d.reference_year
