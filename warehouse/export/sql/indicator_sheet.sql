-- One row per indicator with the content of its metadata sheet, codes with their labels.
WITH claim_filter_text AS (
    SELECT claim_id, string_agg(dimension || ' ' || code, ', ' ORDER BY dimension, code) AS filter
    FROM reference.claim_filter
    GROUP BY claim_id
),
feed AS (  -- without the claims on national data that every indicator has, unless its definition names them
    SELECT
        c.indicator,
        string_agg(
            CAST(c.source_rank AS VARCHAR) || '. ' || coalesce(d.title, c.provider || ' ' || c.dataset) || ': series '
            || c.provider_series || coalesce(' (' || f.filter || ')', '')
            || coalesce(', vintages from ' || CAST(c.vintage_from AS VARCHAR), '')
            || coalesce(', vintages to ' || CAST(c.vintage_to AS VARCHAR), '')
            || coalesce(', superseded before ' || CAST(c.superseded_before AS VARCHAR), ''),
            chr(10) ORDER BY c.source_rank, c.claim_id
        ) AS sources
    FROM reference.claim AS c
    LEFT JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
    LEFT JOIN claim_filter_text AS f ON f.claim_id = c.claim_id
    WHERE c.definition_line > 1
    GROUP BY c.indicator
),
feed_note AS (  -- what readers must know about the feeds, once each
    SELECT indicator, string_agg(note, chr(10) ORDER BY source_rank, note) AS feed_notes
    FROM (
        SELECT
            c.indicator, c.source_rank,
            CAST(c.source_rank AS VARCHAR) || '. ' || coalesce(d.title, c.provider || ' ' || c.dataset) || ': '
            || c.feed_note AS note
        FROM reference.claim AS c
        LEFT JOIN reference.dataset AS d ON d.provider = c.provider AND d.dataset = c.dataset
        WHERE c.feed_note IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY indicator
),
series_name AS (  -- of the newest vintage that has one
    SELECT
        v.indicator, v.source, v.provider_series, max_by(s.series_name, (v.vintage_date, s.series_name)) AS series_name
    FROM lineage.vintage_value AS v
    JOIN staged.observation AS s
        ON s.snapshot_id = v.snapshot_id AND s.snapshot_row = v.snapshot_row AND s.series = v.provider_series
    JOIN reference.dataset AS d ON d.provider = v.source AND d.dataset = v.dataset AND d.kind = 'statistical'
    WHERE s.series_name <> ''
    GROUP BY v.indicator, v.source, v.provider_series
),
title AS (  -- the producers' titles of the series used
    SELECT
        indicator,
        string_agg('"' || series_name || '" (' || source || ' ' || provider_series || ')', chr(10)
            ORDER BY source, provider_series, series_name) AS producer_titles
    FROM series_name
    GROUP BY indicator
),
headline_year AS (
    SELECT DISTINCT indicator, ref_area, time_period
    FROM indicator_set.value
    WHERE is_headline AND is_member AND dataset_kind <> 'document'
),
years_between AS (
    SELECT
        indicator,
        time_period - lag(time_period) OVER (PARTITION BY indicator, ref_area ORDER BY time_period) AS years
    FROM headline_year
),
usual_period AS (  -- usual number of years between two values of a member
    SELECT indicator, CAST(ceil(median(years)) AS INTEGER) AS periodicity FROM years_between GROUP BY indicator
)
SELECT
    i.indicator, i.name, i.group_name, i.tier, i.status, i.is_priority, i.definition, i.numerator, i.denominator,
    i.unit_name, i.direction, i.minimum, i.maximum, i.maximum_is_hard, i.owner, x.name AS sector_name, i.headline_cell,
    (
        SELECT string_agg(lower(coalesce(n.name, b.breakdown)), '; ' ORDER BY b.breakdown)
        FROM reference.indicator_breakdown AS b
        LEFT JOIN reference.code AS n ON n.codelist = 'breakdown' AND n.code = b.breakdown
        WHERE b.indicator = i.indicator AND b.breakdown <> 'headline'
    ) AS breakdowns,
    (
        SELECT string_agg(
            coalesce(k.name, r.target_group) || ' (' || r.match || coalesce(': ' || r.note, '') || ')', '; ' ORDER BY r.rule_id
        )
        FROM reference.target_group_rule AS r
        LEFT JOIN reference.code AS k ON k.codelist = 'target_group' AND k.code = r.target_group
        WHERE r.indicator = i.indicator
    ) AS target_groups,
    f.sources, fn.feed_notes,
    i.method_title, m.formula, w.title AS weight_title, w.source AS weight_source, i.weight_is_proxy, i.proxy_accepted,
    i.lookback_years, i.is_survey, i.aggregate_title, i.publication_rule, i.sdg, i.articles, i.body, i.comparability,
    t.producer_titles, i.producer_note, p.periodicity, i.gap_reason, i.gap_obtain_from, i.gap_body, i.definition_file
FROM ordered_indicator AS i
JOIN reference.method AS m ON m.method = i.method
LEFT JOIN reference.code AS x ON x.codelist = 'sector' AND x.code = i.sector
LEFT JOIN reference.weight AS w ON w.weight = i.weight
LEFT JOIN feed AS f ON f.indicator = i.indicator
LEFT JOIN feed_note AS fn ON fn.indicator = i.indicator
LEFT JOIN title AS t ON t.indicator = i.indicator
LEFT JOIN usual_period AS p ON p.indicator = i.indicator
ORDER BY i.indicator_order
