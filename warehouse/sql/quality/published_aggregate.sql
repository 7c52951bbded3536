-- quality.published_aggregate: an aggregate that a provider publishes, beside ours of the group that it stands for, for
-- every indicator, year and breakdown where both exist. Where ours is of class C it is empty, and the row says so.
-- The likely reason of a difference is the first of these rules that holds; three figures are computed to test them, each
-- with one thing of ours exchanged. A test speaks where it removes at least half of the difference.
--   withheld      ours is of class C
--   censored      the provider publishes a bound, no number
--   agrees        within the tolerance (reference.check_tolerance, published_aggregate); its share is of the nearer end of
--                 a percentage: 92 beside 96 per cent covered is 8 beside 4 per cent not covered
--   method        ours is a median
--   vintage       test: the values of our members as the provider's own series has them
--   older_values  test: for members that enter with an older value, that of the provider's series nearest to the year
--   weights       test: the total population as weight
--   membership    the provider's aggregate has other members
--   imputation    the value that members without one here would need is possible: within the indicator's bounds, and not
--                 further from the members' lowest and highest than by a factor (imputation_factor)
--   older_values  the values in ours are on average at least a year older
--   weights       our weight is a proxy or carried from an earlier year
--   unexplained   none of these
WITH limits AS (
    SELECT
        coalesce(max(value) FILTER (WHERE quantity = 'agrees_points'), 0) AS agrees_points,
        coalesce(max(value) FILTER (WHERE quantity = 'agrees_share'), 0) AS agrees_share,
        coalesce(max(value) FILTER (WHERE quantity = 'imputation_factor'), 1) AS imputation_factor,
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
published AS MATERIALIZED (  -- few rows, to be found before anything is joined
    SELECT
        o.observation_id, o.indicator, o.source, o.provider_series, o.feed, o.vintage_date, o.ref_area, p.area_group, o.time_period,
        o."@breakdowns", o.cell,
        o.obs_value, o.value_text, o.obs_status, o.nature, p.imputes, p.members <> g.members AS members_differ, g.n_members
    FROM harmonised.observation AS o
    JOIN reference.published_aggregate AS p ON p.provider = o.source AND p.ref_area = o.ref_area
    JOIN own_group AS g ON g.area_group = p.area_group
    WHERE o.candidate_no = 1 AND o.value_text IS NOT NULL
        AND (o.obs_value IS NOT NULL OR o.lower_bound IS NOT NULL OR o.upper_bound IS NOT NULL)
),
beside AS MATERIALIZED (
    SELECT
        p.*, a.obs_value AS our_value, a.publication_class, a.class_reason, a.n_areas, a.areas, a.weight_covered, a.mean_year,
        a.flags, a.is_headline, m.kind, i.unit_measure, i.minimum, i.maximum, i.lookback_years,
        p.obs_value - a.obs_value AS difference,
        CASE
            WHEN i.unit_measure = 'PT' THEN least(abs(p.obs_value), abs(i.maximum - p.obs_value)) ELSE abs(p.obs_value)
        END AS from_nearer_end
    FROM published AS p
    JOIN indicator_set.aggregate AS a
        ON a.indicator = p.indicator AND a.ref_area = p.area_group AND a.time_period = p.time_period AND a.cell = p.cell
    JOIN reference.indicator AS i ON i.indicator = p.indicator
    JOIN reference.method AS m ON m.method = a.method
),
same_feed AS (  -- what the provider's own series has for the members: newest in the window, and nearest to the year
    SELECT
        b.observation_id, o.ref_area, o.obs_value,
        row_number() OVER (
            PARTITION BY b.observation_id, o.ref_area
            ORDER BY CASE WHEN o.time_period <= b.time_period THEN 0 ELSE 1 END, o.time_period DESC
        ) AS newest,
        o.time_period <= b.time_period AS in_window,
        row_number() OVER (
            PARTITION BY b.observation_id, o.ref_area ORDER BY abs(o.time_period - b.time_period), o.time_period
        ) AS nearest
    FROM beside AS b
    JOIN reference.area_group AS g ON g.area_group = b.area_group AND g.is_member_today
    JOIN harmonised.observation AS o
        ON o.indicator = b.indicator AND o.ref_area = g.ref_area AND o.feed = b.feed AND o.cell = b.cell
        AND o.time_period BETWEEN b.time_period - b.lookback_years AND b.time_period + b.lookback_years
    WHERE o.candidate_no = 1 AND o.obs_value IS NOT NULL
),
member AS (
    SELECT
        b.observation_id, m.ref_area, m.value_year <> b.time_period AS is_older, m.weight_value AS w,
        (m.value_low + m.value_high) / 2 AS value, s.obs_value AS their_value,
        CASE WHEN m.value_year <> b.time_period THEN r.obs_value END AS nearest_value, n.weight_value AS people
    FROM beside AS b
    JOIN indicator_set.aggregate_member AS m
        ON m.indicator = b.indicator AND m.area_group = b.area_group AND m.reference_year = b.time_period AND m.cell = b.cell
    LEFT JOIN same_feed AS s
        ON s.observation_id = b.observation_id AND s.ref_area = m.ref_area AND s.newest = 1 AND s.in_window
    LEFT JOIN same_feed AS r ON r.observation_id = b.observation_id AND r.ref_area = m.ref_area AND r.nearest = 1
    LEFT JOIN indicator_set.weight_value AS n
        ON n.weight = 'POP_TOTAL' AND n.ref_area = m.ref_area AND n.time_period = b.time_period AND n.sex = '_T'
        AND n.age = '_T' AND n.urbanisation = '_T'
    WHERE b.kind <> 'mean' OR m.weight_value IS NOT NULL
),
tested AS (
    SELECT
        observation_id,
        CAST(sum(CAST(w AS DECIMAL(20, 3)) * CAST(coalesce(their_value, value) AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(w AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_their_values,
        CAST(sum(CAST(w AS DECIMAL(20, 3)) * CAST(coalesce(nearest_value, value) AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(w AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_nearest_values,
        CAST(sum(CAST(people AS DECIMAL(20, 3)) * CAST(value AS DECIMAL(24, 9))) AS DOUBLE)
            / nullif(CAST(sum(CAST(people AS DECIMAL(20, 3))) AS DOUBLE), 0) AS with_population,
        count(*) FILTER (WHERE abs(their_value - value) > 1e-9) AS n_other_values,
        count(*) FILTER (WHERE is_older) AS n_older, count(*) FILTER (WHERE abs(nearest_value - value) > 1e-9) AS n_nearer,
        min(value) AS lowest, max(value) AS highest
    FROM member
    GROUP BY observation_id
),
missing AS (
    SELECT b.observation_id, string_agg(g.ref_area, ', ' ORDER BY g.ref_area) AS missing_areas
    FROM beside AS b
    JOIN reference.area_group AS g ON g.area_group = b.area_group AND g.is_member_today
    LEFT JOIN member AS m ON m.observation_id = b.observation_id AND m.ref_area = g.ref_area
    WHERE m.ref_area IS NULL
    GROUP BY b.observation_id
),
measured AS (
    SELECT
        b.*, x.missing_areas, t.n_older, t.n_other_values, t.n_nearer, t.lowest, t.highest, l.imputation_factor,
        CASE WHEN b.kind = 'mean' AND b.our_value IS NOT NULL AND t.n_other_values > 0 THEN t.with_their_values END AS with_their_values,
        CASE WHEN b.kind = 'mean' AND b.our_value IS NOT NULL AND t.n_nearer > 0 THEN t.with_nearest_values END AS with_nearest_values,
        CASE WHEN b.kind = 'mean' AND b.our_value IS NOT NULL THEN t.with_population END AS with_population,
        CASE
            WHEN b.kind = 'mean' AND b.our_value IS NOT NULL AND x.missing_areas IS NOT NULL
                THEN (b.obs_value - b.our_value * b.weight_covered) / nullif(1 - b.weight_covered, 0)
            WHEN b.kind = 'sum' AND b.our_value IS NOT NULL AND x.missing_areas IS NOT NULL THEN b.difference
        END AS needed_of_missing,
        abs(b.difference) <= l.agrees_points OR abs(b.difference) <= l.agrees_share * b.from_nearer_end AS agrees,
        coalesce((b.unit_measure <> 'PT' OR abs(b.difference) > l.large_points)
            AND abs(b.difference) > l.large_share * b.from_nearer_end, FALSE) AS is_large,
        coalesce(b.flags LIKE '%proxy_weight%' OR b.flags LIKE '%carried_weight%', FALSE) AS weight_is_weak
    FROM beside AS b
    CROSS JOIN limits AS l
    LEFT JOIN tested AS t ON t.observation_id = b.observation_id
    LEFT JOIN missing AS x ON x.observation_id = b.observation_id
),
reasoned AS (
    SELECT
        m.*,
        CASE
            WHEN m.our_value IS NULL THEN 'withheld'
            WHEN m.obs_value IS NULL THEN 'censored'
            WHEN m.agrees THEN 'agrees'
            WHEN m.kind = 'median' THEN 'method'
            WHEN abs(m.obs_value - m.with_their_values) <= abs(m.difference) / 2 THEN 'vintage'
            WHEN abs(m.obs_value - m.with_nearest_values) <= abs(m.difference) / 2 THEN 'older_values'
            WHEN abs(m.obs_value - m.with_population) <= abs(m.difference) / 2 THEN 'weights'
            WHEN m.members_differ THEN 'membership'
            WHEN m.imputes AND m.needed_of_missing >= coalesce(m.minimum, m.needed_of_missing)
                AND m.needed_of_missing <= coalesce(m.maximum, m.needed_of_missing)
                AND (m.kind = 'sum' OR m.needed_of_missing
                    BETWEEN m.lowest / m.imputation_factor AND m.highest * m.imputation_factor) THEN 'imputation'
            WHEN m.time_period - m.mean_year >= 1 THEN 'older_values'
            WHEN m.kind = 'mean' AND m.weight_is_weak THEN 'weights'
            ELSE 'unexplained'
        END AS likely_reason
    FROM measured AS m
)
SELECT
    r.observation_id, r.indicator, r.area_group, r.source, r.ref_area AS published_area, r.provider_series, r.vintage_date,
    r.time_period, r."@breakdowns", r.cell, r.is_headline,
    r.obs_value AS published_value, r.value_text AS published_text, r.obs_status AS published_status, r.nature AS published_nature,
    r.our_value, r.publication_class, r.difference, r.difference / nullif(abs(r.obs_value), 0) AS relative_difference, r.is_large,
    r.likely_reason,
    CASE r.likely_reason
        WHEN 'withheld' THEN 'ours is withheld (class C): ' || coalesce(r.class_reason, 'too few members report')
        WHEN 'censored' THEN 'published as ' || r.value_text
        WHEN 'method' THEN 'ours is the median of the members'
        WHEN 'vintage' THEN
            'with the values of ' || CAST(r.n_other_values AS VARCHAR) || ' member' || CASE WHEN r.n_other_values > 1 THEN 's' ELSE '' END
            || ' as this provider''s vintage has them, ours would be ' || CAST(half_up(r.with_their_values, 2) AS VARCHAR)
        WHEN 'weights' THEN
            CASE
                WHEN abs(r.obs_value - r.with_population) <= abs(r.difference) / 2
                    THEN 'weighted with the total population, ours would be ' || CAST(half_up(r.with_population, 2) AS VARCHAR)
                ELSE 'our weight is a proxy or carried from an earlier year'
            END
        WHEN 'membership' THEN 'the provider''s aggregate has other members'
        WHEN 'imputation' THEN
            'without a value here: ' || r.missing_areas || CASE
                WHEN r.kind = 'sum' THEN '; together they would need ' || CAST(half_up(r.needed_of_missing, 2) AS VARCHAR)
                ELSE ' (' || CAST(half_up(100 * (1 - r.weight_covered), 1) AS VARCHAR) || ' % of the weight); on average they would need '
                    || CAST(half_up(r.needed_of_missing, 1) AS VARCHAR)
            END
        WHEN 'older_values' THEN
            CAST(r.n_older AS VARCHAR) || ' of ' || CAST(r.n_areas AS VARCHAR) || ' members enter ours with a value of another year'
            || CASE
                WHEN abs(r.obs_value - r.with_nearest_values) <= abs(r.difference) / 2
                    THEN '; with the values nearest to the year, ours would be ' || CAST(half_up(r.with_nearest_values, 2) AS VARCHAR)
                ELSE ', weighted mean ' || CAST(half_up(r.mean_year, 1) AS VARCHAR)
            END
        WHEN 'unexplained' THEN
            CASE
                WHEN r.needed_of_missing IS NOT NULL
                    THEN r.missing_areas || ' would need ' || CAST(half_up(r.needed_of_missing, 1) AS VARCHAR) || ', which is not plausible'
                ELSE 'all members report; nothing that was tested explains it'
            END
    END AS explanation,
    r.with_their_values, r.with_nearest_values, r.with_population, r.missing_areas, r.needed_of_missing, r.weight_covered, r.n_areas, r.n_members, r.mean_year
FROM reasoned AS r
ORDER BY r.indicator, r.area_group, r.source, r.cell, r.time_period, r.observation_id
