-- indicator_set.choice: the chosen feed for each indicator, area and breakdown family in the current state of the
-- sources, never chosen cell by cell. The reason (code list sentence) is the first criterion in which a feed and the
-- chosen one differ.
WITH feed_compared AS (
    SELECT
        r.*, b.feed AS chosen_feed, b.source_rank AS chosen_rank, b.vintage_date AS chosen_vintage,
        CASE
            WHEN r.preference = 1 AND r.feeds = 1 AND r.is_superseded THEN 'only_feed_superseded'
            WHEN r.preference = 1 AND r.feeds = 1 AND r.dataset_kind = 'document' THEN 'only_feed_is_document'
            WHEN r.preference = 1 AND r.feeds = 1 THEN 'only_feed'
            WHEN r.preference = 1 THEN 'first_of_feeds'
            WHEN r.kind_order > b.kind_order AND b.dataset_kind = 'national_submission' THEN 'after_national_submission'
            WHEN r.kind_order > b.kind_order THEN 'after_statistical_source'
            WHEN r.is_superseded > b.is_superseded THEN 'feed_superseded'
            WHEN r.source_rank > b.source_rank THEN 'feed_of_later_rank'
            WHEN r.vintage_date < b.vintage_date THEN 'feed_of_older_vintage'
            WHEN r.n_values < b.n_values THEN 'feed_of_fewer_values'
            ELSE 'feed_of_later_name'
        END AS sentence_code
    FROM indicator_set.feed AS r
    JOIN indicator_set.feed AS b
        ON b.indicator = r.indicator AND b.ref_area = r.ref_area AND b.breakdown_family = r.breakdown_family
        AND b.is_current AND b.preference = 1
    WHERE r.is_current
)
SELECT
    f.indicator, f.ref_area, f.breakdown_family, f.feed, f.source, f.preference, f.preference = 1 AS is_chosen,
    filled(s.name, MAP {
        'vintage': CAST(f.vintage_date AS VARCHAR), 'rank': CAST(f.source_rank AS VARCHAR),
        'feeds': CAST(f.feeds AS VARCHAR), 'chosen_feed': f.chosen_feed,
        'chosen_rank': CAST(f.chosen_rank AS VARCHAR), 'chosen_vintage': CAST(f.chosen_vintage AS VARCHAR)
    }) AS reason,
    f.sentence_code, f.dataset_kind, f.source_rank, f.vintage_date, f.is_superseded, f.n_values, f.first_year, f.last_year,
    f.agreeing_points, f.extends_backwards
FROM feed_compared AS f
LEFT JOIN reference.code AS s ON s.codelist = 'sentence' AND s.code = f.sentence_code
ORDER BY f.indicator, f.ref_area, f.breakdown_family, f.preference
