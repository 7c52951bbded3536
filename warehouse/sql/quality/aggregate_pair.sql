-- quality.aggregate_pair: each aggregate that a provider publishes, with our figure for the corresponding group, of the
-- same indicator, year and breakdown. Where our figure is withheld (class C), there is no difference.
--   agrees    the difference is within one of two tolerances (reference.check_tolerance, published_aggregate): in points,
--             or relative. For percentages it is relative to the nearer end: 92 and 96 per cent covered are 8 and 4 per
--             cent not covered
--   is_large  the difference exceeds both tolerances for large differences; the one in points applies to percentages only
WITH tolerance AS (
    SELECT
        coalesce(max(value) FILTER (WHERE quantity = 'agrees_points'), 0) AS agrees_points,
        coalesce(max(value) FILTER (WHERE quantity = 'agrees_share'), 0) AS agrees_share,
        coalesce(max(value) FILTER (WHERE quantity = 'large_points'), 0) AS large_points,
        coalesce(max(value) FILTER (WHERE quantity = 'large_share'), 0) AS large_share
    FROM reference.check_tolerance
    WHERE check_name = 'published_aggregate'
),
own_group AS (
    SELECT area_group, string_agg(ref_area, ', ' ORDER BY ref_area) AS members, count(*) AS n_members
    FROM reference.area_group
    WHERE is_member_today
    GROUP BY area_group
),
published_figure AS MATERIALIZED (  -- few rows: computed before any join
    SELECT
        o.observation_id, o.indicator, o.source, o.provider_series, o.feed, o.vintage_date, o.ref_area, o.time_period,
        o."@breakdowns", o.cell, o.obs_value, o.value_text, o.obs_status, o.nature,
        p.area_group, p.imputes, p.members <> g.members AS members_differ, g.n_members
    FROM harmonised.observation AS o
    JOIN reference.published_aggregate AS p ON p.provider = o.source AND p.ref_area = o.ref_area
    JOIN own_group AS g ON g.area_group = p.area_group
    WHERE o.candidate_no = 1 AND o.value_text IS NOT NULL
        AND (o.obs_value IS NOT NULL OR o.lower_bound IS NOT NULL OR o.upper_bound IS NOT NULL)
),
pair AS (
    SELECT
        p.*, a.obs_value AS our_value, a.publication_class, a.class_reason, a.n_areas, a.weight_covered, a.mean_year,
        a.is_headline, m.kind, i.unit_measure AS unit, i.lookback_years, p.obs_value - a.obs_value AS difference,
        coalesce(a.flags LIKE '%proxy_weight%' OR a.flags LIKE '%carried_weight%', FALSE) AS weight_is_weak,
        CASE
            WHEN i.unit_measure = 'PT' THEN least(abs(p.obs_value), abs(i.maximum - p.obs_value)) ELSE abs(p.obs_value)
        END AS from_nearer_end
    FROM published_figure AS p
    JOIN indicator_set.aggregate AS a
        ON a.indicator = p.indicator AND a.ref_area = p.area_group AND a.time_period = p.time_period AND a.cell = p.cell
    JOIN reference.indicator AS i ON i.indicator = p.indicator
    JOIN reference.method AS m ON m.method = a.method
)
SELECT
    p.observation_id, p.indicator, p.area_group, p.source, p.ref_area AS published_area, p.provider_series, p.feed,
    p.vintage_date, p.time_period, p."@breakdowns", p.cell, p.is_headline, p.obs_value AS published_value,
    p.value_text AS published_text, p.obs_status AS published_status, p.nature AS published_nature, p.imputes,
    p.members_differ, p.n_members, p.our_value, p.publication_class, p.class_reason, p.n_areas, p.weight_covered,
    p.mean_year, p.weight_is_weak, p.kind, p.lookback_years, p.difference,
    coalesce(abs(p.difference) <= t.agrees_points OR abs(p.difference) <= t.agrees_share * p.from_nearer_end, FALSE)
        AS agrees,
    coalesce((p.unit <> 'PT' OR abs(p.difference) > t.large_points)
        AND abs(p.difference) > t.large_share * p.from_nearer_end, FALSE) AS is_large
FROM pair AS p
CROSS JOIN tolerance AS t
