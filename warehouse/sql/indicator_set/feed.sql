-- indicator_set.feed: the feeds of an indicator, area and breakdown family at each state of its sources, in their order
-- of preference: national submissions, then statistical sources, then documents; a current vintage before a superseded
-- one; the declared rank; within a rank (data of the same owner) the newest vintage, regardless of who republishes it.
-- At most one feed extends the chosen one backwards, the most preferred of those that agree with it, so that the
-- earlier years are not a mixture of feeds.
WITH feed_of_state AS (
    SELECT
        state_no, is_current, indicator, ref_area, breakdown_family, feed,
        min(source) AS source, min(dataset_kind) AS dataset_kind, min(source_rank) AS source_rank,
        max(vintage_date) AS vintage_date, bool_or(is_superseded) AS is_superseded,
        count(*) AS n_values, min(time_period) AS first_year, max(time_period) AS last_year
    FROM indicator_set.candidate
    GROUP BY state_no, is_current, indicator, ref_area, breakdown_family, feed
),
feed_with_kind AS (
    SELECT
        *, CASE dataset_kind WHEN 'national_submission' THEN 0 WHEN 'statistical' THEN 1 ELSE 2 END AS kind_order
    FROM feed_of_state
),
ranked_feed AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY state_no, indicator, ref_area, breakdown_family
            ORDER BY kind_order, is_superseded, source_rank, vintage_date DESC, n_values DESC, feed
        ) AS preference,
        count(*) OVER (PARTITION BY state_no, indicator, ref_area, breakdown_family) AS feeds
    FROM feed_with_kind
),
chosen_feed AS (
    SELECT * FROM ranked_feed WHERE preference = 1
),
agreement AS (  -- points that agree with points of the chosen feed, within one year and the tolerance
    SELECT
        b.state_no, b.indicator, b.ref_area, b.breakdown_family, o.feed,
        least(count(DISTINCT o.observation_id), count(DISTINCT x.observation_id)) AS agreeing_points
    FROM chosen_feed AS b
    JOIN indicator_set.candidate AS x
        ON x.state_no = b.state_no AND x.indicator = b.indicator AND x.ref_area = b.ref_area
        AND x.breakdown_family = b.breakdown_family AND x.feed = b.feed
    JOIN indicator_set.candidate AS o
        ON o.state_no = x.state_no AND o.indicator = x.indicator AND o.ref_area = x.ref_area AND o.cell_no = x.cell_no
        AND o.feed <> x.feed AND abs(o.time_period - x.time_period) <= 1
    JOIN reference.indicator AS i ON i.indicator = b.indicator
    WHERE b.feeds > 1
        AND (
            abs(o.obs_value - x.obs_value) <= coalesce(i.change_tolerance, 0.5)
            OR abs(o.obs_value - x.obs_value) <= 0.05 * abs(x.obs_value)
        )
    GROUP BY b.state_no, b.indicator, b.ref_area, b.breakdown_family, o.feed
),
feed_with_agreement AS (
    SELECT
        r.*, CASE WHEN r.preference > 1 THEN coalesce(a.agreeing_points, 0) END AS agreeing_points,
        r.preference > 1 AND r.dataset_kind = 'statistical' AND b.dataset_kind = 'statistical'
            AND NOT r.is_superseded AND NOT b.is_superseded
            AND coalesce(a.agreeing_points, 0) >= 2 AND r.first_year < b.first_year AS may_extend
    FROM ranked_feed AS r
    JOIN chosen_feed AS b
        ON b.state_no = r.state_no AND b.indicator = r.indicator AND b.ref_area = r.ref_area
        AND b.breakdown_family = r.breakdown_family
    LEFT JOIN agreement AS a
        ON a.state_no = r.state_no AND a.indicator = r.indicator AND a.ref_area = r.ref_area
        AND a.breakdown_family = r.breakdown_family AND a.feed = r.feed
)
SELECT
    state_no, is_current, indicator, ref_area, breakdown_family, feed, source, preference, feeds, dataset_kind, kind_order,
    source_rank, vintage_date, is_superseded, n_values, first_year, last_year, agreeing_points,
    may_extend AND preference = min(preference) FILTER (may_extend) OVER (
        PARTITION BY state_no, indicator, ref_area, breakdown_family
    ) AS extends_backwards
FROM feed_with_agreement
ORDER BY indicator, ref_area, breakdown_family, state_no, preference
