-- indicator_set.choice: one feed for an indicator, area and breakdown family, never cell by cell; of today's state of the
-- sources, with the reason in words.
SELECT
    r.indicator, r.ref_area, r.breakdown_family, r.feed, r.source, r.preference, r.preference = 1 AS is_chosen,
    CASE
        WHEN r.preference = 1 AND r.feeds = 1 AND r.is_superseded
            THEN 'only feed; its vintage is superseded by the producer and no successor is at hand'
        WHEN r.preference = 1 AND r.feeds = 1 AND r.dataset_kind = 'document'
            THEN 'only a figure quoted in a document: no statistical source has one'
        WHEN r.preference = 1 AND r.feeds = 1 THEN 'only feed'
        WHEN r.preference = 1 THEN
            'vintage ' || CAST(r.vintage_date AS VARCHAR) || ', rank ' || CAST(r.source_rank AS VARCHAR) || ', first of '
            || CAST(r.feeds AS VARCHAR) || ' feeds'
        WHEN r.kind_order > b.kind_order AND b.dataset_kind = 'national_submission'
            THEN 'the national submission comes first'
        WHEN r.kind_order > b.kind_order THEN 'a statistical source comes before a document'
        WHEN r.is_superseded > b.is_superseded THEN 'its vintage is superseded by the producer'
        WHEN r.source_rank > b.source_rank THEN
            'rank ' || CAST(r.source_rank AS VARCHAR) || ' after rank ' || CAST(b.source_rank AS VARCHAR) || ' of ' || b.feed
        WHEN r.vintage_date < b.vintage_date THEN
            'vintage ' || CAST(r.vintage_date AS VARCHAR) || ' is older than ' || CAST(b.vintage_date AS VARCHAR) || ' of ' || b.feed
        WHEN r.n_values < b.n_values THEN 'fewer values than ' || b.feed
        ELSE 'equal in all that is compared; the name of ' || b.feed || ' comes first'
    END AS reason,
    r.dataset_kind, r.source_rank, r.vintage_date, r.is_superseded, r.n_values, r.first_year, r.last_year,
    r.agreeing_points, r.extends_backwards
FROM indicator_set.feed AS r
JOIN indicator_set.feed AS b
    ON b.indicator = r.indicator AND b.ref_area = r.ref_area AND b.breakdown_family = r.breakdown_family
    AND b.is_current AND b.preference = 1
WHERE r.is_current
ORDER BY r.indicator, r.ref_area, r.breakdown_family, r.preference
