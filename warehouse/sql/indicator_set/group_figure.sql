-- indicator_set.group_figure: the figure of each group, reference year and cell, before its class is determined:
-- R = sum(w x) / sum(w) over the members that count (indicator_set.group_member), and the measures that its class and the
-- accompanying columns need. Sums are computed in decimals (weights to thousandths, values to nine places), so that the
-- same inputs give the same figure to the last bit, in any order of addition.
WITH member AS (
    SELECT
        m.*, (m.value_low + m.value_high) / 2 AS middle, CAST(m.weight_value AS DECIMAL(20, 3)) AS w,
        CAST(m.value_low AS DECIMAL(24, 9)) AS low, CAST(m.value_high AS DECIMAL(24, 9)) AS high,
        a.sort_order, a.short_name
    FROM indicator_set.group_member AS m
    JOIN reference.area AS a ON a.ref_area = m.ref_area
),
figure AS (
    SELECT
        m.cell_no, m.area_group, m.reference_year,
        count(*) AS n_areas,
        min(m.n_members) AS n_members,
        array_to_string(list_sort(list(m.ref_area || ' ' || m.value_years)), ', ') AS areas,
        string_agg(m.short_name || ' ' || m.value_years, ', ' ORDER BY m.sort_order) AS area_names,
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
        CAST(coalesce(sum(m.w) FILTER (WHERE m.is_estimated), 0) AS DOUBLE)
            / nullif(CAST(sum(m.w) FILTER (WHERE m.has_origin) AS DOUBLE), 0) AS share_estimated,
        coalesce(bool_or(m.is_censored), FALSE) AS has_censored, coalesce(bool_or(m.is_capped), FALSE) AS has_capped,
        coalesce(bool_or(m.is_extended), FALSE) AS has_extended,
        coalesce(bool_or(m.weight_is_carried), FALSE) AS has_carried,
        coalesce(bool_or(m.weight_is_proxy), FALSE) AS has_proxy_cell
    FROM member AS m
    WHERE m.counts
    GROUP BY m.cell_no, m.area_group, m.reference_year
),
members_that_do_not_count AS (  -- shown where no member of the figure counts
    SELECT
        cell_no, area_group, reference_year, count(*) AS n_areas,
        string_agg(ref_area || ' ' || value_years, ', ' ORDER BY ref_area) AS areas,
        string_agg(short_name || ' ' || value_years, ', ' ORDER BY sort_order) AS area_names
    FROM member
    WHERE NOT counts
    GROUP BY cell_no, area_group, reference_year
),
group_weight AS (  -- the weight of all members, with or without a value
    SELECT
        g.area_group, w.time_period, w.weight, w.sex, w.age, w.urbanisation,
        CAST(sum(CAST(w.weight_value AS DECIMAL(20, 3))) AS DOUBLE) AS weight_all
    FROM reference.area_group AS g
    JOIN reference.set_group AS s ON s.area_group = g.area_group
    JOIN indicator_set.weight_value AS w ON w.ref_area = g.ref_area
    WHERE g.is_member_today
    GROUP BY g.area_group, w.time_period, w.weight, w.sex, w.age, w.urbanisation
),
figure_with_break AS (  -- a break is between the value of a member and its value at the baseline year
    SELECT DISTINCT c.cell_no, b.area_group, b.reference_year
    FROM indicator_set.member_break AS b
    JOIN harmonised.cell AS c ON c.indicator = b.indicator AND c.cell = b.cell
    WHERE b.counts
),
cell AS (
    SELECT
        k.cell_no, m.kind, m.event_count, w.weight, w.sex, w.age, w.urbanisation, i.weight_is_proxy, i.proxy_accepted,
        x.total_no
    FROM harmonised.cell AS k
    JOIN indicator_set.weight_cell AS w ON w.indicator = k.indicator AND w.cell = k.cell
    JOIN reference.indicator AS i ON i.indicator = k.indicator
    JOIN reference.method AS m ON m.method = i.method
    LEFT JOIN indicator_set.sex_cell AS x ON x.cell_no = k.cell_no
)
SELECT
    d.cell_no, d.area_group, d.reference_year, c.kind, c.event_count, c.weight AS weight_name,
    coalesce(f.n_areas, u.n_areas) AS n_reporting, coalesce(f.areas, u.areas) AS reporting,
    coalesce(f.area_names, u.area_names) AS reporting_names,
    f.n_areas, f.n_members, f.lower, f.upper, f.without_largest, f.mean_year, f.median, f.minimum, f.maximum,
    f.recent_share, f.share_estimated, f.has_censored, f.has_capped, f.has_extended, h.cell_no IS NOT NULL AS has_break,
    f.has_carried, f.weight_reporting / nullif(w.weight_all, 0) AS weight_covered,
    abs(x.total_of_same_areas - (o.lower + o.upper) / 2) AS sex_total_difference,
    (c.weight_is_proxy AND c.proxy_accepted IS NULL) OR f.has_proxy_cell AS is_proxy
FROM (SELECT DISTINCT cell_no, area_group, reference_year FROM member) AS d
JOIN cell AS c ON c.cell_no = d.cell_no
LEFT JOIN figure AS f
    ON f.cell_no = d.cell_no AND f.area_group = d.area_group AND f.reference_year = d.reference_year
LEFT JOIN members_that_do_not_count AS u
    ON u.cell_no = d.cell_no AND u.area_group = d.area_group AND u.reference_year = d.reference_year
LEFT JOIN group_weight AS w
    ON w.area_group = d.area_group AND w.time_period = d.reference_year AND w.weight = c.weight
    AND w.sex = c.sex AND w.age = c.age AND w.urbanisation = c.urbanisation
LEFT JOIN figure_with_break AS h
    ON h.cell_no = d.cell_no AND h.area_group = d.area_group AND h.reference_year = d.reference_year
LEFT JOIN indicator_set.sex_total AS x
    ON x.cell_no = d.cell_no AND x.area_group = d.area_group AND x.reference_year = d.reference_year
LEFT JOIN figure AS o
    ON o.cell_no = c.total_no AND o.area_group = x.area_group AND o.reference_year = x.reference_year
