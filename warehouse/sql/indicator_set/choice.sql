-- indicator_set.choice: one feed for an indicator, area and breakdown family, never cell by cell.
-- Order of preference: national submissions, then statistical sources, then documents; a current vintage before a
-- superseded one; the declared rank; within a rank (the same owner's data) the newest vintage, whoever relays it.
WITH feed AS (
    SELECT
        indicator, ref_area, breakdown_family, feed,
        min(source) AS source, min(dataset_kind) AS dataset_kind, min(source_rank) AS source_rank,
        max(vintage_date) AS vintage_date, max(CASE WHEN is_superseded THEN 1 ELSE 0 END) AS superseded,
        count(*) AS n_values, min(time_period) AS first_year, max(time_period) AS last_year
    FROM indicator_set.candidate
    GROUP BY indicator, ref_area, breakdown_family, feed
),
ranked AS (
    SELECT
        f.*,
        CASE f.dataset_kind WHEN 'national_submission' THEN 0 WHEN 'statistical' THEN 1 ELSE 2 END AS kind_order,
        row_number() OVER (
            PARTITION BY f.indicator, f.ref_area, f.breakdown_family
            ORDER BY
                CASE f.dataset_kind WHEN 'national_submission' THEN 0 WHEN 'statistical' THEN 1 ELSE 2 END,
                f.superseded, f.source_rank, f.vintage_date DESC, f.n_values DESC, f.feed
        ) AS preference,
        count(*) OVER (PARTITION BY f.indicator, f.ref_area, f.breakdown_family) AS feeds
    FROM feed AS f
),
best AS (
    SELECT * FROM ranked WHERE preference = 1
),
agreement AS (  -- points of another feed that agree with the chosen one within one year and the tolerance
    SELECT b.indicator, b.ref_area, b.breakdown_family, o.feed, count(DISTINCT o.observation_id) AS agreeing_points
    FROM best AS b
    JOIN indicator_set.candidate AS x
        ON x.indicator = b.indicator AND x.ref_area = b.ref_area AND x.breakdown_family = b.breakdown_family
        AND x.feed = b.feed
    JOIN indicator_set.candidate AS o
        ON o.indicator = x.indicator AND o.ref_area = x.ref_area AND o.cell = x.cell AND o.feed <> x.feed
        AND abs(o.time_period - x.time_period) <= 1
    JOIN reference.indicator AS i ON i.indicator = b.indicator
    WHERE x.obs_value IS NOT NULL AND o.obs_value IS NOT NULL
        AND (
            abs(o.obs_value - x.obs_value) <= coalesce(i.change_tolerance, 0.5)
            OR abs(o.obs_value - x.obs_value) <= 0.05 * abs(x.obs_value)
        )
    GROUP BY b.indicator, b.ref_area, b.breakdown_family, o.feed
)
SELECT
    r.indicator, r.ref_area, r.breakdown_family, r.feed, r.source, r.preference, r.preference = 1 AS is_chosen,
    CASE
        WHEN r.preference = 1 AND r.feeds = 1 AND r.superseded = 1
            THEN 'only feed; its vintage is superseded by the producer and no successor is at hand'
        WHEN r.preference = 1 AND r.feeds = 1 AND r.dataset_kind = 'document'
            THEN 'only a figure quoted in a document: no statistical source has one'
        WHEN r.preference = 1 AND r.feeds = 1 THEN 'only feed'
        WHEN r.preference = 1 THEN
            'vintage ' || CAST(r.vintage_date AS VARCHAR) || ', rank ' || CAST(r.source_rank AS VARCHAR) || ', first of '
            || CAST(r.feeds AS VARCHAR) || ' feeds'
        WHEN r.kind_order > b.kind_order THEN CASE b.dataset_kind WHEN 'national_submission' THEN 'the national submission comes first' ELSE 'a statistical source comes before a document' END
        WHEN r.superseded > b.superseded THEN 'its vintage is superseded by the producer'
        WHEN r.source_rank > b.source_rank THEN
            'rank ' || CAST(r.source_rank AS VARCHAR) || ' after rank ' || CAST(b.source_rank AS VARCHAR) || ' of ' || b.feed
        WHEN r.vintage_date < b.vintage_date THEN
            'vintage ' || CAST(r.vintage_date AS VARCHAR) || ' is older than ' || CAST(b.vintage_date AS VARCHAR) || ' of ' || b.feed
        ELSE 'fewer values than ' || b.feed
    END AS reason,
    r.dataset_kind, r.source_rank, r.vintage_date, r.superseded = 1 AS is_superseded, r.n_values, r.first_year, r.last_year,
    CASE WHEN r.preference > 1 THEN coalesce(a.agreeing_points, 0) END AS agreeing_points,
    r.preference > 1 AND r.dataset_kind = 'statistical' AND b.dataset_kind = 'statistical'
        AND r.superseded = 0 AND b.superseded = 0
        AND coalesce(a.agreeing_points, 0) >= 2 AND r.first_year < b.first_year AS extends_backwards
FROM ranked AS r
JOIN best AS b
    ON b.indicator = r.indicator AND b.ref_area = r.ref_area AND b.breakdown_family = r.breakdown_family
LEFT JOIN agreement AS a
    ON a.indicator = r.indicator AND a.ref_area = r.ref_area AND a.breakdown_family = r.breakdown_family
    AND a.feed = r.feed
ORDER BY r.indicator, r.ref_area, r.breakdown_family, r.preference
